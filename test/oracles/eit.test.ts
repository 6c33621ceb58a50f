import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeEitFrame } from "../examples/eit-frames.ts";
import { type EitFolder, makeEitFolder, realFrames } from "../examples/run-eit.ts";
import { ask, astropy, describeWith, fitsverify } from "./fits-oracle.ts";

interface Judged {
  readonly units: readonly string[];
  /** Of the Sun's centre, and of the pixels to the right of it and above it. */
  readonly world: readonly (readonly [number, number])[];
  readonly exposureS: number;
  readonly type: string;
  readonly blank: number;
}

const program = fileURLToPath(new URL("eit-wcs.py", import.meta.url));
const folders: EitFolder[] = [];
let made: readonly string[] = [];
let real: readonly string[] = [];

async function calibrated(input?: string): Promise<readonly string[]> {
  const folder = await makeEitFolder();
  folders.push(folder);
  await folder.put([
    makeEitFrame({ index: 0, missing: [[13, 9]] }),
    makeEitFrame({ index: 1, side: 256, rollDeg: 30 }),
    makeEitFrame({ index: 2, side: 1024, rollDeg: 0 }),
  ]);
  expect((await folder.run(input)).status).toBe("done");
  return await folder.products(".fits");
}

beforeAll(async () => {
  made = await calibrated();
  if (existsSync(realFrames)) real = await calibrated(realFrames);
  else console.warn(`SKIPPED: real EIT frames: no folder ${realFrames}`);
}, 120_000);
afterAll(async () => {
  for (const folder of folders) await folder.remove();
});

describeWith(fitsverify, () => {
  test("finds neither error nor warning in any product", () => {
    for (const path of [...made, ...real]) {
      expect(ask(fitsverify, [path])).toContain("Verification found 0 warning(s) and 0 error(s)");
    }
  });
});

describeWith(astropy, () => {
  const judge = (paths: readonly string[]) => JSON.parse(ask(astropy, [program, ...paths])) as readonly Judged[];

  test("puts the Sun's centre at 0, and one pixel's step at the scale of the frame, turned by the roll", () => {
    const expected = [
      { scale: 21.04, rollDeg: 180 },
      { scale: 10.52, rollDeg: 30 },
      { scale: 2.63, rollDeg: 0 },
    ];
    judge(made).forEach(({ units, world }, at) => {
      const { scale, rollDeg } = expected[at]!;
      const [sin, cos] = [Math.sin((rollDeg * Math.PI) / 180), Math.cos((rollDeg * Math.PI) / 180)];
      expect(units).toEqual(["arcsec", "arcsec"]);
      // Solar north lies SC_ROLL counter-clockwise of up: what is up in the image lies clockwise of north.
      const wanted = [
        [0, 0],
        [scale * cos, -scale * sin],
        [scale * sin, scale * cos],
      ];
      world.forEach(([x, y], point) => {
        expect(x).toBeCloseTo(wanted[point]![0]!, 9);
        expect(y).toBeCloseTo(wanted[point]![1]!, 9);
      });
    });
  });

  test("reads the real frames' coordinates, times and pixels", (context) => {
    if (real.length === 0) context.skip(`no folder ${realFrames}`);
    const judged = judge(real);
    expect(judged).toHaveLength(11);
    for (const [at, { units, world, exposureS, type, blank }] of judged.entries()) {
      expect(units).toEqual(["arcsec", "arcsec"]);
      const [centre, right, up] = world as [[number, number], [number, number], [number, number]];
      expect(centre.map((each) => each + 0)).toEqual([0, 0]);
      expect(right[0]).toBeCloseTo(-21.04, 9);
      expect(right[1]).toBeCloseTo(0, 9);
      expect(up[0]).toBeCloseTo(0, 9);
      expect(up[1]).toBeCloseTo(-21.04, 9);
      expect(exposureS).toBeGreaterThan(12.5);
      expect(exposureS).toBeLessThan(13.1);
      expect(type).toBe("float32");
      expect(blank).toBe(at === 0 ? 16 : 0);
    }
  });
});
