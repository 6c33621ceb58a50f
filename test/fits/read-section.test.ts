import { readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { type ByteSource, bytesSource } from "../../src/core/byte-source.ts";
import { sizeOf } from "../../src/core/ndarray.ts";
import { encodeFits, Header, readImage, readSection, type Section } from "../../src/fits/index.ts";
import { shapeOf } from "../../src/fits/section.ts";
import { readCase } from "./cases.ts";
import { randomFrom } from "./random.ts";

const random = randomFrom(20260402);

function anyRange(length: number) {
  const [a, b] = [Math.floor(random() * length), Math.floor(random() * length)];
  return { start: Math.min(a, b), stop: Math.max(a, b) + 1 };
}

const sectionsOf = (shape: readonly number[]): readonly Section[] => [
  shape.map((stop) => ({ start: 0, stop })),
  shape.map(() => ({ start: 0, stop: 1 })),
  shape.map((stop) => ({ start: stop - 1, stop })),
  ...Array.from({ length: 12 }, () => shape.map(anyRange)),
];

/** What the box holds, pixel by pixel from the whole. */
function boxed(whole: ArrayLike<number | bigint>, shape: readonly number[], section: Section): (number | bigint)[] {
  const own = shapeOf(section);
  return Array.from({ length: sizeOf(own) }, (_, index) => {
    let [rest, at, stride] = [index, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      at += ((rest % own[axis]!) + section[axis]!.start) * stride;
      rest = Math.floor(rest / own[axis]!);
      stride *= shape[axis]!;
    }
    return whole[at]!;
  });
}

async function expectSections(source: ByteSource, options = {}): Promise<void> {
  const whole = await readImage(source, undefined, options);
  for (const section of sectionsOf(whole.shape)) {
    const part = await readSection(source, section, undefined, options);
    expect(part.shape).toEqual(shapeOf(section));
    expect(part.data.constructor).toBe(whole.data.constructor);
    expect(Array.from<number | bigint>(part.data as Float64Array)).toEqual(boxed(whole.data, whole.shape, section));
  }
}

const names = readdirSync(new URL("../fixtures/fits/", import.meta.url)).filter((name) => name.endsWith(".fits"));

test.each(names.map((name) => name.replace(/\.fits$/, "")))(
  "%s: sections are as they are in the whole",
  async (name) => {
    const { source, bytes } = await readCase(name);
    await expectSections(source);
    await expectSections(source, { as: "float64" });
    await expectSections(bytesSource(gzipSync(bytes)));
  },
);

function counted(source: ByteSource): ByteSource & { readBytes: number; reads: number } {
  return {
    ...source,
    readBytes: 0,
    reads: 0,
    async read(offset, into) {
      this.readBytes += into.length;
      this.reads += 1;
      return await source.read(offset, into);
    },
  };
}

const cube = { data: Uint16Array.from({ length: 40 * 200 * 300 }, (_, i) => i % 65521), shape: [40, 200, 300] };

test("reads the rows of a section and little more", async () => {
  const source = counted(bytesSource(encodeFits([{ header: new Header(), image: cube }])));
  const plane = await readSection(source, [
    { start: 17, stop: 18 },
    { start: 0, stop: 200 },
    { start: 0, stop: 300 },
  ]);
  expect(plane.data).toEqual(cube.data.slice(17 * 60_000, 18 * 60_000));
  expect(source.readBytes).toBeLessThan(120_000 + 3 * 8 * 2880);
  source.readBytes = 0;
  const pixels = await readSection(source, [
    { start: 0, stop: 40 },
    { start: 100, stop: 101 },
    { start: 5, stop: 7 },
  ]);
  expect([...(pixels.data as Uint16Array).subarray(2, 4)]).toEqual([
    ...cube.data.slice(60_000 + 30_005, 60_000 + 30_007),
  ]);
  expect(source.readBytes).toBeLessThan(40 * 4 + 3 * 8 * 2880);
});

test("reads a whole plane of neighbouring rows at once", async () => {
  const source = counted(bytesSource(encodeFits([{ header: new Header(), image: cube }])));
  await readSection(source, [
    { start: 3, stop: 4 },
    { start: 20, stop: 180 },
    { start: 50, stop: 250 },
  ]);
  expect(source.reads).toBeLessThan(6);
});

test("reads the tiles of a section and no others", async () => {
  const { bytes } = await readCase("rice_i16_noise");
  const source = counted(bytesSource(bytes));
  await readSection(source, [
    { start: 60, stop: 61 },
    { start: 3, stop: 5 },
  ]);
  const forOne = source.readBytes;
  source.readBytes = 0;
  await readSection(source, [
    { start: 0, stop: 64 },
    { start: 3, stop: 5 },
  ]);
  expect(source.readBytes - forOne).toBeGreaterThan(60 * 64);
});

test.each([
  ["too few axes", [{ start: 0, stop: 1 }]],
  [
    "an end beyond the axis",
    [
      { start: 0, stop: 65 },
      { start: 0, stop: 1 },
    ],
  ],
  [
    "an empty range",
    [
      { start: 3, stop: 3 },
      { start: 0, stop: 1 },
    ],
  ],
  [
    "a negative start",
    [
      { start: -1, stop: 3 },
      { start: 0, stop: 1 },
    ],
  ],
  [
    "half a pixel",
    [
      { start: 0.5, stop: 3 },
      { start: 0, stop: 1 },
    ],
  ],
])("refuses %s, naming file, section and shape", async (_, section) => {
  const { source } = await readCase("i16");
  const asked = section.map(({ start, stop }) => `${start}:${stop}`).join(", ");
  await expect(readSection(source, section)).rejects.toMatchObject({
    code: "FITS_SHAPE",
    message: expect.stringMatching(/^i16\.fits: .*\[64, 64\]/),
    fields: { file: "i16.fits" },
  });
  await expect(readSection(source, section)).rejects.toThrow(`[${asked}]`);
});

test("stops when it is asked to", async () => {
  const { source } = await readCase("i16");
  const section = [
    { start: 0, stop: 1 },
    { start: 0, stop: 1 },
  ];
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(readSection(source, section, undefined, { signal })).rejects.toThrow("enough");
});
