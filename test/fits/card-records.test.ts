import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeHeader, type Header, parseHeader } from "../../src/fits/index.ts";

const read = (...lines: readonly string[]): Header =>
  parseHeader(Buffer.from([...lines, "END"].map((line) => line.padEnd(80)).join(""), "latin1"));

test("a keyword that stands in small letters is found, and the first of two spellings counts", () => {
  const header = read(
    "exptime =                  1.5",
    "EXPTIME =                  2.5",
    "gain{~_ =                    3",
  );
  expect(header.get("EXPTIME")).toBe(1.5);
  expect(header.get("ExpTime")).toBe(1.5);
  expect(header.get("GAIN{~_")).toBe(3);
  expect(header.has("GAIN[^_")).toBe(false);
});

test("a HIERARCH card and a short one of the same keyword: the first counts", () => {
  const [long, short] = ["HIERARCH GAIN = 1", "GAIN    =                    2"];
  expect(read(long, short).get("GAIN")).toBe(1);
  expect(read(short, long).get("GAIN")).toBe(2);
  expect(read(long, "HIERARCH ESO DET DIT = 2.5", short).get("HIERARCH ESO DET DIT")).toBe(2.5);
});

test("blank keywords, comments and keywords that no card can have", () => {
  const header = read("", "COMMENT one", "COMMENT two", "A       =                    1");
  expect(header.card("COMMENT")?.value).toBe("one");
  expect(header.card("")?.isCommentary).toBe(true);
  expect([header.has("ŁA"), header.has("ABCDEFGHI"), header.has("CONTINUE")]).toEqual([false, false, false]);
});

test("a card that was looked up is the one among all cards, also where it is changed afterwards", () => {
  const header = read("A       =                    1 / first", "B       =                    2");
  const card = header.card("A");
  expect(header.cards[0]).toBe(card);
  header.set("A", 5);
  expect([header.get("A"), header.get("B"), header.cards.length]).toEqual([5, 2, 2]);
  expect(header.card("A")?.comment).toBe("first");
});

test("whatever the keywords, the first card of each is found, and the bytes stay", () => {
  const keyword = fc.stringMatching(/^[A-Z0-9_-]{1,8}$/).filter((name) => !["END", "CONTINUE"].includes(name));
  fc.assert(
    fc.property(fc.array(keyword, { maxLength: 300 }), (keywords) => {
      const lines = keywords.map((name, i) => `${name.padEnd(8)}= ${String(i).padStart(20)}`);
      const header = read(...lines);
      for (const name of keywords) {
        const isText = ["COMMENT", "HISTORY", "HIERARCH"].includes(name);
        if (!isText) expect(header.get(name)).toBe(keywords.indexOf(name));
      }
      const bytes = Buffer.from(encodeHeader(header)).toString("latin1");
      expect(bytes.startsWith(lines.map((line) => line.padEnd(80)).join(""))).toBe(true);
    }),
    { numRuns: 100, seed: 1 },
  );
});

test("headers of one layout share what they say in the same characters, and nothing else", () => {
  const lines = (value: number): string[] => [
    "OBJECT  = 'Sun     '",
    `VALUE   = ${String(value).padStart(20)}`,
    `HIERARCH ESO VALUE = ${value}`,
  ];
  const [first, second, third] = [read(...lines(1)), read(...lines(2)), read(...lines(1))];
  for (const [header, value] of [
    [first, 1],
    [second, 2],
    [third, 1],
    [second, 2],
  ] as const) {
    expect([header.get("OBJECT"), header.get("VALUE"), header.get("ESO VALUE")]).toEqual(["Sun", value, value]);
  }
  expect(second.card("OBJECT")).toBe(first.card("OBJECT"));
  // Also what one in between had otherwise.
  expect(third.card("VALUE")).toBe(first.card("VALUE"));
  expect(second.card("VALUE")).not.toBe(first.card("VALUE"));
  second.set("OBJECT", "Moon");
  expect([first.get("OBJECT"), second.get("OBJECT"), third.get("OBJECT")]).toEqual(["Sun", "Moon", "Sun"]);
  expect(read(...lines(1).reverse()).get("VALUE")).toBe(1);
});
