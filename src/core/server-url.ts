import { settingsInvalid } from "./settings-invalid.ts";

/** Holds an address to being one before anything is asked there: a call of what is none fails as one of a server that is away does, and is tried again. */
export function requireServerUrl(name: string, url: string): void {
  if (/^https?:\/\/[^/\s]/i.test(url) && URL.canParse(url)) return;
  throw settingsInvalid([
    { name, expected: "the URL of a server, such as https://example.org", found: JSON.stringify(url) },
  ]);
}

/** @param host a name, or an address of IPv4 or IPv6 without brackets */
export function isHost(host: string): boolean {
  if (/[\s@/?#\\]/.test(host)) return false;
  return [host, `[${host}]`].some((at) => URL.canParse(`http://${at}:1/`));
}

/** The same for the host of an address that is no URL. */
export function requireHost(name: string, host: string): void {
  if (isHost(host)) return;
  throw settingsInvalid([{ name, expected: "a host name or an address", found: JSON.stringify(host) }]);
}
