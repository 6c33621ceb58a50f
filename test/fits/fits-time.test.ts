import { describe, expect, test } from "vitest";
import { formatFitsTimeUs, parseFitsTimeUs } from "../../src/fits/fits-time.ts";

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
