/** How text is set off: with colours, or not at all. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const set =
  (on: number, off: number) =>
  (text: string): string =>
    text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`;

const same = (text: string): string => text;

const coloured: Style = {
  bold: set(1, 22),
  dim: set(2, 22),
  red: set(31, 39),
  green: set(32, 39),
  yellow: set(33, 39),
  cyan: set(36, 39),
};

export const plainStyle: Style = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };

export function styleOf(color: boolean): Style {
  return color ? coloured : plainStyle;
}
