import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { real } from "../../src/core/scalar.ts";
import { Card } from "../../src/fits/card.ts";
import type { CardValue } from "../../src/fits/card-value.ts";
import { parseHeader } from "../../src/fits/parse-header.ts";

const read = (text: string) => Card.parse(text.padEnd(80));
const written = (...card: Parameters<typeof Card.of>) =>
  Card.of(...card)
    .image.match(/.{80}/g)
    ?.map((line) => line.trimEnd());

/** Through a header's characters, where CONTINUE cards must find together again. */
const reread = (card: Card) => {
  const bytes = Buffer.from(`${card.image}${"END".padEnd(80)}`.padEnd(2880), "latin1");
  const { cards } = parseHeader(bytes);
  expect(cards).toHaveLength(1);
  return cards[0]!;
};

describe("reading a card", () => {
  test.each<[string, CardValue, string]>([
    ["SIMPLE  =                    T / conforms to FITS standard", true, "conforms to FITS standard"],
    ["FLAG    =                    F", false, ""],
    [
      "EXPTIME =               13.000 / s (total commanded + shutter close)",
      real(13),
      "s (total commanded + shutter close)",
    ],
    ["WAVELNTH=                  195 / 171 = Fe IX/X, 195 = Fe XII,", 195, "171 = Fe IX/X, 195 = Fe XII,"],
    ["CFTEMP  =               -66.71 / CCD cold finger temperature (C)", -66.71, "CCD cold finger temperature (C)"],
    ["CRVAL1  =                 0.00 /", real(0), ""],
    ["BARE    = 10.", real(10), ""],
    ["POINT   = .5", 0.5, ""],
    ["DEXP    =               1.5D+05", real(150000), ""],
    ["SMALL   = 1d-3", 0.001, ""],
    ["BIGI    =     9007199254740993", 9007199254740993n, ""],
    ["PLUS    = +7", 7, ""],
    ["CPLX    =           (1.0, -2D0) / z", { re: 1, im: -2 }, "z"],
    ["UNDEF   =                      / nothing yet", undefined, "nothing yet"],
    ["UNDEF   =", undefined, ""],
    ["EMPTY   = ''", "", ""],
    ["QUOTE   = 'O''HARA '           / a name", "O'HARA", "a name"],
    ["SLASH   = 'a / b   '           / with a slash", "a / b", "with a slash"],
    ["DATASRC = 'LZ file           ' /", "LZ file", ""],
    ["LEADING = '  two blanks'", "  two blanks", ""],
    ["AMPER   = 'alone&  '", "alone&", ""],
  ])("%s", (text, value, comment) => {
    const card = read(text);
    expect(card.value).toEqual(value);
    expect(card.comment).toBe(comment);
    expect(card.isCommentary).toBe(false);
  });

  test("a HIERARCH card is found under its words", () => {
    const card = read("HIERARCH ESO DET WIN1 NX = 2048 / pixels");
    expect([card.keyword, card.value, card.comment]).toEqual(["ESO DET WIN1 NX", 2048, "pixels"]);
  });

  test.each([
    ["COMMENT   N_MISSING_BLOCKS =    1", "COMMENT", "  N_MISSING_BLOCKS =    1"],
    ["HISTORY   Version 4.0, 2001 December 10", "HISTORY", "  Version 4.0, 2001 December 10"],
    [
      "                               / 284 = Fe XV, 304 = He II",
      "",
      "                       / 284 = Fe XV, 304 = He II",
    ],
    ["", "", ""],
    ["COMMENT = 'not a value'", "COMMENT", "= 'not a value'"],
    ["NOVALUE  says something", "NOVALUE", " says something"],
  ])("the text of a card without a value: %s", (text, keyword, value) => {
    const card = read(text);
    expect([card.isCommentary, card.keyword, card.value, card.comment]).toEqual([true, keyword, value, ""]);
  });

  test.each(["BAD     = 1x", "BAD     = 'open", "BAD     = 'a' b", "BAD     = NaN", "BAD     = (1, 2", "BAD     = TT"])(
    "%s is named as no FITS value, and its characters are kept",
    (text) => {
      const card = read(text);
      expect(() => card.value).toThrow(
        expect.objectContaining({ code: "FITS_CARD_INVALID", fields: { keyword: "BAD", image: text } }),
      );
      expect(card.image.trimEnd()).toBe(text);
    },
  );

  test("CONTINUE cards are joined with their comments, and one that continues nothing stays as it is", () => {
    const lines = [
      "LONGSTR = 'it''s the first &' / one",
      "CONTINUE  'and the second&  ' / two",
      "CONTINUE  '&' / three",
      "CONTINUE  ' part'",
      "CONTINUE  'of nothing'",
      "END",
    ];
    const header = parseHeader(Buffer.from(lines.map((line) => line.padEnd(80)).join(""), "latin1"));
    expect(header.get("LONGSTR")).toBe("it's the first and the second part");
    expect(header.card("LONGSTR")?.comment).toBe("one two three");
    expect(header.cards.map((card) => card.keyword)).toEqual(["LONGSTR", "CONTINUE"]);
  });
});

describe("writing a card", () => {
  test.each<[string, CardValue, string, string]>([
    ["NAXIS", 2, "axes", "NAXIS   =                    2 / axes"],
    ["EXPTIME", real(10), "s", "EXPTIME =                 10.0 / s"],
    ["TINY", 1e-5, "", "TINY    =              1.0E-05"],
    ["HUGE", real(1e20), "", "HUGE    =              1.0E+20"],
    ["LOGICAL", true, "", "LOGICAL =                    T"],
    ["BIG", 2n ** 63n, "", "BIG     =  9223372036854775808"],
    ["NAME", "O'HARA", "who", "NAME    = 'O''HARA '           / who"],
    ["EMPTY", "", "", "EMPTY   = ''"],
    ["NOTHING", undefined, "yet", "NOTHING =                      / yet"],
    ["CPLX", { re: 1, im: -2.5 }, "", "CPLX    =          (1.0, -2.5)"],
    ["eso det win1 nx", 2048, "px", "HIERARCH ESO DET WIN1 NX = 2048 / px"],
    ["LONG", -1.2345678901234567e-100, "", "LONG    = -1.2345678901234567E-100"],
  ])("%s = %s", (keyword, value, comment, image) => {
    expect(written(keyword, value, comment)).toEqual([image]);
  });

  test("a long string goes on in CONTINUE cards without cutting a doubled quote, its comment behind it", () => {
    expect(written("LONGSTR", `${"x".repeat(66)}'${"y".repeat(68)}`, "why")).toEqual([
      `LONGSTR = '${"x".repeat(66)}&'`,
      `CONTINUE  '''${"y".repeat(65)}&'`,
      "CONTINUE  'yyy' / why",
    ]);
  });

  test("a comment too long for a string goes on as well; beside a number it is cut at column 80", () => {
    const comment = "s/c roll (deg., Solar north + CCW from nominal), from the attitude file";
    expect(reread(Card.of("NAME", "abc", comment)).comment).toBe(comment);
    expect(Card.of("SC_ROLL", 1.5, comment).image).toBe(`SC_ROLL =                  1.5 / ${comment}`.slice(0, 80));
  });

  test.each<[string, CardValue, string]>([
    ["NOTNUM", Number.NaN, ""],
    ["INFINITE", real(Number.POSITIVE_INFINITY), ""],
    ["UMLAUT", "Grüße", ""],
    ["NEWLINE", "a\nb", ""],
    ["COMMENTED", 1, "Å"],
    ["END", 1, ""],
    ["CONTINUE", "x", ""],
    ["A=B", 1, ""],
    ["X".repeat(80), 1, ""],
    ["TOO BIG", 10n ** 80n, ""],
    ["HISTORY", "x".repeat(73), ""],
  ])("%s = %s is refused by name", (keyword, value, comment) => {
    expect(() => Card.of(keyword, value, comment)).toThrow(
      expect.objectContaining({ code: "FITS_CARD_INVALID", disposition: "invalid", fields: { keyword } }),
    );
  });
});

const ascii = fc.string({
  unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)),
  maxLength: 300,
});
const keywords = fc
  .oneof(fc.stringMatching(/^[A-Z0-9_-]{1,8}$/), fc.stringMatching(/^[A-Z0-9_-]{1,6}( [A-Z0-9_-]{1,4}){1,2}$/))
  .filter(
    (keyword) =>
      !["END", "CONTINUE", "COMMENT", "HISTORY", "HIERARCH"].includes(keyword) && !keyword.startsWith("HIERARCH "),
  );
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe("a card written and read again", () => {
  test("says the same value, whatever its type", () => {
    const values = fc.oneof(
      ascii,
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      finite.map((value) => real(value)),
      fc.record({ re: finite, im: finite }),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(keywords, values, (keyword, value) => {
        const again = reread(Card.of(keyword, value));
        const small = typeof value === "bigint" && value === BigInt.asIntN(53, value) ? Number(value) : value;
        expect(again.keyword).toBe(keyword);
        expect(again.value).toEqual(typeof small === "string" ? small.replace(/ +$/, "") : small);
      }),
      { numRuns: 2000, seed: 4 },
    );
  });

  test("says the same comment beside a string", () => {
    const comments = ascii.map((text) =>
      text
        .split(/\s+/)
        .map((word) => word.slice(0, 60))
        .join(" ")
        .trim(),
    );
    fc.assert(
      fc.property(keywords, ascii, comments, (keyword, value, comment) => {
        const again = reread(Card.of(keyword, value, comment));
        expect(again.value).toBe(value.replace(/ +$/, ""));
        expect(again.comment).toBe(comment);
      }),
      { numRuns: 2000, seed: 5 },
    );
  });
});
