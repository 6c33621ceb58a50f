import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { real } from "../../src/core/scalar.ts";
import { csStepFlower, numCsStepsBud } from "../../src/parsing/cs-step.ts";
import { pythonModulo } from "../../src/parsing/python-modulo.ts";
import { spilledDirt } from "../../src/parsing/stem.ts";
import { budValue, type Cards, l0 } from "./frames.ts";

const maxStepTimeS = 20;

interface Optics {
  readonly polarizer?: number;
  readonly retarder?: number;
  readonly dark?: boolean;
}

function polcal(second: number, { polarizer, retarder, dark }: Optics): Cards {
  return {
    IPTASK: "polcal",
    "DATE-BEG": new Date(Date.UTC(2022, 0, 1) + Math.round(second * 1000)).toISOString().slice(0, -1),
    LVL0STAT: dark === true ? "DarkShutter" : "FieldStop (2.8arcmin)",
    LVL2STAT: polarizer === undefined ? "clear" : "Sapphire Polarizer",
    POLANGLE: polarizer === undefined ? "none" : real(polarizer),
    LVL1STAT: retarder === undefined ? "clear" : "SiO2 SAR",
    RETANGLE: retarder === undefined ? "none" : real(retarder),
  };
}

/** Dark and clear at the begin and at the end; in between the polarizer, then the retarder with it. */
const sevenSteps: readonly Optics[] = [
  { dark: true },
  {},
  { polarizer: 0 },
  { polarizer: 0, retarder: 45 },
  { polarizer: 60, retarder: 0 },
  {},
  { dark: true },
];

/** What each file, named by its place in `frames`, is tagged with. */
function stepOf(frames: readonly (readonly [file: string, cards: Cards])[], maxS = maxStepTimeS) {
  const flower = csStepFlower(maxS);
  for (const [file, cards] of frames) flower.set(file, l0(cards, file));
  return Object.fromEntries([...flower.get()].flatMap(({ value, files }) => files.map((file) => [file, value])));
}

describe("calibration sequence steps", () => {
  test("of the seven-step sequence are seven, whatever the jitter of the angles and the order of the files", () => {
    const frames = sevenSteps.flatMap((optics, step) =>
      [0, 4, 8].map((late) => ({ step, optics, at: 30 * step + late })),
    );
    const jitter = fc.double({ min: -0.049, max: 0.049, noNaN: true });
    const jitters = fc.array(fc.tuple(jitter, jitter), { minLength: frames.length, maxLength: frames.length });
    const order = fc.shuffledSubarray([...frames.keys()], { minLength: frames.length });
    fc.assert(
      fc.property(jitters, order, (shifts, indices) => {
        const files = indices.map((index) => {
          const { step, optics, at } = frames[index]!;
          const [polarizer, retarder] = shifts[index]!;
          const turned = {
            ...optics,
            ...(optics.polarizer === undefined ? {} : { polarizer: optics.polarizer + polarizer }),
            ...(optics.retarder === undefined ? {} : { retarder: optics.retarder + retarder }),
          };
          return [`${step}-${at}`, polcal(at, turned)] as const;
        });
        const found = stepOf(files);
        expect(found).toEqual(Object.fromEntries(files.map(([file]) => [file, Number(file.split("-")[0])])));
        expect(budValue(numCsStepsBud(maxStepTimeS), ...files.map(([, cards]) => cards))).toBe(7);
      }),
      { numRuns: 50 },
    );
  });

  test("of optics that come back within the time are the old step, and beyond it a new one", () => {
    const back = [0, 10, 20].map((at) => [`${at}`, polcal(at, {})] as const);
    expect(stepOf([...back, ["dark", polcal(15, { dark: true })]])).toEqual({ "0": 0, "10": 0, "20": 0, dark: 1 });
    expect(stepOf([...back, ["late", polcal(20.001, {})]])).toEqual({ "0": 0, "10": 0, "20": 0, late: 1 });
  });

  test("are counted from the first frame of each, for nearness in time is not transitive", () => {
    const chain = [0, 15, 30, 45].map((at) => [`${at}`, polcal(at, {})] as const);
    const expected = { "0": 0, "15": 0, "30": 1, "45": 1 };
    expect(stepOf(chain)).toEqual(expected);
    expect(stepOf([...chain].reverse())).toEqual(expected);
    expect(stepOf([1, 0, 3, 2].map((index) => chain[index]!))).toEqual(expected);
  });

  test("differ in each part of the optics", () => {
    const all: readonly Optics[] = [{}, { dark: true }, { polarizer: 0 }, { retarder: 0 }, { polarizer: 0.1 }];
    const count = budValue(numCsStepsBud(maxStepTimeS), ...all.map((optics) => polcal(0, optics)));
    expect(count).toBe(5);
  });

  test("take angles to a tenth of a degree, modulo 360°, and words for no angle", () => {
    const same: readonly Optics[] = [
      { polarizer: 359.96 },
      { polarizer: 0 },
      { polarizer: -0.04 },
      { polarizer: 720.04 },
    ];
    expect(budValue(numCsStepsBud(maxStepTimeS), ...same.map((optics) => polcal(0, optics)))).toBe(1);
    const undefinedOptics = { ...polcal(0, {}), LVL2STAT: "undefined", LVL1STAT: "Clear" };
    expect(budValue(numCsStepsBud(maxStepTimeS), polcal(0, {}), undefinedOptics)).toBe(1);
  });

  test("are of polcal frames alone; without any nothing is stored", () => {
    const dark = { ...polcal(0, {}), IPTASK: "dark" };
    expect(stepOf([["a", dark]])).toEqual({});
    expect(budValue(numCsStepsBud(maxStepTimeS), dark)).toBe(spilledDirt);
    expect(budValue(numCsStepsBud(maxStepTimeS), dark, { ...polcal(0, {}), IPTASK: "PolCal" })).toBe(1);
  });
});

test.each([
  [-999, 360, 81],
  [-0.1, 360, 359.9],
  [360, 360, 0],
  [-360, 360, 0],
  [725.5, 360, 5.5],
  [5, -3, -1],
])("%d modulo %d is %d, as in Python", (value, divisor, expected) => {
  expect(pythonModulo(value, divisor)).toBe(expected);
});
