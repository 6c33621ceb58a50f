import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPythonJson, type PythonJson, parsePythonJson, plainJson } from "../../src/core/python-json.ts";
import { Real, real } from "../../src/core/scalar.ts";

describe("spelling as Python does", () => {
  test.each<[unknown, string]>([
    [1, "1"],
    [real(1), "1.0"],
    [real(-0), "-0.0"],
    [0.1, "0.1"],
    [1e-5, "1e-05"],
    [real(1e16), "1e+16"],
    [2n ** 70n, "1180591620717411303424"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [real(Number.NEGATIVE_INFINITY), "-Infinity"],
    [null, "null"],
    [true, "true"],
    [[], "[]"],
    [{}, "{}"],
    [[1, [2, "a"]], '[1, [2, "a"]]'],
    [{ b: 1, a: [real(2)], gone: undefined }, '{"b": 1, "a": [2.0]}'],
    ['Grüße \u{1f31e} \u007f\n\t"\\/\u0001\b', '"Gr\\u00fc\\u00dfe \\ud83c\\udf1e \\u007f\\n\\t\\"\\\\/\\u0001\\b"'],
  ])("%o", (value, text) => {
    expect(formatPythonJson(value)).toBe(text);
  });

  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["undefined in an array", [undefined]],
    ["a hole in an array", new Array(1)],
    ["a function", () => 1],
    ["a date", new Date(0)],
    ["a map", new Map()],
  ])("%s is refused", (_, value) => {
    expect(() => formatPythonJson(value)).toThrow(expect.objectContaining({ code: "JSON_INVALID" }));
  });

  test.each<[unknown, string]>([
    [undefined, ""],
    [[1, [2, undefined]], "[1][1]"],
    [{ a: Object.assign([1], { length: 2 }) }, "a[1]"],
    [[Object.create(Object.create(null))], "[0]"],
    [{ a: [1, new Date(0)] }, "a[1]"],
    [{ a: { b: { "a b": () => 1 } } }, 'a.b["a b"]'],
    [[{ x: new Map() }], "[0].x"],
  ])("with its place: %o", (value, place) => {
    expect(() => formatPythonJson(value)).toThrow(
      expect.objectContaining({ fields: expect.objectContaining({ place }) }),
    );
  });

  test("a value that contains itself is refused", () => {
    const self: unknown[] = [];
    self.push({ self });
    expect(() => formatPythonJson(self)).toThrow("contains itself");
    const twice = { a: 1 };
    expect(formatPythonJson([twice, twice])).toBe('[{"a": 1}, {"a": 1}]');
  });

  test("NaN is refused where it is not allowed", () => {
    expect(() => formatPythonJson([Number.NaN], { allowNaN: false })).toThrow("NaN is not allowed");
    expect(() => formatPythonJson(real(Number.POSITIVE_INFINITY), { allowNaN: false })).toThrow(
      "Infinity is not allowed",
    );
  });
});

describe("reading", () => {
  test.each<[string, PythonJson]>([
    ["1", 1],
    ["-0", 0],
    ["1.0", real(1)],
    ["1e5", real(1e5)],
    ["1.5E-3", 0.0015],
    ["9007199254740993", 9007199254740993n],
    ["-9007199254740993", -9007199254740993n],
    ["NaN", Number.NaN],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    [' { "a" : [ 1 , null ] ,\n"b":{} } ', { a: [1, null], b: {} }],
    ['"\\u00fc \\ud83c\\udf1e \\n"', "ü \u{1f31e} \n"],
    ['{"a": 1, "a": 2}', { a: 2 }],
  ])("%s", (text, value) => {
    expect(parsePythonJson(text)).toEqual(value);
  });

  test("an own key __proto__ is a key like any other", () => {
    const value = parsePythonJson('{"__proto__": 1}') as object;
    expect([Object.keys(value), Object.getPrototypeOf(value)]).toEqual([["__proto__"], Object.prototype]);
  });

  test.each([
    "",
    " ",
    "nul",
    "01",
    "1.",
    ".5",
    "+1",
    "[1,]",
    "[1 2]",
    '{"a"}',
    "{a: 1}",
    '"open',
    '"a\nb"',
    '"\\x"',
    "1 2",
    "[",
    "{",
    "--1",
    "inf",
  ])("%s is refused with its offset", (text) => {
    expect(() => parsePythonJson(text)).toThrow(/^This is no JSON: .* at offset \d+\.$/);
  });

  test("endless nesting is refused before the stack ends", () => {
    expect(() => parsePythonJson("[".repeat(1_000_000))).toThrow("nested too deep");
  });
});

test("what is written is read back the same, reals and integers apart", () => {
  const scalar = fc.oneof(
    fc.maxSafeInteger(),
    fc.bigInt().filter((value) => value !== BigInt.asIntN(53, value)),
    fc.double().map((value) => real(value)),
    fc.string({ unit: "binary" }),
    fc.boolean(),
    fc.constant(null),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: "small" }, scalar, fc.array(tie("tree")), fc.dictionary(fc.string(), tie("tree"))),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      const again = parsePythonJson(formatPythonJson(value));
      expect(again).toEqual(withPrototypes(value));
    }),
    { numRuns: 1000, seed: 7 },
  );
});

test("plainJson turns reals into numbers", () => {
  expect(plainJson([real(1), { a: real(2), b: 3n }])).toEqual([1, { a: 2, b: 3n }]);
});

/** Dictionaries of fast-check have no prototype; everything else stays. */
function withPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPrototypes);
  if (typeof value !== "object" || value === null || value instanceof Real) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withPrototypes(item)]));
}
