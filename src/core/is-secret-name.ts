/** Wherever they stand in a name, also without a boundary: `clientsecret`. */
const anywhere =
  /passw(or)?d|passphrase|secret|token(?!i[sz])|authori[sz]ation|credential|bearer|(access|api|private|customer|encryption|signing)[-_. ]?key/i;

/** As a word of their own only: `author`, `passes` and `cookiecutter` are others. */
const words: ReadonlySet<string> = new Set([
  ...["pwd", "passcode", "cookie", "cookies", "signature", "signatures", "sig", "session", "sessions", "jwt", "sid"],
]);

/** As the last word only: `auth_url` is an address, and `passNumber` counts. */
const lastWords: ReadonlySet<string> = new Set(["auth", "authentication", "pass", "sig"]);

/** What is said of a secret, and is none: `token_type`, `signatureVersion`. */
const said: ReadonlySet<string> = new Set([
  ...["count", "endpoint", "expires", "expiry", "length", "ttl", "type", "uri", "url", "used", "version"],
]);

/** Words before `pass` that make a filter of it, or a turn. */
const filters: ReadonlySet<string> = new Set(["band", "first", "high", "last", "low", "second"]);

/** Whether a secret stands under this name, in whatever way its words are put together: `isb_pass`, `X-Amz-Signature`, `apiKey`. */
export function isSecretName(name: string): boolean {
  const parts = wordsOf(name);
  const last = parts.at(-1) ?? "";
  if (parts.length > 1 && said.has(last)) return false;
  if (anywhere.test(name) || parts.some((word) => words.has(word))) return true;
  return lastWords.has(last) && !(last === "pass" && filters.has(parts.at(-2) ?? ""));
}

function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== "");
}
