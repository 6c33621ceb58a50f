import { stripVTControlCharacters } from "node:util";

const control = "\u001b";
/** The sequences that `style.ts` writes, and nothing else of what a terminal understands. */
const sequence = new RegExp(`(${control}\\[\\d+m)`);

/** How many columns a line takes, its colours not counted. */
export function widthOf(line: string): number {
  return [...stripVTControlCharacters(line)].length;
}

/** The line itself where it fits, else its beginning with an ellipsis; colours stay whole and are ended. */
export function clip(line: string, width: number): string {
  if (widthOf(line) <= width) return line;
  // Split by a pattern with a group: text and sequences take turns.
  const parts = line.split(sequence);
  let room = Math.max(0, width - 1);
  const clipped = parts.map((part, at) => {
    if (at % 2 === 1) return room > 0 ? part : "";
    const kept = [...part].slice(0, room);
    room -= kept.length;
    return kept.join("");
  });
  return `${clipped.join("")}${width > 0 ? "…" : ""}${parts.length > 1 ? `${control}[0m` : ""}`;
}

/** Fills a line up with spaces. */
export function pad(line: string, width: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, width - widthOf(line)));
  return align === "left" ? line + space : space + line;
}

/** A name or message from outside on one line: what would move the cursor is shown, not obeyed. */
export function oneLine(text: string): string {
  return verbatimLine(text).replace(/ +/g, " ");
}

/** As `oneLine`, with as many blanks as there are: in what is quoted they count. */
export function verbatimLine(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\s+/g, (run) => (/^ +$/.test(run) ? run : " "))
    .replace(/\p{Cc}/gu, "�")
    .trim();
}

/** Breaks text at spaces into lines of at most `width` columns; a longer word stays whole. */
export function wrap(text: string, width: number): readonly string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (line !== "" && widthOf(longer) > width) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    return [...lines, line];
  });
}
