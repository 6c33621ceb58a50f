import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { hideSecrets } from "../../src/core/hide-secrets.ts";

const secret = `p ss&w'ör"d\\+/=<`;
const hide = hideSecrets([secret], 6);

describe("a secret is found", () => {
  test.each([
    ["as it is", secret],
    ["in a URL", encodeURIComponent(secret)],
    ["in a URL with small letters", encodeURIComponent(secret).replaceAll(/%../g, (hex) => hex.toLowerCase())],
    ["in a URL that was encoded whole", encodeURI(secret)],
    ["in a form", new URLSearchParams({ p: secret }).toString().slice(2)],
    ["in JSON", JSON.stringify(secret).slice(1, -1)],
    ["in JSON in JSON", JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
    ["in JSON of Python", "p ss&w'\\u00f6r\\\"d\\\\+/=<"],
    ["in JSON of Python, with large digits", "p ss&w'\\u00F6r\\\"d\\\\+/=<"],
    ["in JSON of Go", "p ss\\u0026w'ör\\\"d\\\\+/=\\u003c"],
    ["in JSON of PHP", "p ss&w'\\u00f6r\\\"d\\\\+\\/=<"],
    ["in JSON of Python in JSON", JSON.stringify("p ss&w'\\u00f6r\\\"d\\\\+/=<").slice(1, -1)],
    ["in what Node prints of an object", inspect(secret).slice(1, -1)],
    ["in HTML", "p ss&amp;w&#39;ör&quot;d\\+/=&lt;"],
    ["in HTML of Python", "p ss&amp;w&#x27;ör&quot;d\\+/=&lt;"],
    ["in hexadecimal", Buffer.from(secret).toString("hex")],
    ["in Base64", Buffer.from(secret).toString("base64")],
    ["in Base64 of URLs", Buffer.from(secret).toString("base64url")],
  ])("%s", (_, form) => {
    expect(hide(`<${form}>`)).toBe("<[secret]>");
  });

  test.each(["", "a:", "ab:", "abc:", "somebody:"])("in Base64 behind '%s'", (before) => {
    for (const after of ["", "!", "!!"]) {
      const told = hide(Buffer.from(before + secret + after).toString("base64"));
      expect(told).toContain("[secret]");
      const [left = "", right = ""] = told.split("[secret]");
      expect(before).toContain(Buffer.from(left, "base64").toString());
      expect(right.length).toBeLessThan(4);
    }
  });
});

test("what follows a scheme is a secret by itself", () => {
  expect(hideSecrets(["Bearer eyJhbGci.x"], 6)("no such token: eyJhbGci.x")).toBe("no such token: [secret]");
});

test("short ones are left, and so is everything where there is none", () => {
  expect(hideSecrets(["guest", "dev"], 6)("a guest of dev")).toBe("a guest of dev");
  expect(hideSecrets([], 6)("anything")).toBe("anything");
});

test("secrets of any length are found, and any number of them", () => {
  const long = "hush p&w/".repeat(6_000);
  const many = Array.from({ length: 100 }, (_, i) => `hush-${i}-hush`);
  const redact = hideSecrets([long, ...many], 6);
  expect(redact(`<${long}> <${JSON.stringify(long)}> <${encodeURIComponent(long)}>`)).toBe(
    '<[secret]> <"[secret]"> <[secret]>',
  );
  expect(redact(many.join(" "))).toBe(many.map(() => "[secret]").join(" "));
  expect(redact.longest).toBeGreaterThan(long.length);
});
