import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { PNG } from "pngjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openFile } from "../../src/core/file.ts";
import { type Frame, verifyChecksums } from "../../src/fits/index.ts";
import { countFlagged, fitLimb, median, pixelFlags } from "../../src/math/index.ts";
import { parseFitsTimeUs } from "../../src/parsing/index.ts";
import { type EitFrame, makeEitFrame } from "./eit-frames.ts";
import { frameOf, historyOf, inputsOf, linesOf, retiredCards, valuesOf } from "./eit-products.ts";
import { type EitFolder, firstlight, makeEitFolder, realFrames } from "./run-eit.ts";

interface Product {
  readonly inputName: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly raw: Frame;
  readonly frame: Frame;
  readonly path: string;
}

/** Cards that every frame loses to calibration, in their order; the scale and the radius go where a frame was resampled. */
const alwaysRetired = ["BITPIX", "DATE", "TIME-OBS", "DATE-OBS", "BUNIT", "DATE_OBS", "FILENAME"];
const resampledRetired = [...alwaysRetired, "CDELT1", "CDELT2", "SOLAR_R"];

const made: readonly EitFrame[] = [
  makeEitFrame({ index: 0, missing: [[13, 9]] }),
  makeEitFrame({ index: 1 }),
  makeEitFrame({ index: 2, cameraError: true }),
  makeEitFrame({
    index: 3,
    side: 256,
    missing: [
      [2, 30],
      [31, 0],
    ],
  }),
  makeEitFrame({ index: 4, side: 512, rollDeg: 30 }),
  makeEitFrame({ index: 5, side: 1024, rollDeg: 0 }),
];
const facts = new Map(made.map(({ name, truth }) => [name, truth]));

describe("made EIT frames", () => {
  const run = calibrated(async (folder) => {
    await folder.put(made);
    return folder.input;
  });
  judgeProducts(run);

  test("the pedestal is found within a count of the truth, where the median of a corner is not", () => {
    for (const { inputName, frame, raw } of run().products) {
      const { pedestal } = facts.get(inputName)!;
      expect(Math.abs(frame.header.number("PEDESTAL") - pedestal), inputName).toBeLessThan(1);
      expect(frame.header.number("PEDSIGMA"), inputName).toBeLessThan(1);
      expect(cornerMedian(raw) - pedestal, inputName).toBeGreaterThan(4);
    }
  });

  test("the pixels are the light of the Sun in counts per second, but for what the pedestal is off", () => {
    for (const { inputName, frame } of run().products) {
      const { pedestal, light, exposureS } = facts.get(inputName)!;
      const off = valuesOf(frame).map((value, at) => value * exposureS - light[at]!);
      expect(median(off.filter((each) => !Number.isNaN(each))), inputName).toBeCloseTo(
        pedestal - frame.header.number("PEDESTAL"),
        1,
      );
    }
  });

  test("the times are the corrected ones", () => {
    for (const { inputName, frame } of run().products) {
      expect(frame.header.string("DATE-BEG"), inputName).toBe(facts.get(inputName)!.begin.slice(0, -1));
    }
  });

  test("a roll that is no quarter turn puts solar north where SC_ROLL says", () => {
    const { header } = run().products.find(({ inputName }) => inputName.includes(".040010"))!.frame;
    // North lies 30 degrees counter-clockwise of the image's upward direction.
    const [x, y] = [-Math.sin(Math.PI / 6), Math.cos(Math.PI / 6)];
    expect(header.number("PC1_1") * x + header.number("PC1_2") * y).toBeCloseTo(0, 12);
    expect(header.number("PC2_1") * x + header.number("PC2_2") * y).toBeCloseTo(1, 12);
  });

  test("a frame of the camera's own 1024 pixels keeps its scale and its radius", () => {
    const { before, after } = run().products.find(({ inputName }) => inputName.includes(".050010"))!;
    expect(retiredCards(before, after)).toEqual(alwaysRetired);
    expect(historyOf(after)).toContain("Done: CUNIT and roll added; CDELT times 1, SOLAR_R divided by 1");
  });

  test("the catalog is told of every frame and of the quality data", async () => {
    const { folder, products } = run();
    const { code, stdout, stderr } = await firstlight(["inspect", "1", "--messages", "--json"], folder.path, {
      PATH: process.env.PATH ?? "",
      SCRATCH_BASE_PATH: folder.scratch,
    });
    expect(code, stderr).toBe(0);
    const { messages } = JSON.parse(stdout) as { messages: { routingKey: string; body: { objectName: string } }[] };
    const namesOf = (key: string) =>
      messages.filter(({ routingKey }) => routingKey === key).map(({ body }) => basename(body.objectName));
    expect(messages).toHaveLength(products.length + 1);
    expect(namesOf("catalog.frame.m").sort()).toEqual(products.map(({ path }) => basename(path)).sort());
    expect(namesOf("catalog.object.m")).toEqual([expect.stringMatching(/_quality_data\.json$/)]);
  });

  test("the quality data hold a value per frame, and warn of the camera and of lost telemetry", async () => {
    const metrics = await quality(run().folder);
    expect(metrics.FRAME_AVERAGE!.plot_data!.series_data["1"]![1]).toHaveLength(made.length);
    expect(metrics.RANGE!.warnings).toEqual([
      "Camera: efz20040301.020010.fits was taken with CAMERA_ERR = 'yes'",
      "Telemetry: efz20040301.000010.fits misses 1 of its telemetry blocks",
      "Telemetry: efz20040301.030010.fits misses 2 of its telemetry blocks",
    ]);
  });
});

const realFramesAreHere = existsSync(realFrames);
if (!realFramesAreHere) {
  console.warn(
    `SKIPPED: the example on real EIT frames, which may not be committed: no folder ${realFrames}; FIRSTLIGHT_TEST_EIT_FRAMES names one`,
  );
}

describe.skipIf(!realFramesAreHere)("the eleven real EIT frames", () => {
  const run = calibrated(async () => realFrames);
  judgeProducts(run);

  test("the pedestal lies near 844 in all of them", () => {
    const { products } = run();
    expect(products).toHaveLength(11);
    for (const { inputName, frame } of products) {
      expect(Math.abs(frame.header.number("PEDESTAL") - 844), inputName).toBeLessThan(1);
      expect(frame.header.number("PEDSIGMA"), inputName).toBeLessThan(1.5);
    }
  });

  test("the first was taken on the day before, and misses one block of 16 pixels", () => {
    const [first, ...others] = run().products;
    expect(first!.frame.header.string("DATE-BEG")).toBe("2004-02-29T23:58:20.443");
    expect(first!.frame.header.string("DATE-END")).toBe("2004-02-29T23:58:33.443");
    expect(countFlagged(first!.frame.mask!)).toBe(16);
    expect(others.filter(({ frame }) => frame.mask !== undefined)).toEqual([]);
  });

  test("the quality data warn of the two frames with a camera error, and call no frame an outlier", async () => {
    const metrics = await quality(run().folder);
    expect(metrics.FRAME_AVERAGE!.warnings).toBeNull();
    expect(metrics.RANGE!.warnings).toEqual([
      "Camera: efz20040301.110010_s.fits was taken with CAMERA_ERR = 'yes'",
      "Camera: efz20040301.120010_s.fits was taken with CAMERA_ERR = 'yes'",
      "Telemetry: efz20040301.000010_s.fits misses 1 of its telemetry blocks",
    ]);
  });
});

/** Runs the whole workflow once, and pairs every product with the frame that it was made of. */
function calibrated(inputOf: (folder: EitFolder) => Promise<string>) {
  let state: { readonly folder: EitFolder; readonly products: readonly Product[] } | undefined;
  let folder: EitFolder | undefined;
  beforeAll(async () => {
    folder = await makeEitFolder();
    const input = await inputOf(folder);
    const result = await folder.run(input);
    expect(result.tasks.filter(({ status }) => status !== "done")).toEqual([]);
    const [provenance] = await folder.products("_provenance.json");
    const products: Product[] = [];
    for (const path of await folder.products(".fits")) {
      const origins = await inputsOf(provenance!, path);
      expect(origins, path).toHaveLength(1);
      const source = join(input, origins[0]!);
      const [before, after] = [await linesOf(source), await linesOf(path)];
      const [raw, frame] = [await frameOf(source), await frameOf(path)];
      products.push({ inputName: origins[0]!, before, after, raw, frame, path });
    }
    state = { folder, products };
  }, 60_000);
  afterAll(() => folder?.remove());
  return () => state!;
}

/** What holds for every product, whoever made the frames. */
function judgeProducts(run: ReturnType<typeof calibrated>): void {
  test("every input frame becomes one product and one picture, each made of that frame alone", async () => {
    const { folder, products } = run();
    const inputs = products.map(({ inputName }) => inputName);
    expect(new Set(inputs).size).toBe(inputs.length);
    const [provenance] = await folder.products("_provenance.json");
    const pictures = await folder.products(".png");
    expect(pictures.map((path) => basename(path, ".png"))).toEqual(products.map(({ path }) => basename(path, ".fits")));
    for (const [at, picture] of pictures.entries()) {
      expect(await inputsOf(provenance!, picture)).toEqual([inputs[at]]);
    }
  });

  test("every card of the raw frame is kept in its order, or stands verbatim in HISTORY", () => {
    for (const { inputName, before, after } of run().products) {
      const resampled = !before.some((line) => line.startsWith("NAXIS1  =                 1024"));
      const expected = resampled ? resampledRetired : alwaysRetired;
      expect([...retiredCards(before, after)].sort(), inputName).toEqual([...expected].sort());
      expect(after.filter((line) => /^(CONTINUE|LONGSTRN)/.test(line))).toEqual([]);
    }
  });

  test("one HISTORY card for each step that was done, and one for each that was not", () => {
    for (const { inputName, after, frame } of run().products) {
      const { header } = frame;
      const done = historyOf(after).filter((text) => text.startsWith("Done: "));
      const missing = frame.mask === undefined ? 0 : Number(/\d+/.exec(done[0]!)![0]);
      const factor = 1024 / header.integer("NAXIS1");
      expect(done, inputName).toEqual([
        missing === 0
          ? "Done: zero pixels looked for, no telemetry block is missing"
          : `Done: missing telemetry blocks (${missing}) set to NaN, flagged in MASK`,
        `Done: pedestal of ${header.number("PEDESTAL")} +- ${header.number("PEDSIGMA")} adu subtracted`,
        `Done: divided by EXPTIME, ${header.number("EXPTIME")} s, shutter close time included`,
        `Done: CUNIT and roll added; CDELT times ${factor}, SOLAR_R divided by ${factor}`,
        "Done: times replaced by the corrected time of observation",
        "Done: pixels stored as float32",
      ]);
      expect(historyOf(after).filter((text) => text.startsWith("Not done: "))).toEqual([
        "Not done: degrid",
        "Not done: flat field",
        "Not done: response",
      ]);
    }
  });

  test("float32 in adu/s: the raw pixels less the pedestal that the header names, over EXPTIME", () => {
    for (const { inputName, frame, raw } of run().products) {
      const { header, image } = frame;
      expect(image.data, inputName).toBeInstanceOf(Float32Array);
      expect(header.string("BUNIT")).toBe("adu/s");
      expect(header.string("PEDMETH")).toBe("mean of darkest tenth of off-disk tile medians");
      const expected = Float32Array.from(valuesOf(raw), (value) =>
        value === 0 ? Number.NaN : (value - header.number("PEDESTAL")) / header.number("EXPTIME"),
      );
      expect(Buffer.from(image.data.buffer).equals(Buffer.from(expected.buffer)), inputName).toBe(true);
    }
  });

  test("the mask flags the missing blocks and nothing else; where none is missing there is no mask", () => {
    for (const { inputName, before, frame, raw } of run().products) {
      const missing = Number(/=\s*(\d+)/.exec(before.find((line) => line.includes("N_MISSING_BLOCKS"))!)![1]);
      const values = valuesOf(raw);
      const zeros = values.filter((value) => value === 0).length;
      expect(zeros, inputName).toBe(missing * (frame.header.integer("NAXIS1") / 32) ** 2);
      expect(frame.mask === undefined, inputName).toBe(missing === 0);
      frame.mask?.data.forEach((flags, at) => {
        if ((values[at] === 0) !== (flags === pixelFlags.missing)) expect.fail(`${inputName}, pixel ${at}`);
      });
    }
  });

  test("the limb lies within 2 pixels of SOLAR_R", () => {
    for (const { inputName, frame } of run().products) {
      const radius = frame.header.number("SOLAR_R");
      const limb = fitLimb(frame.image, { edge: "rise", radiiPixels: [0.82 * radius, 1.22 * radius] });
      expect(Math.abs(limb.radiusPixels - radius), inputName).toBeLessThan(2);
    }
  });

  test("begin, middle and end agree with EXPTIME", () => {
    for (const { inputName, frame } of run().products) {
      const [begin, middle, end] = ["DATE-BEG", "DATE-AVG", "DATE-END"].map((key) =>
        parseFitsTimeUs(frame.header.string(key)),
      ) as [number, number, number];
      const exposureUs = frame.header.number("EXPTIME") * 1e6;
      expect(Math.abs(end - begin - exposureUs), inputName).toBeLessThan(1);
      expect(Math.abs(middle - begin - exposureUs / 2), inputName).toBeLessThan(1);
      expect(frame.header.string("DATE-OBS")).toBe(frame.header.string("DATE-BEG"));
    }
  });

  test("checksums of every HDU fit", async () => {
    for (const { path, frame } of run().products) {
      await using source = await openFile(path);
      const verdicts = await verifyChecksums(source);
      expect(verdicts).toHaveLength(frame.mask === undefined ? 1 : 2);
      for (const verdict of verdicts) expect(verdict).toMatchObject({ checksum: "ok", datasum: "ok" });
    }
  });

  test("the picture shows the Sun, brighter where there is more light, the first row at the bottom", async () => {
    for (const { path, frame } of run().products) {
      const png = PNG.sync.read(await readFile(path.replace(/fits$/, "png")));
      const [rows, columns] = frame.image.shape as [number, number];
      const scale = png.width / columns;
      const shade = (row: number, column: number): number => {
        const at = 4 * ((rows - 1 - row) * scale * png.width + column * scale);
        return png.data[at]! + png.data[at + 1]! + png.data[at + 2]!;
      };
      const seen = new Map<number, { least: number; most: number; count: number }>();
      valuesOf(frame).forEach((value, at) => {
        if (Number.isNaN(value)) return;
        const level = shade(Math.floor(at / columns), at % columns);
        const { least, most, count } = seen.get(level) ?? { least: value, most: value, count: 0 };
        seen.set(level, { least: Math.min(least, value), most: Math.max(most, value), count: count + 1 });
      });
      const levels = [...seen].sort(([a], [b]) => a - b).map(([, level]) => level);
      for (const [at, { least }] of levels.entries()) {
        expect(least, path).toBeGreaterThan(levels[at - 1]?.most ?? Number.NEGATIVE_INFINITY);
      }
      const share = (level: { count: number }) => level.count / (rows * columns);
      expect(share(levels[0]!), "black").toBeLessThan(0.05);
      expect(share(levels.at(-1)!), "saturated").toBeLessThan(0.01);
      const radius = frame.header.number("SOLAR_R");
      const disk = meanShade(shade, rows, columns, (r) => r < radius);
      expect(disk, path).toBeGreaterThan(3 * meanShade(shade, rows, columns, (r) => r > 1.7 * radius));
    }
  });
}

function meanShade(
  shade: (row: number, column: number) => number,
  rows: number,
  columns: number,
  isIn: (r: number) => boolean,
): number {
  let [sum, count] = [0, 0];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (!isIn(Math.hypot(row - (rows - 1) / 2, column - (columns - 1) / 2))) continue;
      sum += shade(row, column);
      count += 1;
    }
  }
  return sum / count;
}

/** Of the first tile of the frame, which scattered light fills. */
function cornerMedian(frame: Frame): number {
  const [rows, columns] = frame.image.shape as [number, number];
  const inCorner = (at: number) => Math.floor(at / columns) < rows / 16 && at % columns < columns / 16;
  return median(valuesOf(frame).filter((_, at) => inCorner(at)));
}

interface Metric {
  readonly metric_code: string;
  readonly warnings: readonly string[] | null;
  readonly plot_data?: { readonly series_data: Readonly<Record<string, readonly [unknown[], number[]]>> };
}

async function quality(folder: EitFolder): Promise<Readonly<Record<string, Metric>>> {
  const [path] = await folder.products("_quality_data.json");
  const metrics = JSON.parse(await readFile(path!, "utf8")) as readonly Metric[];
  return Object.fromEntries(metrics.map((metric) => [metric.metric_code, metric]));
}
