import { describe, expect, test } from "vitest";
import { isFirstlightError } from "../../src/core/errors.ts";
import { Real } from "../../src/core/scalar.ts";
import { formatFitsTimeUs, parseFitsTimeUs } from "../../src/parsing/fits-time.ts";
import { spilledDirt } from "../../src/parsing/stem.ts";
import { cadenceBuds, dateBeginBud, taskDateBeginBud } from "../../src/parsing/time-buds.ts";
import { budValue, feed } from "./frames.ts";

function observe(...times: readonly string[]) {
  return times.map((time) => ({ IPTASK: "observe", "DATE-BEG": time }));
}

describe("FITS dates", () => {
  test("keep microseconds, cut what is beyond, and may have no time of day", () => {
    expect(parseFitsTimeUs("1970-01-01T00:00:01.000001")).toBe(1_000_001);
    expect(parseFitsTimeUs("1970-01-01T00:00:00.1234569")).toBe(123_456);
    expect(parseFitsTimeUs("1970-01-02")).toBe(86_400_000_000);
    expect(parseFitsTimeUs("2022-10-24T19:47:33.5Z")).toBe(Date.UTC(2022, 9, 24, 19, 47, 33, 500) * 1000);
  });

  test("a leap second is the next minute's first instant", () => {
    expect(parseFitsTimeUs("2016-12-31T23:59:60")).toBe(Date.UTC(2017, 0, 1) * 1000);
  });

  test.each(["", "yesterday", "2022-13-01", "2022-02-30", "24/10/22", "2022-10-24T25:00:00"])("%j is none", (text) => {
    expect(parseFitsTimeUs(text)).toBeUndefined();
  });

  test("are written to the microsecond, before 1970 too", () => {
    for (const text of ["2022-10-24T19:47:33.218001", "1969-12-31T23:59:59.999999", "0001-01-01T00:00:00.000000"]) {
      expect(formatFitsTimeUs(parseFitsTimeUs(text) ?? Number.NaN)).toBe(text);
    }
  });
});

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
