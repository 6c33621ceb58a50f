import { readFile } from "node:fs/promises";
import { bytesSource } from "../../src/core/byte-source.ts";

const folder = new URL("../fixtures/fits/", import.meta.url);

/** A file of test/fixtures/fits, and the truth that astropy wrote beside it as little-endian float64. */
export async function readCase(name: string) {
  const bytes = new Uint8Array(await readFile(new URL(`${name}.fits`, folder)));
  return { bytes, source: bytesSource(bytes, `${name}.fits`), truth: await readTruth(name) };
}

async function readTruth(name: string): Promise<Float64Array> {
  const bytes = await readFile(new URL(`${name}.f64`, folder)).catch(() => Buffer.alloc(0));
  return new Float64Array(new Uint8Array(bytes).buffer);
}
