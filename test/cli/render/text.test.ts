import { describe, expect, test } from "vitest";
import { bar } from "../../../src/cli/render/bar.ts";
import { count, formatBytes } from "../../../src/cli/render/count.ts";
import { formatClock, formatDuration } from "../../../src/cli/render/duration.ts";
import { plainStyle, styleOf } from "../../../src/cli/render/style.ts";
import { table } from "../../../src/cli/render/table.ts";
import { clip, oneLine, pad, verbatimLine, widthOf, wrap } from "../../../src/cli/render/text-width.ts";

const colours = styleOf(true);

describe("text on a terminal", () => {
  test("colours take no column", () => {
    expect(widthOf(colours.red("abc"))).toBe(3);
    expect(pad(colours.red("abc"), 5, "right")).toBe(`  ${colours.red("abc")}`);
  });

  test("a line that is cut keeps its colours whole and ends them", () => {
    expect(clip(`${colours.red("abc")}def`, 5)).toBe("\u001b[31mabc\u001b[39md…\u001b[0m");
    expect(clip(colours.red("abcdef"), 3)).toBe("\u001b[31mab…\u001b[0m");
    expect(clip("abcdef", 6)).toBe("abcdef");
    expect(clip("abcdef", 0)).toBe("");
  });

  test("characters outside the basic plane are cut between, not through", () => {
    expect(clip("🌞🌞🌞🌞", 3)).toBe("🌞🌞…");
  });

  test("what would move the cursor is taken out of names and messages", () => {
    expect(oneLine("a\u001b[2Jb\r\nc\td\u0007")).toBe("ab c d�");
    expect(oneLine("  a   b \t\n c  ")).toBe("a b c");
    expect(verbatimLine("a   b \t\n c")).toBe("a   b c");
  });

  test("text wraps at spaces, and a longer word stays whole", () => {
    expect(wrap("the quick brown fox", 9)).toEqual(["the quick", "brown fox"]);
    expect(wrap("a /very/long/path b", 6)).toEqual(["a", "/very/long/path", "b"]);
    expect(wrap("one\ntwo", 80)).toEqual(["one", "two"]);
  });
});

describe("numbers for people", () => {
  test.each([
    [0, "0.0 s"],
    [59_949, "59.9 s"],
    [59_960, "1 min 00 s"],
    [125_000, "2 min 05 s"],
    [3_599_600, "1 h 00 min"],
    [3_720_000, "1 h 02 min"],
  ])("%d ms are %s", (elapsedMs, text) => {
    expect(formatDuration(elapsedMs)).toBe(text);
  });

  test.each([
    [7_999, "0:07"],
    [754_000, "12:34"],
    [3_723_000, "1:02:03"],
  ])("a clock shows %d ms as %s", (elapsedMs, text) => {
    expect(formatClock(elapsedMs)).toBe(text);
  });

  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [140_900, "141 kB"],
    [999_600, "1.0 MB"],
    [24_000_000, "24 MB"],
  ])("%d bytes are %s", (sizeBytes, text) => {
    expect(formatBytes(sizeBytes)).toBe(text);
  });

  test("nouns follow their number", () => {
    expect([count(1, "frame"), count(2, "frame"), count(0, "retry"), count(3, "match")]).toEqual([
      "1 frame",
      "2 frames",
      "0 retries",
      "3 matches",
    ]);
  });
});

describe("a bar", () => {
  test("is as wide as asked, however much is done", () => {
    expect([-1, 0, 0.5, 1, 2].map((share) => bar(share, 4, plainStyle))).toEqual([
      "────",
      "────",
      "━━──",
      "━━━━",
      "━━━━",
    ]);
  });
});

describe("a table", () => {
  const columns = [
    { title: "Task", flexible: true },
    { title: "Time", align: "right" },
  ] as const;
  const rows = [
    ["TransferL0Data", "1.0 s"],
    ["Parse", "12.5 s"],
  ];

  test("is as wide as its cells", () => {
    expect(table(columns, rows, { width: 80, style: plainStyle })).toEqual([
      "Task              Time",
      "TransferL0Data   1.0 s",
      "Parse           12.5 s",
    ]);
  });

  test("gives way in its flexible columns where the terminal is narrow", () => {
    expect(table(columns, rows, { width: 18, style: plainStyle })).toEqual([
      "Task          Time",
      "TransferL…   1.0 s",
      "Parse       12.5 s",
    ]);
  });

  test("stays readable where the terminal is narrower than that", () => {
    const lines = table(columns, rows, { width: 5, style: plainStyle });
    expect(lines[1]).toBe("Transfe…   1.0 s");
  });
});
