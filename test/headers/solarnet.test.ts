import { describe, expect, test } from "vitest";
import { Real } from "../../src/core/scalar.ts";
import { Header } from "../../src/fits/header.ts";
import type { HeaderFacts, HeaderStatistics } from "../../src/headers/header-profile.ts";
import { solarnet } from "../../src/headers/solarnet.ts";
import { thrown } from "../fixtures/thrown.ts";

const facts: HeaderFacts = {
  recipeRunId: 7,
  workflowName: "l0_to_l1_eit",
  workflowVersion: "1.0.0",
  datasetId: "ABCDEF",
  fileName: "EIT_x_ABCDEF_L1.fits",
  createdAt: new Date("2026-01-02T03:04:05.678Z"),
  creator: "firstlight 0.1.0",
  begin: "2004-02-29T23:58:30.100",
  end: "2004-02-29T23:58:43.700",
};

const statistics: HeaderStatistics = {
  min: 0,
  max: 12.5,
  mean: 3,
  median: 2.5,
  rms: 1.25,
  skewness: Number.NaN,
  kurtosis: Number.POSITIVE_INFINITY,
  percentiles: { 1: 0.5, 2: 0.5, 5: 1, 10: 1, 25: 2, 75: 4, 90: 5, 95: 6, 98: Number.NaN, 99: 9 },
};

function raw() {
  return Header.from({
    SIMPLE: true,
    BITPIX: -64,
    DATE: ["2004-03-05", "made"],
    TELESCOP: ["SOHO", "the spacecraft"],
    EXPTIME: [13.6, "total commanded + shutter close"],
  })
    .addComment("a comment")
    .addHistory("resampled");
}

describe("the solarnet profile", () => {
  test("says what the frame is and what made it", () => {
    const made = solarnet.apply(raw(), { ...facts, unit: "adu/s", statistics });
    expect(
      Object.fromEntries(solarnet.order.filter((key) => made.has(key)).map((key) => [key, made.get(key)])),
    ).toEqual({
      DATE: "2026-01-02T03:04:05.678",
      "DATE-BEG": "2004-02-29T23:58:30.100",
      "DATE-AVG": "2004-02-29T23:58:36.900000",
      "DATE-END": "2004-02-29T23:58:43.700",
      TELAPSE: 13.6,
      DATEREF: "2004-02-29T23:58:30.100",
      BUNIT: "adu/s",
      EXTNAME: "observation",
      FILENAME: "EIT_x_ABCDEF_L1.fits",
      SOLARNET: 0.5,
      OBS_HDU: 1,
      PROCTYPE: "L1",
      LEVEL: 1,
      DSETID: "ABCDEF",
      RRUNID: 7,
      WKFLNAME: "l0_to_l1_eit",
      WKFLVERS: "1.0.0",
      CREATOR: "firstlight 0.1.0",
      DATAMIN: new Real(0),
      DATAMAX: 12.5,
      DATAMEAN: new Real(3),
      DATAMEDN: 2.5,
      DATARMS: 1.25,
      DATAP01: 0.5,
      DATAP02: 0.5,
      DATAP05: new Real(1),
      DATAP10: new Real(1),
      DATAP25: new Real(2),
      DATAP75: new Real(4),
      DATAP90: new Real(5),
      DATAP95: new Real(6),
      DATAP99: new Real(9),
    });
  });

  test("leaves out a statistic that is no number, and retires the raw frame's", () => {
    const header = raw().set("DATASKEW", 0.25, "of the raw pixels");
    const made = solarnet.apply(header, { ...facts, statistics });
    expect(made.has("DATASKEW")).toBe(false);
    expect(made.has("DATAKURT")).toBe(false);
    expect(made.has("DATAP98")).toBe(false);
    expect(made.history.some((line) => line.startsWith("DATASKEW=") && line.includes("0.25"))).toBe(true);
    for (const { image } of made.cards) expect(image).not.toMatch(/NaN|Infinity/);
  });

  test("keeps every other card with keyword, value, comment and order, and leaves the header given as it was", () => {
    const header = raw();
    const before = header.cards.map(({ image }) => image);
    const made = solarnet.apply(header, facts);
    expect(header.cards.map(({ image }) => image)).toEqual(before);
    const kept = made.cards.map(({ image }) => image).filter((image) => before.includes(image));
    expect(kept).toEqual(before.filter((image) => !image.startsWith("DATE ")));
  });

  test("puts what a replaced card said into HISTORY, behind the history there was", () => {
    const made = solarnet.apply(raw(), facts);
    expect(made.history).toEqual(["resampled", "DATE    = '2004-03-05'         / made"]);
    expect(made.cards[2]?.keyword).toBe("DATE");
  });

  test("adds its cards in its order", () => {
    const made = solarnet.apply(Header.from({ SIMPLE: true }), { ...facts, statistics });
    const keywords = made.cards.map(({ keyword }) => keyword).slice(1);
    expect(keywords).toEqual(solarnet.order.filter((keyword) => made.has(keyword)));
  });

  test("holds a URL only where the documentation has one", () => {
    expect(solarnet.apply(raw(), facts).has("INFO_URL")).toBe(false);
    expect(solarnet.apply(raw(), { ...facts, docsBaseUrl: "" }).has("INFO_URL")).toBe(false);
    const docsBaseUrl = "https://docs.example.org";
    expect(solarnet.apply(raw(), { ...facts, docsBaseUrl }).string("INFO_URL")).toBe(docsBaseUrl);
  });

  test("takes the exposure from the header where the facts do not say it", () => {
    const { begin: _begin, end: _end, ...rest } = facts;
    const header = raw().set("DATE-BEG", "2020-01-01T00:00:00").set("DATE-END", "2020-01-01T00:00:02");
    expect(solarnet.apply(header, rest).get("TELAPSE")).toEqual(new Real(2));
    expect(solarnet.apply(header, rest).card("DATE-BEG")?.image).toBe(header.card("DATE-BEG")?.image);
  });

  test("with a new begin and no end, retires the raw middle and duration", () => {
    const { end: _end, ...rest } = facts;
    const made = solarnet.apply(raw().set("DATE-AVG", "2004-03-01T00:00:10").set("TELAPSE", 13.5), rest);
    expect(made.has("DATE-AVG")).toBe(false);
    expect(made.has("TELAPSE")).toBe(false);
    expect(made.has("DATE-END")).toBe(false);
  });

  test("asks for a begin where nobody says one", () => {
    const { begin: _begin, ...rest } = facts;
    const error = thrown(() => solarnet.apply(new Header(raw(), "a.fits"), rest));
    expect(error.code).toBe("HEADER_KEY_MISSING");
    expect(error.fields).toEqual({ keyword: "DATE-BEG", file: "a.fits" });
  });

  test("refuses an exposure that ends before it begins, or at no date", () => {
    expect(thrown(() => solarnet.apply(raw(), { ...facts, end: "2004-02-29T23:58:00" })).code).toBe(
      "HEADER_FACTS_INVALID",
    );
    expect(thrown(() => solarnet.apply(raw(), { ...facts, end: "noon" })).fields).toMatchObject({ value: "noon" });
  });

  test("keeps the name of an HDU that has one", () => {
    expect(solarnet.apply(raw().set("EXTNAME", "SCI"), facts).string("EXTNAME")).toBe("SCI");
  });
});
