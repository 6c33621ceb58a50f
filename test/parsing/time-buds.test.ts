import { describe, expect, test } from "vitest";
import { isFirstlightError } from "../../src/core/errors.ts";
import { Real } from "../../src/core/scalar.ts";
import { spilledDirt } from "../../src/parsing/stem.ts";
import { cadenceBuds, dateBeginBud, taskDateBeginBud, taskDateEndBud } from "../../src/parsing/time-buds.ts";
import { budValue, feed } from "./frames.ts";

function observe(...times: readonly string[]) {
  return times.map((time) => ({ IPTASK: "observe", "DATE-BEG": time }));
}

describe("cadence", () => {
  test("is average, longest, shortest and variance of the steps between sorted observe frames", () => {
    const frames = [
      ...observe("2022-01-01T00:00:06", "2022-01-01T00:00:00", "2022-01-01T00:00:02"),
      { IPTASK: "dark", "DATE-BEG": "2022-01-01T00:00:01" },
    ];
    const values = cadenceBuds().map((bud) => [bud.name, feed(bud, ...frames).get()]);
    expect(values).toEqual([
      ["AVERAGE_CADENCE", new Real(3)],
      ["MAXIMUM_CADENCE", new Real(4)],
      ["MINIMUM_CADENCE", new Real(2)],
      ["VARIANCE_CADENCE", new Real(1)],
    ]);
  });

  test("of a single frame is nothing to store", () => {
    for (const bud of cadenceBuds()) expect(budValue(bud, ...observe("2022-01-01T00:00:06"))).toBe(spilledDirt);
  });
});

describe("the begin date", () => {
  test("is the earliest, to the microsecond", () => {
    const frames = observe("2022-01-01T00:00:06.25", "2022-01-01T00:00:06.2");
    expect(budValue(dateBeginBud("X"), ...frames)).toBe("2022-01-01T00:00:06.200000");
    expect(budValue(taskDateBeginBud("X", "dark"), ...frames)).toBe(spilledDirt);
  });

  test("has an end date beside it: when the latest frame began", () => {
    const frames = observe("2022-01-01T00:00:06.25", "2022-01-01T00:00:07", "2022-01-01T00:00:06.2");
    expect(budValue(taskDateEndBud("X", "observe"), ...frames)).toBe("2022-01-01T00:00:07.000000");
    expect(budValue(taskDateEndBud("X", "dark"), ...frames)).toBe(spilledDirt);
  });

  test("names attribute and file of what is no date", () => {
    const error = (() => {
      try {
        feed(dateBeginBud("X"), ...observe("2022-01-01", "01/02/22"));
      } catch (caught) {
        return caught;
      }
      return undefined;
    })();
    expect(isFirstlightError(error, "HEADER_KEY_INVALID")).toBe(true);
    expect(error).toMatchObject({ fields: { attribute: "timeObs", file: "f2.fits", value: "01/02/22" } });
  });
});
