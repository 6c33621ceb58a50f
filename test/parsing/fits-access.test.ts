import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Real, real } from "../../src/core/scalar.ts";
import { Header } from "../../src/fits/header.ts";
import { access, fitsAccess, key } from "../../src/parsing/fits-access.ts";
import { l0FitsAccess } from "../../src/parsing/l0-fits-access.ts";
import { l1FitsAccess } from "../../src/parsing/l1-fits-access.ts";
import { l1QualityFitsAccess } from "../../src/parsing/l1-quality-fits-access.ts";
import { thrown } from "../fixtures/thrown.ts";
import { l0 } from "./frames.ts";

const table = fitsAccess({
  exposureS: key("EXPTIME", z.number(), { unit: "s" }),
  filter: key("FILTER", z.string(), { optional: true }),
  camera: key("CAMERA"),
  block: key("COMMENT", z.int(), {
    from: (header) => {
      const found = header.comments
        .map((text) => /BLOCKS = (\d+)/.exec(text)?.[1])
        .find((count) => count !== undefined);
      return found === undefined ? undefined : Number(found);
    },
  }),
});

describe("a FitsAccess", () => {
  test("yields the schema's value, and the scalar with integer and real apart", () => {
    const opened = access(table, Header.from({ EXPTIME: real(10), CAMERA: 7 }), "a.fits");
    expect(opened.exposureS).toBe(10);
    expect(opened.scalar("exposureS")).toEqual(new Real(10));
    expect(opened.scalar("camera")).toBe(7);
    expect(opened.file).toBe("a.fits");
  });

  test("reads a value out of a COMMENT where the table says so", () => {
    const header = Header.from({ EXPTIME: 1 }).addComment("N_MISSING_BLOCKS = 3");
    expect(access(table, header, "a.fits").block).toBe(3);
  });

  test("yields undefined for an optional card that is missing", () => {
    const opened = access(table, Header.from({}), "a.fits");
    expect(opened.filter).toBeUndefined();
    expect(opened.scalar("filter")).toBeUndefined();
  });

  test("is lazy: a missing required card throws only when it is asked for, and names key, attribute and file", () => {
    const opened = access(table, Header.from({ CAMERA: "EIT" }), "bad.fits");
    expect(opened.camera).toBe("EIT");
    const error = thrown(() => opened.exposureS);
    expect(error.code).toBe("HEADER_KEY_MISSING");
    expect(error.fields).toEqual({ keyword: "EXPTIME", attribute: "exposureS", file: "bad.fits" });
    expect(error.message).toContain("EXPTIME");
    expect(error.message).toContain("exposureS");
    expect(error.message).toContain("bad.fits");
  });

  test("a card without a value counts as missing, and says that it is there", () => {
    const header = Header.from({ EXPTIME: undefined });
    expect(thrown(() => access(table, header, "a.fits").exposureS).message).toContain("no value in its card EXPTIME");
  });

  test("points at a keyword that differs in dash and underscore only", () => {
    const time = fitsAccess({ begin: key("DATE-OBS", z.string()) });
    const header = Header.from({ DATE_OBS: "2004-03-01" });
    expect(thrown(() => access(time, header, "a.fits").begin).message).toContain("DATE_OBS");
  });

  test("a value of the wrong type says what it is and what was expected", () => {
    const opened = access(table, Header.from({ EXPTIME: "long" }), "bad.fits");
    const error = thrown(() => opened.exposureS);
    expect(error.code).toBe("HEADER_KEY_INVALID");
    expect(error.fields).toMatchObject({ keyword: "EXPTIME", file: "bad.fits", value: "long" });
    expect(error.message).toContain('"long": expected number');
  });

  test("is extended by spreading, and a later attribute replaces an earlier one", () => {
    const wider = fitsAccess({ ...table, exposureS: key("XPOSURE", z.number()), gain: key("GAIN", z.number()) });
    const opened = access(wider, Header.from({ XPOSURE: 2.5, GAIN: 3 }), "a.fits");
    expect([opened.exposureS, opened.gain]).toEqual([2.5, 3]);
  });

  test("computes what many stems ask for once, and keeps no failure", () => {
    const opened = access(table, Header.from({ EXPTIME: 2, CAMERA: "c" }), "a.fits");
    let calls = 0;
    const doubled = (each: typeof opened) => {
      calls++;
      return each.exposureS * 2;
    };
    expect([opened.once?.(doubled), opened.once?.(doubled), calls]).toEqual([4, 4, 1]);
    const bad = access(table, Header.from({}), "b.fits");
    expect([thrown(() => bad.once?.(doubled)).code, calls]).toEqual(["HEADER_KEY_MISSING", 2]);
    expect([thrown(() => bad.once?.(doubled)).code, calls]).toEqual(["HEADER_KEY_MISSING", 3]);
  });

  test("may have an attribute called value", () => {
    const opened = access(fitsAccess({ value: key("VALUE", z.number()) }), Header.from({ VALUE: 3 }), "a.fits");
    expect([opened.value, opened.scalar("value")]).toEqual([3, 3]);
  });

  test("refuses an attribute that every access has already", () => {
    expect(thrown(() => fitsAccess({ header: key("X") })).code).toBe("FITS_ACCESS_INVALID");
  });

  test("names the attributes that there are when a stem asks for another", () => {
    const opened = access(table, Header.from({}), "a.fits");
    const error = thrown(() => (opened as { scalar(name: string): unknown }).scalar("toString"));
    expect(error.code).toBe("FITS_ACCESS_ATTRIBUTE_UNKNOWN");
    expect(error.message).toContain("exposureS");
  });
});

describe("the DKIST tables", () => {
  test("read both hardware binnings from their own cards", () => {
    const opened = l0({ HWBIN1: 1, HWBIN2: 2, SWBIN1: 3, SWBIN2: 4 });
    expect([
      opened.hardwareBinningX,
      opened.hardwareBinningY,
      opened.softwareBinningX,
      opened.softwareBinningY,
    ]).toEqual([1, 2, 3, 4]);
  });

  test("an optics angle is a real, and -999 where the header says a word", () => {
    expect(l0({ POLANGLE: "none" }).gosPolarizerAngle).toBe(-999);
    expect(l0({ POLANGLE: "none" }).scalar("gosPolarizerAngle")).toEqual(new Real(-999));
    expect(l0({ RETANGLE: "" }).gosRetarderAngle).toBe(-999);
    expect(l0({ RETANGLE: 45 }).scalar("gosRetarderAngle")).toEqual(new Real(45));
    expect(l0({ RETANGLE: "45.5" }).gosRetarderAngle).toBe(45.5);
  });

  test("a tracking mode that the header does not say is spelt as the Python stack stores it", () => {
    expect(l0({}).telescopeTrackingMode).toBe("HEADER_KEY_NOT_FOUND");
  });

  test("L0 has the attributes of L1 and what the frame was taken for", () => {
    expect(Object.keys(l0FitsAccess)).toEqual([...Object.keys(l1FitsAccess), "ipTaskType", "ipStartTime", "ipEndTime"]);
  });

  test("quality reads frames with and without what the adaptive optics measured", () => {
    const cards = { "DATE-BEG": "2022-10-24T19:47:33", LIGHTLVL: 5.5, DSHEALTH: "Good" };
    const bare = access(l1QualityFitsAccess, Header.from(cards), "a.fits");
    expect([bare.timeObs, bare.lightLevel, bare.healthStatus]).toEqual(["2022-10-24T19:47:33", 5.5, "Good"]);
    expect([bare.friedParameter, bare.aoStatus, bare.numOutOfBoundsAoShifts]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const full = Header.from({ ...cards, ATMOS_R0: 0.12, AO_LOCK: false, OOBSHIFT: 0 });
    const opened = access(l1QualityFitsAccess, full, "a.fits");
    expect([opened.friedParameter, opened.aoStatus, opened.numOutOfBoundsAoShifts]).toEqual([0.12, false, 0]);
  });
});
