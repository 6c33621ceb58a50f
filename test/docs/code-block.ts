/** The TypeScript or JSON of the code block that follows a line of a Markdown text. */
export function codeBlockAfter(markdown: string, line: string): string {
  const lines = markdown.split("\n");
  const marker = lines.indexOf(line);
  if (marker === -1) throw new Error(`There is no line ${line}.`);
  const start = lines.findIndex((each, i) => i > marker && each.trim() !== "");
  if (!/^```(ts|typescript|json)$/.test(lines[start] ?? "")) throw new Error(`No block of code follows ${line}.`);
  const end = lines.indexOf("```", start + 1);
  if (end === -1) throw new Error(`The block after ${line} does not end.`);
  return `${lines.slice(start + 1, end).join("\n")}\n`;
}
