import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { redactPrints } from "../../src/cli/redact-prints.ts";
import { redactor } from "../../src/core/redact.ts";

const secret = `s3cr3t-Tok&en"<7f>`;
let redact = redactor({ GQL_AUTH_TOKEN: secret });

/** What comes out of a stream of the process, in place of which another stands here, of these chunks until the process ends. */
async function written(...chunks: readonly (string | Uint8Array)[]): Promise<Buffer> {
  const others = process.listeners("exit");
  const stream = new PassThrough({ highWaterMark: 1e9 });
  redactPrints(stream as unknown as NodeJS.WriteStream, () => redact);
  for (const chunk of chunks) stream.write(chunk);
  for (const onExit of process.listeners("exit").filter((one) => !others.includes(one))) {
    onExit(0);
    process.off("exit", onExit);
  }
  stream.end();
  return Buffer.concat(await stream.toArray());
}

const printed = (...chunks: readonly (string | Uint8Array)[]): Promise<Buffer> => written(...chunks, "\n");

test("what has no end of a line goes out with the end of the process", async () => {
  expect(String(await written("a\nb ", secret.slice(0, 4), secret.slice(4)))).toBe("a\nb [secret]");
});

describe("a secret in a line that is longer than what is kept", () => {
  test.each([0, 1, 5, 8, 17])("is found where the chunk ends within it, after %s characters", async (at) => {
    for (const before of [65_536 - at, 73_728 - at, 200_000, 300_001]) {
      const out = await printed(
        "x".repeat(before) + secret.slice(0, at),
        `${secret.slice(at)} and ${"y".repeat(90_000)}`,
      );
      expect(out.toString()).toBe(`${"x".repeat(before)}[secret] and ${"y".repeat(90_000)}\n`);
    }
  });

  test("is found wherever the cut would be", async () => {
    for (let before = 70_000; before < 70_000 + 2 * secret.length; before += 1) {
      const text = `${"x".repeat(before)}${secret}${"y".repeat(81_960 - before)}`;
      expect((await printed(text)).toString() === `${text.replace(secret, "[secret]")}\n`).toBe(true);
    }
  });

  test("is found among characters of several bytes, none of which is cut", async () => {
    const text = JSON.stringify({ a: `x${"é😀".repeat(20_000)}`, t: "T", b: "é".repeat(100_000) });
    const bytes = Buffer.from(text.replace("T", JSON.stringify(secret).slice(1, -1)));
    for (const size of [4095, 65_536, bytes.length]) {
      const chunks = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      expect((await printed(...chunks)).toString() === `${text.replace("T", "[secret]")}\n`).toBe(true);
    }
  });
});

describe("a secret is found in another encoding than UTF-8", () => {
  const accented = "hüsh-tökén-7";
  const swapped = (text: string) => Buffer.from(text, "utf16le").swap16();
  test.each([
    ["UTF-16", Buffer.from(`a ${secret} b`, "utf16le"), Buffer.from("a b", "utf16le")],
    ["UTF-16 of the other order", swapped(`a ${secret} b`), swapped("a b")],
    ["UTF-16 with accents", Buffer.from(`a ${accented} b`, "utf16le"), Buffer.from("a b", "utf16le")],
    ["UTF-16 of the other order with accents", swapped(`a ${accented} b`), swapped("a b")],
    ["Latin-1", Buffer.from(`a ${accented} b`, "latin1"), Buffer.from("a b", "latin1")],
  ])("%s", async (_, bytes, others) => {
    redact = redactor({ GQL_AUTH_TOKEN: secret, ISB_PASSWORD: accented });
    const out = await printed(bytes);
    expect(out.toString("latin1")).toContain("[secret]");
    const left = out.toString("latin1").replace("[secret]", "");
    expect(left.replaceAll(/[\0\s]/g, "")).toBe(others.toString("latin1").replaceAll(/[\0\s]/g, ""));
  });
});

describe("bytes that are no UTF-8 pass, and no secret with them", () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  test.each([
    ["before it", [Buffer.of(0xff, 0xfe), ` bin ${secret}`], Buffer.from("\xff\xfe bin [secret]\n", "latin1")],
    ["behind it", [Buffer.from(`bin2 ${secret}\xff\xfe`, "latin1")], Buffer.from("bin2 [secret]\xff\xfe\n", "latin1")],
    ["as Latin-1", [Buffer.from(`caf\xe9: ${secret}`, "latin1")], Buffer.from("caf\xe9: [secret]\n", "latin1")],
    ["in JSON", [Buffer.from(`{"\xe9":"${secret}"}`, "latin1")], Buffer.from('{"\xe9":"[secret]"}\n', "latin1")],
    ["each", [all, all], Buffer.concat([all, all, Buffer.from("\n")])],
    [
      "half a character",
      [Buffer.from("é😀€").subarray(0, -1)],
      Buffer.concat([Buffer.from("é😀€").subarray(0, -1), Buffer.from("\n")]),
    ],
    ["an encoded surrogate", [Buffer.of(0xed, 0xb2, 0x80)], Buffer.of(0xed, 0xb2, 0x80, 10)],
  ])("%s", async (_, chunks, told) => {
    expect((await printed(...chunks)).equals(told)).toBe(true);
  });

  test("also where there are many", async () => {
    const noise = Buffer.alloc(300_000, 0xe9);
    const out = await printed(noise.subarray(0, 70_000), secret.slice(0, 5), secret.slice(5), noise);
    expect(
      out.equals(Buffer.concat([noise.subarray(0, 70_000), Buffer.from("[secret]"), noise, Buffer.from("\n")])),
    ).toBe(true);
  });
});
