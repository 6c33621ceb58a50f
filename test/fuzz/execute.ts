import { bytesSource } from "../../src/core/byte-source.ts";
import { isFirstlightError } from "../../src/core/errors.ts";
import { openFits, readImage, readTable, verifyFits } from "../../src/fits/index.ts";
import { randomFrom } from "../fits/random.ts";
import { mutate } from "./mutate.ts";
import type { CodecName, SeedFile, Structure } from "./seed-files.ts";

export const fileName = "damaged.fits";

/** What became of one damaged file. */
export interface Execution {
  readonly codec: CodecName;
  readonly structure: Structure;
  readonly outcome: "read" | "refused";
}

/** Something that must never happen; with the number of the execution it can be had again. */
export class FuzzFinding extends Error {}

/** What a reader may ask for: a few tiles too many of a tiny file, else no more than its best compression can stand for. */
const [leastBytes, mostPerByte] = [64 * 2 ** 20, 1100];

/** Codecs and structures take turns, so that each has its share; what is changed follows from seed and number alone. */
export async function execute(seeds: readonly SeedFile[], seed: number, number: number): Promise<Execution> {
  const { file, structure } = turnOf(seeds, number);
  const random = randomFrom(Math.imul(seed, 0x9e3779b1) ^ number);
  const outcome = await examine(mutate(file, structure, random), file.codec, number);
  return { codec: file.codec, structure, outcome };
}

/** Reads all that a file holds. @throws FuzzFinding for what must not happen */
export async function examine(bytes: Uint8Array, codec: CodecName, number: number): Promise<Execution["outcome"]> {
  const source = bytesSource(bytes, fileName);
  let outcome: Execution["outcome"] = "read";
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      requireNamed(error, codec, number);
      outcome = "refused";
      return undefined;
    }
  };
  const opened = await attempt(() => openFits(source));
  for (const hdu of opened?.hdus ?? []) {
    if (hdu.type === "image" && hdu.dataSizeBytes > 0) {
      const image = await attempt(() => readImage(source, hdu.index));
      requireBounded(image?.data.byteLength ?? 0, bytes.length, number);
    } else if (hdu.type === "binaryTable" || hdu.type === "asciiTable") {
      await attempt(() => readTable(source, hdu.index));
    }
  }
  if (number % 16 === 0) await attempt(() => verifyFits(source));
  return outcome;
}

/** Round and round over the codecs; in each over its files, in each file over its structures. */
export function turnOf(
  seeds: readonly SeedFile[],
  number: number,
): { readonly file: SeedFile; readonly structure: Structure } {
  const names = [...new Set(seeds.map(({ codec }) => codec))];
  const files = seeds.filter(({ codec }) => codec === names[number % names.length]);
  const round = Math.floor(number / names.length);
  const file = files[round % files.length] as SeedFile;
  const own = Object.keys(file.ranges) as Structure[];
  return { file, structure: own[Math.floor(round / files.length) % own.length] as Structure };
}

function requireNamed(error: unknown, codec: CodecName, number: number): void {
  if (!isFirstlightError(error)) throw new FuzzFinding(`execution ${number}: ${String(error)}`, { cause: error });
  const { code, message, fields } = error;
  const isPlaced = typeof fields.hdu === "number" && typeof fields.offset === "number";
  // Of a gzip file that cannot be unpacked nothing is known but its name.
  const needsPlace = codec !== "gzip file" && !["FITS_UNSUPPORTED", "FITS_NO_HDU"].includes(code);
  if (message.includes(fileName) && (isPlaced || !needsPlace)) return;
  throw new FuzzFinding(`execution ${number}: an error that does not say where: ${code} ${message}`, { cause: error });
}

function requireBounded(resultBytes: number, fileBytes: number, number: number): void {
  if (resultBytes <= Math.max(leastBytes, mostPerByte * fileBytes)) return;
  throw new FuzzFinding(`execution ${number}: ${resultBytes} bytes out of a file of ${fileBytes}`);
}
