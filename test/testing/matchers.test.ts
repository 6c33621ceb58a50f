import { describe, expect, test } from "vitest";
import { text } from "../../src/codecs/text.ts";
import { real } from "../../src/core/scalar.ts";
import { noneOf } from "../../src/scratch/tag-query.ts";
import { type FirstlightMatchers, matchers } from "../../src/testing/matchers.ts";
import { syntheticFrame } from "../../src/testing/synthetic-frame.ts";
import { tmpRun } from "../../src/testing/tmp-run.ts";

expect.extend(matchers);

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown>
    extends FirstlightMatchers<R> {}
}

const frame = syntheticFrame({ shape: [2, 3], pixels: (row, column) => 10 * row + column });

/** What an assertion says that fails. */
function complaint(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("the assertion held");
}

describe("toHaveTags", () => {
  test("holds when all of them are there", () => {
    expect(["A", "B"]).toHaveTags(["B"]);
    expect(["A", "B"]).not.toHaveTags(["B", "C"]);
  });

  test("names those that are missing, and those that are there", () => {
    expect(complaint(() => expect(["A", "B"]).toHaveTags(["B", "C", "D"]))).toBe(
      "expected the tags B, C, D; missing C, D, there are A, B",
    );
    expect(complaint(() => expect(["A"]).not.toHaveTags(["A"]))).toContain("the tags A have A");
    expect(complaint(() => expect(undefined).toHaveTags(["A"]))).toContain("got undefined");
  });
});

describe("toHaveFiles", () => {
  test("counts what a query finds, and says why there is nothing", async () => {
    await using run = await tmpRun();
    await run.put("1", ["INPUT", "TASK_DARK"], text);
    await run.put("2", ["INPUT", "TASK_GAIN"], text);
    await expect(run).toHaveFiles(["INPUT"], 2);
    await expect(run).toHaveFiles(["INPUT", noneOf("TASK_DARK")]);
    await expect(run).not.toHaveFiles(["OUTPUT"]);
    await expect(expect(run).toHaveFiles(["INPUT"], 3)).rejects.toThrow("expected 3 files with INPUT, and found 2.");
    await expect(expect(run).toHaveFiles(["INPUT", "TASK_DARC"], 1)).rejects.toThrow(
      "expected 1 file with INPUT and TASK_DARC, and found 0. No file carries TASK_DARC at all; there is TASK_DARK",
    );
    await expect(expect(run).not.toHaveFiles("INPUT")).rejects.toThrow("the run has some files with INPUT");
  });
});

describe("toHavePixels", () => {
  test("takes a number, a function, an array or an image, of a frame or an image", () => {
    expect(frame).toHavePixels((row, column) => 10 * row + column);
    expect(frame.image).toHavePixels([0, 1, 2, 10, 11, 12]);
    expect(frame).toHavePixels(frame.image);
    expect(syntheticFrame()).toHavePixels(1000);
    expect({ data: BigInt64Array.of(1n, 2n), shape: [2] }).toHavePixels([1, 2]);
  });

  test("allows the tolerance and no more, and NaN for NaN alone", () => {
    const image = { data: Float64Array.of(1, Number.NaN, 3, Number.POSITIVE_INFINITY), shape: [2, 2] };
    expect(image).toHavePixels([1.5, Number.NaN, 2.5, Number.POSITIVE_INFINITY], 0.5);
    expect(image).not.toHavePixels([1.5, Number.NaN, 2.4, Number.POSITIVE_INFINITY], 0.5);
    expect(image).not.toHavePixels([1, 0, 3, Number.POSITIVE_INFINITY], 1e300);
    expect(image).not.toHavePixels([1, Number.NaN, 3, Number.NEGATIVE_INFINITY], 1e300);
  });

  test("says how many differ, and where most", () => {
    expect(complaint(() => expect(frame).toHavePixels([0, 1, 2, 10, 18, 14], 1))).toBe(
      "expected other pixels: 2 of 6 pixels differ by more than 1, most of all [1, 1]: 11, not 18",
    );
    expect(complaint(() => expect(frame).toHavePixels([0, 1]))).toContain("there are 6 pixels, not 2");
    expect(complaint(() => expect(frame).toHavePixels({ data: frame.image.data, shape: [3, 2] }))).toContain(
      "the shape is [2, 3], not [3, 2]",
    );
    expect(complaint(() => expect({ data: [1] }).toHavePixels(1))).toContain("expected an image or a frame");
    expect(complaint(() => expect(frame).not.toHavePixels(frame.image))).toContain("it has these pixels");
  });
});

describe("toBeFrame", () => {
  test("holds for a frame that has the shape, the pixels and the cards", () => {
    expect(frame).toBeFrame();
    expect(frame).toBeFrame({
      shape: [2, 3],
      pixels: [0, 1, 2, 10, 11, 12.4],
      tolerance: 0.5,
      cards: { INSTRUME: "SYNTH", XPOSURE: real(20), NSUMEXP: 2, LINEWAV: 630.2, DATE: undefined },
    });
    expect(frame).toBeFrame({ cards: { XPOSURE: 20 } });
  });

  test("tells integer and real apart where a real is asked for", () => {
    expect(frame).not.toBeFrame({ cards: { NSUMEXP: real(2) } });
  });

  test("names every difference at once", () => {
    const said = complaint(() =>
      expect(frame).toBeFrame({ pixels: 0, cards: { IPTASK: "dark", DATE: "2024", INSTRUME: undefined } }),
    );
    expect(said).toBe(
      "expected another frame: IPTASK is observe, not dark; DATE is not there, not 2024; INSTRUME is SYNTH, not not there; 5 of 6 pixels differ by more than 0, most of all [1, 2]: 12, not 0",
    );
    expect(complaint(() => expect(frame).toBeFrame({ shape: [3, 2], pixels: 0 }))).toBe(
      "expected another frame: the shape is [2, 3], not [3, 2]",
    );
    for (const other of [undefined, 1, {}, { header: {}, image: frame.image }, { ...frame, image: { data: [] } }]) {
      expect(complaint(() => expect(other).toBeFrame())).toContain("expected a frame, with a header and an image");
    }
  });
});
