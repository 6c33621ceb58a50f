import { describe, expect, test } from "vitest";
import { bytesSource } from "../../src/core/byte-source.ts";
import { encodeChecksum, sumWords } from "../../src/fits/checksum.ts";
import { verifyChecksums } from "../../src/fits/index.ts";
import { readCase } from "./cases.ts";
import { randomFrom } from "./random.ts";

describe("the ones'-complement sum", () => {
  test("adds big-endian words and carries around", () => {
    expect(sumWords(Uint8Array.of(0x12, 0x34, 0x56, 0x78))).toBe(0x12345678);
    expect(sumWords(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 2))).toBe(2);
    expect(sumWords(Uint8Array.of(0, 0, 0, 1), 0xfffffffe)).toBe(0xffffffff);
    expect(sumWords(new Uint8Array(0))).toBe(0);
  });

  test("takes missing bytes of the last word as zeros, and does not mind alignment", () => {
    expect(sumWords(Uint8Array.of(9, 1, 2, 3).subarray(1))).toBe(0x01020300);
  });

  test("is that of adding word by word, over lengths around its inner stride", () => {
    const random = randomFrom(1);
    for (const length of [0, 1, 255, 256, 257, 512, 1000, 5000]) {
      const bytes = Uint8Array.from({ length: 4 * length }, () => (random() < 0.5 ? 255 : Math.floor(random() * 256)));
      let expected = 0;
      for (let index = 0; index < length; index += 1) {
        expected += Buffer.from(bytes.buffer).readUInt32BE(4 * index);
        if (expected > 0xffffffff) expected -= 0xffffffff;
      }
      expect(sumWords(bytes)).toBe(expected);
    }
  });
});

test("the encoding is that of the standard's example", () => {
  // FITS 4.0, appendix J: the complement of the sum 868229149.
  expect(encodeChecksum(868229149)).toBe("hcHjjc9ghcEghc9g");
});

test("the encoding of any sum has letters and digits only, and makes the sum all ones", () => {
  const random = randomFrom(2);
  for (let run = 0; run < 5000; run += 1) {
    const sum = Math.floor(random() * 2 ** 32);
    const text = encodeChecksum(sum);
    expect(text).toMatch(/^[0-9A-Za-z]{16}$/);
    // Back where it stands in a card: rotated left again, and less the sixteen zeros that were summed before.
    const words = Buffer.from(text.slice(1) + text.slice(0, 1), "latin1");
    const zeros = sumWords(Buffer.from("0".repeat(16), "latin1"));
    expect(sumWords(new Uint8Array(0), sumWords(words, sum))).toBe(sumWords(new Uint8Array(0), 0xffffffff + zeros));
  }
});

describe("verifying a file", () => {
  test("astropy's DATASUM fits; the header edited after signing does not", async () => {
    const { source } = await readCase("hdr");
    expect(await verifyChecksums(source)).toEqual([{ hdu: 0, name: undefined, datasum: "ok", checksum: "bad" }]);
  });

  test("a changed pixel makes both bad; files without the cards have none", async () => {
    const { bytes } = await readCase("hdr");
    bytes[bytes.length - 1000]! ^= 4;
    expect(await verifyChecksums(bytesSource(bytes))).toMatchObject([{ datasum: "bad", checksum: "bad" }]);
    expect(await verifyChecksums((await readCase("i16")).source)).toMatchObject([
      { datasum: "absent", checksum: "absent" },
    ]);
  });
});
