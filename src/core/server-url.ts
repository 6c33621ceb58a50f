import { hidden } from "./hidden.ts";
import { hideCredentials } from "./hide-credentials.ts";
import { settingsInvalid } from "./settings-invalid.ts";

/**
 * Holds an address to being one before anything is asked there: a call of what is none fails as one of a server that is away does, and is
 * tried again. User and password are none of it: `fetch` takes none in a URL, and says so with the URL.
 */
export function requireServerUrl(name: string, url: string): void {
  const given: unknown = url;
  const parsed = typeof given === "string" && /^https?:\/\/[^/\s]/i.test(given) ? URL.parse(given) : null;
  if (parsed !== null && parsed.username === "" && parsed.password === "") return;
  const expected = `the URL of a server, such as https://example.org${parsed === null ? "" : ", without user and password, for which there are options of their own"}`;
  throw settingsInvalid([{ name, expected, found: foundOf(given) }]);
}

/** Whoever names a server with user and password must not read them in the error about it. */
function foundOf(given: unknown): string {
  if (typeof given !== "string") return given === null ? "null" : typeof given;
  return JSON.stringify(hideCredentials(given).replace(/^((?:[a-z\d+.-]*:\/\/)?)[^@]*(?:@[^@]*)*@/is, `$1${hidden}@`));
}

/** @param host a name, or an address of IPv4 or IPv6, with the brackets of a URL or without */
export function isHost(host: string): boolean {
  if (typeof host !== "string") return false;
  if (/[\s@/?#\\]/.test(host)) return false;
  // A URL takes characters that no name has, such as the comma of a list.
  return [host, `[${host}]`].some((at) => /^(\[.+\]|[\w.-]+)$/.test(URL.parse(`http://${at}:1/`)?.hostname ?? ""));
}

/** An address of IPv6 without the brackets of a URL. */
export function plainHost(host: string): string {
  return String(host).replace(/^\[(.*)\]$/, "$1");
}

/** The same for the host of an address that is no URL. */
export function requireHost(name: string, host: string): void {
  if (isHost(host)) return;
  const said = foundOf(host);
  const found = /[,;]/.test(String(host))
    ? `${said}, which looks like several: name one, or what stands before them`
    : said;
  throw settingsInvalid([{ name, expected: "one host name or address", found }]);
}
