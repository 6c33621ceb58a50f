import { expect, test } from "vitest";
import { redactLine, redactor } from "../../src/core/redact.ts";

test.each([
  ["the password in the URL of a setting", { DOCS_BASE_URL: "https://me:hush%2Fhush@docs" }, "hush/hush"],
  ["the key in its query", { GLOBUS_SDK_SERVICE_URL_AUTH: "https://auth?api_key=hush-hush" }, "hush-hush"],
  ["that of any variable", { HTTPS_PROXY: "http://me:hush-hush@proxy" }, "hush-hush"],
  ["a variable that is called so", { AWS_SECRET_ACCESS_KEY: "hu/sh+hush", HOME: "/x" }, "hu/sh+hush"],
  ["the like", { MYCAM_API_TOKEN: "hush-hush" }, "hush-hush"],
  ["a leaf of its JSON", { MYCAM_CREDENTIALS: '{"user": "me", "password": "hush-hush"}' }, "hush-hush"],
])("taken out of any text is %s", (_, env, secret) => {
  expect(redactor(env)(`it said ${secret}.`)).toBe("it said [secret].");
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
