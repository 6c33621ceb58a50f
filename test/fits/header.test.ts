import { describe, expect, test } from "vitest";
import { real } from "../../src/core/scalar.ts";
import { Card, encodeHeader, Header, parseHeader } from "../../src/fits/index.ts";

/** The habits of an old solar archive: blank cards, comments on blank-keyword lines, strings padded in their quotes. */
const oddLines = [
  "SIMPLE  =                    T / conforms to FITS standard",
  "BITPIX  =                  -64 / array data type",
  "NAXIS   =                    0",
  "",
  "DATE    = '2004-03-01'         / Date of file creation",
  "TIME-OBS= '00:00:10'           /",
  "DATASRC = 'LZ file           ' /",
  "",
  "WAVELNTH=                  195 / 171 = Fe IX/X, 195 = Fe XII,",
  "                               / 284 = Fe XV, 304 = He II",
  "EXPTIME =               13.000 / s (total commanded + shutter close)",
  "SC_ROLL =               180.00 / s/c roll (deg., Solar north + CCW from nominal)",
  "ODD     =  'free format'/no blank before this",
  "LONGSTR = 'begins &'           / a",
  "CONTINUE  'and ends'           / b",
  "HIERARCH eso det win1 nx = 2048",
  "",
  "COMMENT   SHUTTER CLOSE TIME =    3.000 s",
  "COMMENT   N_MISSING_BLOCKS =    1",
  "EXPTIME =                 99.0 / a second one",
  "",
  "",
  "HISTORY   Version 4.0, 2001 December 10",
  "END",
];
const oddBytes = () =>
  Buffer.from(
    oddLines
      .map((line) => line.padEnd(80))
      .join("")
      .padEnd(2880),
    "latin1",
  );
const oddHeader = () => parseHeader(oddBytes(), "odd.fits");
const linesOf = (header: Header) =>
  header.cards.flatMap((card) => card.image.match(/.{80}/g) ?? []).map((line) => line.trimEnd());

describe("a header", () => {
  test("read and written untouched is the same byte for byte", () => {
    expect(Buffer.from(encodeHeader(oddHeader())).equals(oddBytes())).toBe(true);
  });

  test("changes the card that is set in its place, with its comment, and no other byte", () => {
    const header = oddHeader().set("exptime", real(10));
    const expected = oddLines.slice(0, -1);
    expected[10] = "EXPTIME =                 10.0 / s (total commanded + shutter close)";
    expect(linesOf(header)).toEqual(expected);
  });

  test("leaves the bytes alone when the value is the same already", () => {
    const header = oddHeader().set("EXPTIME", real(13)).set("WAVELNTH", 195).set("LONGSTR", "begins and ends");
    expect(linesOf(header)).toEqual(oddLines.slice(0, -1));
  });

  test("knows the integer 13 from the real 13.0", () => {
    expect(linesOf(oddHeader().set("EXPTIME", 13))[10]).toContain("=                   13 /");
  });

  test("replaces a comment where one is given", () => {
    expect(oddHeader().set("EXPTIME", real(13), "s").card("EXPTIME")?.comment).toBe("s");
  });

  test("a new card goes before the checksums, which stay last", () => {
    const header = new Header([Card.of("A", 1), Card.of("CHECKSUM", "x"), Card.of("DATASUM", "1")]);
    expect(header.set("B", 2).cards.map((card) => card.keyword)).toEqual(["A", "B", "CHECKSUM", "DATASUM"]);
  });

  test("puts a new card behind the last one with a value, or behind its anchor, or at the end", () => {
    const header = oddHeader().set("NEW1", 1).setAfter("WAVELNTH", "NEW2", 2).append(Card.of("NEW3", 3));
    const lines = linesOf(header);
    expect(lines.indexOf("NEW1    =                    1")).toBe(
      lines.findIndex((line) => line.startsWith("EXPTIME =                 99.0")) + 1,
    );
    expect(lines[9]).toBe("NEW2    =                    2");
    expect(lines.at(-1)).toBe("NEW3    =                    3");
  });

  test("setAfter keeps the place of a card that exists", () => {
    expect(linesOf(oddHeader().setAfter("SIMPLE", "EXPTIME", real(1)))[10]).toMatch(/^EXPTIME =\s+1\.0 /);
  });

  test("inserts cards behind an anchor in their order", () => {
    const header = oddHeader().insertAfter("DATE", Card.of("A", 1), Card.of("B", 2));
    expect(header.cards.slice(4, 8).map((card) => card.keyword)).toEqual(["DATE", "A", "B", "TIME-OBS"]);
  });

  test("deletes every card of a keyword, and says whether there was one", () => {
    const header = oddHeader();
    expect([header.delete("EXPTIME"), header.has("EXPTIME"), header.delete("EXPTIME")]).toEqual([true, false, false]);
    expect(header.cards).toHaveLength(oddLines.length - 1 - 2 - 1);
  });

  test("adds history and comments behind their like, wrapped at words", () => {
    const header = oddHeader().addHistory("pedestal removed ".repeat(6)).addComment("one\ntwo");
    expect(header.history).toEqual([
      "  Version 4.0, 2001 December 10",
      "pedestal removed pedestal removed pedestal removed pedestal removed",
      "pedestal removed pedestal removed",
    ]);
    expect(header.comments).toEqual(["  SHUTTER CLOSE TIME =    3.000 s", "  N_MISSING_BLOCKS =    1", "one", "two"]);
    expect(header.cards.find((card) => card.value === "one")).toBe(
      header.cards[header.cards.findIndex((card) => card.value === "  N_MISSING_BLOCKS =    1") + 1],
    );
  });

  test("a clone changes by itself", () => {
    const header = oddHeader();
    header.clone().set("EXPTIME", real(1)).delete("DATE");
    expect(linesOf(header)).toEqual(oddLines.slice(0, -1));
  });

  test("is made from a record, values alone or with comments", () => {
    const header = Header.from({
      OBJECT: "Sun",
      EXPTIME: [real(2), "s"],
      "ESO X": 1,
      HISTORY: "made",
      GONE: undefined,
    });
    expect(linesOf(header)).toEqual([
      "OBJECT  = 'Sun     '",
      "EXPTIME =                  2.0 / s",
      "HIERARCH ESO X = 1",
      "GONE    =",
      "HISTORY made",
    ]);
  });
});

describe("typed access", () => {
  const header = Header.from(
    { I: 3, R: 2.5, W: real(4), S: "text", L: true, B: 2n ** 60n, U: undefined, C: { re: 1, im: 2 } },
    "a.fits",
  );

  test("gives values of the type that was asked for", () => {
    expect([header.number("I"), header.number("R"), header.number("W"), header.number("B")]).toEqual([
      3,
      2.5,
      4,
      2 ** 60,
    ]);
    expect([header.integer("I"), header.string("s"), header.logical("L")]).toEqual([3, "text", true]);
    expect([header.get("W"), header.get("U"), header.has("U"), header.get("NONE"), header.get("C")]).toEqual([
      real(4),
      undefined,
      true,
      undefined,
      "(1.0, 2.0)",
    ]);
  });

  test("names key and file of what is missing", () => {
    expect(() => header.number("none")).toThrow("The header of a.fits has no card NONE.");
    expect(() => header.string("NONE")).toThrow(
      expect.objectContaining({ code: "FITS_KEY_MISSING", fields: { key: "NONE", file: "a.fits" } }),
    );
    expect(() => header.setAfter("NONE", "X", 1)).toThrow(expect.objectContaining({ code: "FITS_KEY_MISSING" }));
  });

  test.each([
    [
      "a real as integer",
      () => header.integer("W"),
      "The card W of the header of a.fits holds the real 4.0; expected an integer.",
    ],
    [
      "a long integer as integer",
      () => header.integer("B"),
      "holds the integer 1152921504606846976; expected an integer within",
    ],
    ["a string as number", () => header.number("S"), 'holds the string "text"; expected a number.'],
    ["a number as string", () => header.string("I"), "holds the integer 3; expected a string."],
    ["a string as logical", () => header.logical("S"), "expected a logical."],
    ["an undefined value", () => header.number("U"), "holds no value; expected a value."],
    ["a complex as number", () => header.number("C"), "holds the complex (1.0, 2.0); expected a number."],
  ])("refuses %s", (_, get, message) => {
    expect(get).toThrow(message);
    expect(get).toThrow(expect.objectContaining({ code: "FITS_KEY_TYPE" }));
  });

  test("names the file of a card that is no FITS value", () => {
    const bad = parseHeader(
      Buffer.from(["EXPTIME = 1.5x", "END"].map((line) => line.padEnd(80)).join(""), "latin1"),
      "b.fits",
    );
    expect(() => bad.number("EXPTIME")).toThrow('b.fits: The card EXPTIME holds no FITS value: "EXPTIME = 1.5x".');
    expect(bad.set("EXPTIME", 1.5).number("EXPTIME")).toBe(1.5);
  });
});

describe("parseHeader", () => {
  test.each<[string, Buffer, string]>([
    ["no END card", oddBytes().subarray(0, 80 * 10), "FITS_TRUNCATED"],
    ["a keyword with a byte outside of ASCII", Buffer.from(oddBytes().fill(0xb0, 163, 164)), "FITS_INVALID"],
    ["a keyword with a NUL", Buffer.from(oddBytes().fill(0, 322, 323)), "FITS_INVALID"],
    ["characters behind END", Buffer.from(`${"END".padEnd(80)}`.replace(/ $/, "x"), "latin1"), "FITS_INVALID"],
  ])("refuses %s and names the file", (_, bytes, code) => {
    expect(() => parseHeader(bytes, "c.fits")).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining("c.fits") }),
    );
  });

  test("keeps bytes outside of ASCII in values and comments, as some telescopes write them", () => {
    const cards = [
      "SIMPLE  =                    T",
      "TEMP    =                 12.5 / [\xb0C]\tinside",
      "COMMENT \xe9t\xe9\0",
    ];
    cards.push("OBSERVER= 'Ren\xe9    '", "EXPTIME =                1\xb2", "END");
    const bytes = Buffer.from(
      cards
        .map((card) => card.padEnd(80))
        .join("")
        .padEnd(2880),
      "latin1",
    );
    const header = parseHeader(bytes, "c.fits");
    expect(header.number("TEMP")).toBe(12.5);
    expect(header.card("TEMP")?.comment).toBe("[°C]\tinside");
    expect(header.get("OBSERVER")).toBe("René");
    expect(header.comments).toEqual(["été\0"]);
    expect(() => header.get("EXPTIME")).toThrow(expect.objectContaining({ code: "FITS_CARD_INVALID" }));
    expect(Buffer.from(encodeHeader(header.cards))).toEqual(bytes);
  });
});

test("the same complex value leaves a card's bytes alone", () => {
  const header = new Header([Card.parse("PAIR    = (1.0,2.0) / both".padEnd(80))]);
  const before = header.card("PAIR")?.image;
  header.set("PAIR", { re: 1, im: 2 });
  expect(header.card("PAIR")?.image).toBe(before);
  expect(header.set("PAIR", { re: 1, im: 3 }).card("PAIR")?.value).toMatchObject({ re: 1, im: 3 });
});

test("a HIERARCH card with a short name stays one, beside the ordinary card of that name", () => {
  const texts = ["HIERARCH EXPTIME = 5 / s", "EXPTIME =                    7"];
  const header = new Header(texts.map((text) => Card.parse(text.padEnd(80)))).set("EXPTIME", 9);
  expect(header.cards.map(({ image }) => image.trimEnd())).toEqual(["HIERARCH EXPTIME = 9 / s", texts[1]]);
  expect(header.get("EXPTIME")).toBe(9);
});
