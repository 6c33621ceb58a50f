/** The longest wait that a server may ask for. */
const longestSeconds = 300;

/** What a `Retry-After` header asks for (RFC 9110 §10.2.3): seconds from now, 300 at most. Undefined where it says nothing. */
export function retryAfterSeconds(header: string | null | undefined): number | undefined {
  if (header === null || header === undefined) return undefined;
  const text = header.trim();
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(longestSeconds, Math.max(0, seconds)) : undefined;
}
