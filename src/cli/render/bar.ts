import type { Style } from "./style.ts";

/** A bar of `width` columns, `share` (0 to 1) of it filled. */
export function bar(share: number, width: number, style: Style): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return style.cyan("━".repeat(filled)) + style.dim("─".repeat(width - filled));
}
