import { describe, expect, test } from "vitest";
import { type ByteSource, bytesSource } from "../../src/core/byte-source.ts";
import { real } from "../../src/core/scalar.ts";
import type { CardValue } from "../../src/fits/card-value.ts";
import { copyHdu } from "../../src/fits/copy-hdu.ts";
import {
  type CompareOptions,
  compareFits,
  encodeFits,
  type HduContent,
  Header,
  openFits,
  verifyFits,
} from "../../src/fits/index.ts";

async function compared(one: HduContent, other: HduContent, options?: CompareOptions) {
  const [first, second] = [one, other].map((content) => openFits(bytesSource(encodeFits([content]))));
  return compareFits(
    await (first as ReturnType<typeof openFits>),
    await (second as ReturnType<typeof openFits>),
    options,
  );
}

describe("cards", () => {
  test.each<[CardValue, CardValue, string, string]>([
    [1, "1", "1", "'1'"],
    [true, "True", "True", "'True'"],
    [undefined, "", "", "''"],
    [real(1), "1.0", "1.0", "'1.0'"],
    [1, real(1), "1", "1.0"],
    ["'1'", "1", "'1'", "1"],
  ])("of another type differ: %s, %s", async (one, other, first, second) => {
    const header = (value: CardValue) => ({ header: Header.from({ KEY: [value, ""] }) });
    expect(await compared(header(one), header(other))).toEqual([
      { kind: "card", hdu: 0, keyword: "KEY", first, second },
    ]);
    expect(await compared(header(one), header(one))).toEqual([]);
  });
});

test("an infinity is within no tolerance of anything but itself, as numpy.isclose has it", async () => {
  const inf = Number.POSITIVE_INFINITY;
  const content = (...values: number[]) => ({
    header: new Header(),
    image: { data: Float64Array.from(values), shape: [values.length] },
  });
  const options = { relative: 0.1, absolute: 1 };
  const [found] = await compared(content(1, inf, -inf, inf, inf, 5), content(inf, 1, inf, -inf, inf, 5.1), options);
  expect(found).toMatchObject({ kind: "pixels", count: 4, largest: inf });
});

describe("a file that becomes shorter", () => {
  const bytes = encodeFits([
    { header: new Header() },
    {
      header: new Header(),
      columns: [
        { name: "T", type: "text", data: ["abc", "def"] },
        {
          name: "V",
          type: "variable",
          rows: [
            { type: "text", data: ["x"] },
            { type: "text", data: ["yyyy"] },
          ],
        },
      ],
    },
  ]);
  const data = bytes.length - 2880;
  /** As long as `left` says from the third block on. */
  function shrinking(left: { sizeBytes: number }): ByteSource {
    return {
      name: "short.fits",
      sizeBytes: bytes.length,
      read: (at, into) => bytesSource(bytes.subarray(0, left.sizeBytes)).read(at, into),
    };
  }

  test("is told of when it is copied, compared and verified; its padding may lack", async () => {
    const left = { sizeBytes: bytes.length };
    const file = await openFits(shrinking(left));
    const table = file.hdu(1);
    const copied = async (): Promise<number> => {
      let size = 0;
      for await (const part of copyHdu(file.source, table)) size += part.length;
      return size;
    };
    left.sizeBytes = data + table.dataSizeBytes;
    expect(await copied()).toBe(bytes.length - table.headerOffset);
    left.sizeBytes -= 1;
    const truncated = expect.objectContaining({
      code: "FITS_TRUNCATED",
      fields: { file: "short.fits", hdu: 1, offset: left.sizeBytes },
    });
    await expect(copied()).rejects.toThrow(truncated);
    await expect(compareFits(file, await openFits(bytesSource(bytes)))).rejects.toThrow(truncated);
    await expect(compareFits(await openFits(bytesSource(bytes)), file)).rejects.toThrow(truncated);
    const { problems } = await verifyFits(shrinking(left));
    expect(problems.map(({ problem }) => problem)).toContainEqual(expect.stringContaining("the file became shorter"));
  });
});
