import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readParametersFile } from "../../src/cli/parameters-file.ts";
import { parseParameters } from "../../src/services/input-dataset.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-parameters-"));
  path = join(folder, "parameters.json");
});
afterEach(() => rm(folder, { recursive: true }));

test("names and values become parameters that are always in force", async () => {
  await writeFile(path, '{"threshold": 2.5, "bad_pixels": [[1, 2]]}');
  const { document } = await readParametersFile(path);
  const [threshold, badPixels] = parseParameters(document);
  expect(threshold).toMatchObject({ parameterName: "threshold", parameterValues: [{ parameterValue: 2.5 }] });
  expect(threshold?.parameterValues[0]?.parameterValueStartDate.getUTCFullYear()).toBe(1);
  expect(badPixels).toMatchObject({ parameterName: "bad_pixels", parameterValues: [{ parameterValue: [[1, 2]] }] });
});

test("a document of an input dataset stays as it is, and another digest tells that it has changed", async () => {
  const document = (value: string) =>
    JSON.stringify([{ parameterName: "gain", parameterValues: [{ parameterValueId: 1, parameterValue: value }] }]);
  await writeFile(path, document("1"));
  const first = await readParametersFile(path);
  expect(first.document).toBe(document("1"));
  await writeFile(path, document("2"));
  expect((await readParametersFile(path)).digest).not.toBe(first.digest);
});

test.each([
  ["no JSON", "{", /cannot be read/],
  ["a list of something else", "[1]", /PARAMETERS|object/],
  ["a text", '"gain"', /cannot be read/],
])("%s is refused with the file and the form that is wanted", async (_name, text, problem) => {
  await writeFile(path, text);
  await expect(readParametersFile(path)).rejects.toMatchObject({
    code: "PARAMETERS_FILE",
    disposition: "invalid",
    message: expect.stringMatching(problem),
  });
  await expect(readParametersFile(path)).rejects.toThrow(`${path} cannot be read`);
});
