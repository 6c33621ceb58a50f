import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { shellWord } from "../../../src/cli/render/shell-word.ts";

test("a plain path stays as it is", () => {
  expect(shellWord("../data/scratch-1.0")).toBe("../data/scratch-1.0");
});

test.each(["sc ratch", "it's", "$HOME", "a;b", "~", "*", "", 'say "so"', "back\\slash", "two\nlines"])(
  "a shell reads %j back as one word",
  (word) => {
    expect(execFileSync("sh", ["-c", `printf %s ${shellWord(word)}`], { encoding: "utf8" })).toBe(word);
  },
);
