import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { array } from "../../src/codecs/index.ts";
import { openFile } from "../../src/core/file.ts";
import { formatPythonJson, parsePythonJson } from "../../src/core/python-json.ts";
import { real } from "../../src/core/scalar.ts";
import { randomFrom } from "../fits/random.ts";
import { ask, describeWith, numpy } from "./fits-oracle.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-oracle-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describeWith(numpy, () => {
  test("numpy.load reads our arrays, and numpy.save writes the very bytes that we do", async () => {
    const value = { data: Float64Array.of(1, -2.5, Number.NaN, 1e300, 0, 6), shape: [3, 2] };
    const ours = await array.encode(value);
    await writeFile(join(folder, "ours.npy"), ours);
    const program =
      "import numpy, sys; a = numpy.load(sys.argv[1] + '/ours.npy'); numpy.save(sys.argv[1] + '/theirs.npy', a); print(a.dtype, a.shape)";
    expect(ask(numpy, ["-c", program, folder]).trim()).toBe("float64 (3, 2)");
    await using file = await openFile(join(folder, "theirs.npy"));
    const theirs = new Uint8Array(file.sizeBytes);
    await file.read(0, theirs);
    expect(Buffer.from(theirs).equals(ours)).toBe(true);
    expect(await array.decode(file, { path: file.name })).toEqual(value);
  });

  test("json.loads and json.dumps say of our JSON what we said", async () => {
    const random = randomFrom(3);
    const reals = Array.from({ length: 2000 }, () => real((random() - 0.5) * 10 ** Math.floor(random() * 60 - 30)));
    const value = {
      reals,
      special: [
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        real(-0),
        real(1e16),
        real(1e22),
        real(5e-324),
        1e-5,
        0.0001,
      ],
      integers: [0, -1, 2 ** 53, 2n ** 100n, -(10n ** 40n)],
      text: ["Grüße \u{1f31e}", '\u0000\u001f\u007f\u0080"\\/', "\ud800"],
      nested: [{}, [], [[null, true, false]]],
    };
    const ours = formatPythonJson(value);
    await writeFile(join(folder, "ours.json"), ours);
    const program = "import json, sys; print(json.dumps(json.load(open(sys.argv[1]))))";
    const theirs = ask(numpy, ["-c", program, join(folder, "ours.json")]).trimEnd();
    expect(theirs.split(", ")).toEqual(ours.split(", "));
    expect(formatPythonJson(parsePythonJson(theirs))).toBe(ours);
  });
});
