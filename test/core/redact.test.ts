import { expect, test } from "vitest";
import { isSecretName } from "../../src/core/is-secret-name.ts";
import { redactLine, redactor } from "../../src/core/redact.ts";

test.each([
  ["the password in the URL of a setting", { DOCS_BASE_URL: "https://me:hush%2Fhush@docs" }, "hush/hush"],
  ["the key in its query", { GLOBUS_SDK_SERVICE_URL_AUTH: "https://auth?api_key=hush-hush" }, "hush-hush"],
  ["that of any variable", { HTTPS_PROXY: "http://me:hush-hush@proxy" }, "hush-hush"],
  ["a variable that is called so", { AWS_SECRET_ACCESS_KEY: "hu/sh+hush", HOME: "/x" }, "hu/sh+hush"],
  ["the like", { MYCAM_API_TOKEN: "hush-hush" }, "hush-hush"],
  ["the password of a connection string", { MYCAM_DSN: "host=db password=hush-hush dbname=x" }, "hush-hush"],
  ["the key of one", { MYCAM_STORE: "AccountName=x;AccountKey=aHVzaA==;EndpointSuffix=core" }, "aHVzaA=="],
  ["a leaf of its JSON", { MYCAM_CREDENTIALS: '{"user": "me", "password": "hush-hush"}' }, "hush-hush"],
])("taken out of any text is %s", (_, env, secret) => {
  expect(redactor(env)(`it said ${secret}.`)).toBe("it said [secret].");
});

test.each([
  ...[
    "DB_PASS",
    "RABBITMQ_DEFAULT_PASS",
    "MYSQL_PWD",
    "REDISCLI_AUTH",
    "NPM_CONFIG__AUTH",
    "ENCRYPTION_KEY",
    "SIGNING_KEY",
  ],
  ...[
    "SESSION_COOKIE",
    "MY_JWT",
    "API_BEARER",
    "OAUTH_TOKEN_2",
    "SECRET_KEY_BASE",
    "PRIVATE_KEY_PEM",
    "AZURE_STORAGE_KEY",
  ],
  ...["GITHUB_PAT", "auth_key", "sessionid", "sshKey", "AWS_SECRET_ACCESS_KEY", "SAS_SIGNATURE", "AWS_SECRET_KEY_2"],
])("a secret are both the variable and the field %s", (name) => {
  expect(redactor({ [name]: "Zq7-value" })("it said Zq7-value.")).toBe("it said [secret].");
  expect(isSecretName(name)).toBe(true);
});

test.each([
  ["PATH", "/usr/local/bin:/usr/bin"],
  ["XDG_SESSION_TYPE", "mir-wayland"],
  ["XDG_SESSION_ID", "session-12"],
  ["DESKTOP_SESSION", "ubuntu-xorg"],
  ["SSH_AUTH_SOCK", "/run/user/0/ssh"],
  ["DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/0/bus"],
  ["SESSION_MANAGER", "local/host:@/run/ICE-unix/1"],
  ["PUBLIC_KEY", "ssh-rsa-AAAA"],
  ["GPG_KEY", "A035C8C19219BA821ECEA86B64E628F8D684696D"],
  ["TOKEN_TYPE", "urn:ietf:token"],
  ["AUTHOR", "somebody-else"],
  ["KEYBOARD", "us-international"],
  ["POSTGRES_PASSWORD_FILE", "run-secrets-db"],
])("none are the variable and the field %s", (name, value) => {
  expect(redactor({ [name]: value })(`it said ${value}.`)).toBe(`it said ${value}.`);
  expect(isSecretName(name)).toBe(false);
});

test.each([
  ["DB_PASS", "true"],
  ["MY_TOKEN", "1"],
  ["PGPASSWORD", "postgres"],
  ["KEEP_SESSION", "everywhere"],
  ["HTTP_COOKIE", "20261129"],
  ["PROXY_AUTH", "negotiate"],
  ["MY_COOKIE", "/run/user/0"],
  ["MY_API_TOKEN", "/run/user/0"],
])("%s=%s holds what stands everywhere", (name, value) => {
  expect(redactor({ [name]: value })(`it said ${value}.`)).toBe(`it said ${value}.`);
});

test.each(["REDISCLI_AUTH", "DB_PASS", "MYCAM_CREDENTIALS"])("a password of one word in %s is one", (name) => {
  expect(redactor({ [name]: "hushrediscli" })("it said hushrediscli.")).toBe("it said [secret].");
});

test("a key that begins with a slash is no path", () => {
  expect(redactor({ AWS_SECRET_ACCESS_KEY: "/hush+hush/hush" })("/hush+hush/hush")).toBe("[secret]");
});

test.each([
  { PWD: "/data/observer" },
  { DESKTOP_SESSION: "/data/observer" },
  { SSH_AUTH_SOCK: "/data/observer" },
  { GOOGLE_APPLICATION_CREDENTIALS: "/data/observer" },
  { TOKEN_CACHE: "/data/observer" },
  { SECRET_KEY_FILE: "/data/observer" },
])("%j names no secret", (env) => {
  expect(redactor(env)("it lies in /data/observer")).toBe("it lies in /data/observer");
});

test("a secret of several lines is found line by line", () => {
  const key = "-----BEGIN PRIVATE KEY-----\nMIIhush1hush\nhush2\nhush3hush\n-----END PRIVATE KEY-----\n";
  const redact = redactor({ MYCAM_PRIVATE_KEY: key });
  expect(redact(`<${key.trimEnd()}>`)).not.toMatch(/hush[13]/);
  expect(key.split("\n").map(redact)).toEqual(expect.arrayContaining(["[secret]", "-----BEGIN PRIVATE KEY-----"]));
  expect(key.split("\n").map(redact).join()).not.toMatch(/hush[13]/);
});

test("a line of JSON stays JSON when a number in it is a password", () => {
  const redact = redactor({ ISB_PASSWORD: "1234567" });
  expect(redactLine('{"n":1234567,"s":"1234567"}', redact)).toBe('{"n":1234567,"s":"[secret]"}');
});

test("numbers of a line stay as they are spelt when a text in it is a secret", () => {
  const redact = redactor({ ISB_PASSWORD: "hush hush" });
  const line = (text: string) => `{"n":[9007199254740993,1.0,-0,1e400],"s":"${text}"}`;
  expect(redactLine(line("hush hush"), redact)).toBe(line("[secret]"));
});
