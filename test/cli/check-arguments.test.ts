import { expect, test } from "vitest";
import { checkArguments } from "../../src/cli/check-arguments.ts";
import { cut } from "../../src/cli/fits/cut.ts";
import { planArguments, workflowArguments } from "../../src/cli/workflow-arguments.ts";

const check = (line: string) => () => checkArguments("run", line === "" ? [] : line.split(" "), workflowArguments);

test.each([
  "w.ts --input a --output b",
  "w.ts --recipe-run 3",
  "--input a w.ts --output=b --json",
  "w.ts --input=-a --output b --workers 3 --fresh --keep-scratch --in-process",
])("firstlight run %s is understood", (line) => {
  expect(check(line)).not.toThrow();
});

test.each([
  ["", "FILE is missing. See 'firstlight run --help'."],
  ["w.ts --input a --output b --frehs", "There is no flag --frehs. Did you mean --fresh?"],
  ["w.ts --input a --output b -j", "There is no flag -j."],
  ["w.ts --input a --output b --no-json", "There is no flag --no-json."],
  ["w.ts --input --output b", "--input needs a value: --input DIR."],
  ["w.ts --input a --output", "--output needs a value: --output DIR."],
  ["w.ts --input a --output=", "--output needs a value: --output DIR."],
  ["w.ts --input a --input c --output b", "--input is given twice."],
  ["w.ts --input a --output b --json=yes", "--json takes no value."],
  ["w.ts x.ts --input a --output b", "'x.ts' is one argument too many."],
  ["w.ts --input a --output b -- --fresh", "'--fresh' is one argument too many."],
])("firstlight run %s is refused", (line, message) => {
  expect(check(line)).toThrow(expect.objectContaining({ code: "USAGE", message: expect.stringContaining(message) }));
});

test("a flag that is always needed is missed", () => {
  const check = () => checkArguments(cut.name, ["a.fits", "b.fits"], cut.args);
  expect(check).toThrow("--section [X1:X2,Y1:Y2] is missing. See 'firstlight fits cut --help'.");
});

test.each(["--workers 2", "--keep-scratch"])(
  "%s is a flag of run, and none of plan, where it could do nothing",
  (flag) => {
    const line = `w.ts --input a --output b ${flag}`;
    expect(check(line)).not.toThrow();
    expect(() => checkArguments("plan", line.split(" "), planArguments)).toThrow(`no flag ${flag.split(" ")[0]}`);
  },
);
