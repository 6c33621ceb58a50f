/** `1 frame`, `3 frames`, `2 matches`. */
export function count(number: number, noun: string): string {
  const plural = /(?:s|x|ch|sh)$/.test(noun)
    ? `${noun}es`
    : /[^aeiou]y$/.test(noun)
      ? `${noun.slice(0, -1)}ies`
      : `${noun}s`;
  return `${number} ${number === 1 ? noun : plural}`;
}

const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** `812 B`, `3.4 MB`: decimal units. */
export function formatBytes(sizeBytes: number): string {
  let size = sizeBytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toPrecision(size < 99.5 ? 2 : 3)} ${units[unit]}`;
}
