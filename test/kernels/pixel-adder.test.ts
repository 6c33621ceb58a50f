import { describe, expect, test } from "vitest";
import { pixelAdder, type StoredKind } from "../../src/kernels/pixel-adder.ts";
import { randomFrom } from "../fits/random.ts";

interface Case {
  readonly name: string;
  readonly kind: StoredKind;
  /** Writes a random pixel, and returns its value. */
  readonly put: (view: DataView, at: number, random: () => number) => number;
}

const whole = (random: () => number, bits: number): number => Math.floor(random() * 2 ** bits);
const cases: readonly Case[] = [
  {
    name: "unsigned bytes",
    kind: { bitpix: 8, otherSign: false },
    put: (view, at, random) => {
      view.setUint8(at, whole(random, 8));
      return view.getUint8(at);
    },
  },
  {
    name: "signed bytes",
    kind: { bitpix: 8, otherSign: true },
    put: (view, at, random) => {
      view.setUint8(at, whole(random, 8));
      return view.getUint8(at) - 128;
    },
  },
  {
    name: "signed integers of 16 bits",
    kind: { bitpix: 16, otherSign: false },
    put: (view, at, random) => {
      view.setUint16(at, whole(random, 16));
      return view.getInt16(at);
    },
  },
  {
    name: "unsigned integers of 16 bits",
    kind: { bitpix: 16, otherSign: true },
    put: (view, at, random) => {
      view.setUint16(at, whole(random, 16));
      return view.getInt16(at) + 32_768;
    },
  },
  {
    name: "signed integers of 32 bits",
    kind: { bitpix: 32, otherSign: false },
    put: (view, at, random) => {
      view.setUint32(at, whole(random, 32));
      return view.getInt32(at);
    },
  },
  {
    name: "unsigned integers of 32 bits",
    kind: { bitpix: 32, otherSign: true },
    put: (view, at, random) => {
      view.setUint32(at, whole(random, 32));
      return view.getInt32(at) + 2 ** 31;
    },
  },
  {
    name: "float32",
    kind: { bitpix: -32, otherSign: false },
    put: (view, at, random) => {
      view.setFloat32(at, random() < 0.05 ? Number.NaN : (random() - 0.5) * 10 ** Math.floor(random() * 20));
      return view.getFloat32(at);
    },
  },
  {
    name: "float64",
    kind: { bitpix: -64, otherSign: false },
    put: (view, at, random) => {
      view.setFloat64(at, random() < 0.05 ? Number.POSITIVE_INFINITY : (random() - 0.5) * 10 ** (random() * 40));
      return view.getFloat64(at);
    },
  },
];

function addFrame(bytes: Uint8Array, { kind, put }: Case, sums: Float64Array, random: () => number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < sums.length; i += 1) {
    sums[i] = (sums[i] as number) + put(view, (i * Math.abs(kind.bitpix)) / 8, random);
  }
}

describe.each(cases)("$name", (one) => {
  test("are summed to the bit as one by one, whatever the length and the number of frames", () => {
    const random = randomFrom(7);
    const adder = pixelAdder(67);
    for (const length of [1, 2, 3, 7, 8, 15, 16, 33, 67]) {
      for (const frames of [1, 2, 4, 5, 9]) {
        const expected = new Float64Array(length);
        adder.begin(length);
        for (let frame = 0; frame < frames; frame += 1) addFrame(adder.next(one.kind), one, expected, random);
        expect(adder.sums().slice()).toEqual(expected);
      }
    }
  });

  test("are averaged, rounded once", () => {
    const random = randomFrom(8);
    const adder = pixelAdder(21);
    const expected = new Float64Array(21);
    adder.begin(21);
    for (let frame = 0; frame < 3; frame += 1) addFrame(adder.next(one.kind), one, expected, random);
    expect(adder.means(3).slice()).toEqual(Float32Array.from(expected, (sum) => sum / 3));
  });

  test("go on top of sums", () => {
    const adder = pixelAdder(5);
    const expected = Float64Array.of(1, -2, 3e9, 0.5, 0);
    adder.begin(5, expected.slice());
    addFrame(adder.next(one.kind), one, expected, randomFrom(9));
    expect(adder.sums().slice()).toEqual(expected);
  });
});

test("frames of every kind come among each other", () => {
  const random = randomFrom(10);
  const adder = pixelAdder(37);
  const integers = cases.filter(({ kind }) => kind.bitpix > 0);
  const expected = new Float64Array(37);
  adder.begin(37);
  for (let frame = 0; frame < 40; frame += 1) {
    const one = integers[Math.floor(random() * integers.length)] as Case;
    addFrame(adder.next(one.kind), one, expected, random);
  }
  expect(adder.sums().slice()).toEqual(expected);
});

test.each([
  [false, 32_767],
  [false, -32_768],
  [true, 65_535],
])("more frames of the highest and lowest values than sums of 32 bits hold (unsigned %s, %i)", (otherSign, value) => {
  const adder = pixelAdder(9);
  adder.begin(9);
  const frames = 140_000;
  const stored = otherSign ? value - 32_768 : value;
  for (let frame = 0; frame < frames; frame += 1) {
    const bytes = adder.next({ bitpix: 16, otherSign });
    for (let i = 0; i < 18; i += 2) {
      bytes[i] = stored >> 8;
      bytes[i + 1] = stored;
    }
  }
  expect([...adder.means(frames)]).toEqual(Array(9).fill(value));
  expect([...adder.sums()]).toEqual(Array(9).fill(value * frames));
});

test("a strip that is longer than the adder is refused", () => {
  expect(() => pixelAdder(4).begin(5)).toThrow(RangeError);
});
