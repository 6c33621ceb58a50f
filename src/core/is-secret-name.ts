/** Wherever they stand in a name, also without a boundary: `clientsecret`. */
const anywhere =
  /passw(or)?d|passphrase|secret|token(?!i[sz])|authori[sz]ation|credential|bearer|(access|api|private|customer|encryption|signing)[-_. ]?key/i;

/** As a word of their own only: `author`, `passes` and `cookiecutter` are others. */
const words: ReadonlySet<string> = new Set([
  ...["pwd", "passcode", "cookie", "cookies", "signature", "signatures", "sig", "jwt", "sid"],
  ...["sessionid", "sessid", "phpsessid", "jsessionid"],
]);

const sessions: ReadonlySet<string> = new Set(["session", "sessions"]);

/** Words with which a session is that of a desktop or a terminal: `XDG_SESSION_ID`, `DBUS_SESSION_BUS_ADDRESS`. */
const desktops: ReadonlySet<string> = new Set([
  ...["desktop", "xdg", "dbus", "bus", "kde", "gnome", "manager", "term", "iterm", "konsole", "zellij", "shell"],
]);

/** Keys by the words before them. All others, such as `primary_key`, `public_key` and `GPG_KEY`, are names of something or known to all. */
const keys =
  /(^| )(auth|ssh|ssl|tls|session|master|license|licence|deploy|account|azure storage|subscription|crypt|encrypt|hmac|aes|app) ?keys?( |$)/;

/** As the last word only, but for a number: `auth_url` is an address, and `passNumber` counts. */
const lastWords: ReadonlySet<string> = new Set(["auth", "authentication", "pass", "pat", "sig"]);

/** What is said of a secret, and is none: `token_type`, `signatureVersion`, `SECRET_KEY_FILE`. */
const said: ReadonlySet<string> = new Set([
  ...[
    "count",
    "dir",
    "endpoint",
    "expires",
    "expiry",
    "file",
    "folder",
    "length",
    "lifetime",
    "name",
    "path",
    "policy",
  ],
  ...["sock", "socket", "timeout", "ttl", "type", "uri", "url", "used", "version"],
]);

/** Words before `pass` that make a filter of it, or a turn. */
const filters: ReadonlySet<string> = new Set(["band", "first", "high", "last", "low", "second"]);

/**
 * Whether a secret stands under this name, in whatever way its words are put together: `isb_pass`, `X-Amz-Signature`, `apiKey`. It is
 * the one list for fields of the log, for JSON, for queries of URLs and for variables of the environment.
 */
export function isSecretName(name: string): boolean {
  const parts = wordsOf(name);
  const last = parts.at(-1) ?? "";
  if (parts.length > 1 && said.has(last)) return false;
  if (anywhere.test(name) || keys.test(parts.join(" ")) || parts.some((word) => words.has(word))) return true;
  if (parts.some((word) => sessions.has(word)) && !parts.some((word) => desktops.has(word))) return true;
  const counted = parts.length > 2 && /^\d+$/.test(last) ? parts.slice(0, -1) : parts;
  const end = counted.at(-1) ?? "";
  return lastWords.has(end) && !(end === "pass" && filters.has(counted.at(-2) ?? ""));
}

function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== "");
}
