import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openFile } from "../../src/core/file.ts";
import { openFits, readSection } from "../../src/fits/index.ts";
import { readPixels } from "../../src/fits/read-image.ts";
import { ask, describeWith, numpy } from "./fits-oracle.ts";

interface ByHand {
  readonly file: string;
  readonly shape: readonly number[];
  readonly pixels: string;
}

/** A box in the middle, which cuts through tiles. */
function boxOf(shape: readonly number[]) {
  return shape.map((length) => ({
    start: Math.floor(length / 3),
    stop: Math.max(Math.floor(length / 3) + 1, length - 1),
  }));
}

function insideOf(box: ReturnType<typeof boxOf>, shape: readonly number[]): readonly number[] {
  return shape.reduce<readonly number[]>(
    (places, length, axis) =>
      places.flatMap((place) => {
        const { start, stop } = box[axis]!;
        return Array.from({ length: stop - start }, (_, i) => place * length + start + i);
      }),
    [0],
  );
}

describeWith(numpy, () => {
  test("images compressed by hand are read as the standard has them, whole and in part", {
    timeout: 60_000,
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "firstlight-by-hand-"));
    try {
      const program = fileURLToPath(new URL("fits-tiles-by-hand.py", import.meta.url));
      const files = JSON.parse(ask(numpy, [program, folder])) as ByHand[];
      expect(files.length).toBe(87);
      for (const { file, shape, pixels } of files) {
        await using source = await openFile(join(folder, file));
        const { hdus } = await openFits(source);
        const image = await readPixels(source, hdus[1]!, { as: "float64" });
        const truth = new Float64Array(new Uint8Array(Buffer.from(pixels, "base64")).buffer);
        expect(image.shape, file).toEqual(shape);
        expect(image.data, file).toEqual(truth);
        const box = boxOf(shape);
        const part = await readSection(source, box, 1);
        const whole = await readPixels(source, hdus[1]!);
        expect(Array.from(part.data as Float64Array), file).toEqual(insideOf(box, shape).map((at) => whole.data[at]));
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
