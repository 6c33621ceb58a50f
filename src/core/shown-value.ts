/** What stands where a text belongs, for an error: a symbol, or an object without a prototype, cannot become a text by itself. */
export function shownValue(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
