import { settingsInvalid } from "./settings-invalid.ts";

/** Holds an address to being one before anything is asked there: a call of what is none fails as one of a server that is away does, and is tried again. */
export function requireServerUrl(name: string, url: string): void {
  if (/^https?:\/\/[^/\s]/i.test(url) && URL.canParse(url)) return;
  throw settingsInvalid([
    { name, expected: "the URL of a server, such as https://example.org", found: JSON.stringify(url) },
  ]);
}

/** @param host a name, or an address of IPv4 or IPv6, with the brackets of a URL or without */
export function isHost(host: string): boolean {
  if (/[\s@/?#\\]/.test(host)) return false;
  // A URL takes characters that no name has, such as the comma of a list.
  return [host, `[${host}]`].some((at) => /^(\[.+\]|[\w.-]+)$/.test(URL.parse(`http://${at}:1/`)?.hostname ?? ""));
}

/** An address of IPv6 without the brackets of a URL. */
export function plainHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

/** The same for the host of an address that is no URL. */
export function requireHost(name: string, host: string): void {
  if (isHost(host)) return;
  const said = JSON.stringify(host);
  const found = /[,;]/.test(host) ? `${said}, which looks like several: name one, or what stands before them` : said;
  throw settingsInvalid([{ name, expected: "one host name or address", found }]);
}
