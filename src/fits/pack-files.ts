import { basename, dirname, join, resolve } from "node:path";
import { inspect } from "node:util";
import type { ByteSource } from "../core/byte-source.ts";
import { FirstlightError, messageOf } from "../core/errors.ts";
import { type FileNow, openFileNow, realPath } from "../core/file.ts";
import { type Portions, portions } from "../core/portions.ts";
import { shareWork, withWorkers } from "../core/share-work.ts";
import { kernelModule, useKernelModule } from "../kernels/kernels.ts";
import { fileProblem, fitsFileError } from "./file-problem.ts";
import { openFits } from "./open-fits.ts";
import { type PackToOptions, packFitsTo } from "./pack-fits.ts";
import type { TileCompression } from "./tiles/compression.ts";

/** A file to be packed, and where its packed copy is to be. */
export interface FileToPack {
  readonly from: string;
  readonly to: string;
}

type Packing = Pick<PackToOptions, "compression" | "overwrite" | "sync">;

interface SharedFiles {
  readonly kernels: object;
  readonly files: readonly FileToPack[];
  readonly packing: Packing;
  readonly portions: SharedArrayBuffer;
}

/**
 * Packs many files as `packFitsTo` packs one. Each is packed by one thread, which for files of some megabytes is faster than to have all
 * threads at one file after the other. Copies appear whole or not at all; those that were made before a failure stay.
 *
 * @param options `workers` are the threads, the calling one included; by default one
 *
 * @throws FirstlightError FITS_FILE for a file that cannot be read, a copy that cannot be written or is there already, two copies of
 * one name, and a copy in the place of another file that is to be packed; the errors of `openFits` and `packFitsTo`
 */
export async function packFiles(
  files: Iterable<FileToPack> | AsyncIterable<FileToPack>,
  options: PackToOptions = {},
): Promise<void> {
  const { compression, overwrite = false, sync = true, signal } = options;
  const list = await filesToPack(files, signal);
  const packing = copyOf({ compression: ownSettings(compression), overwrite, sync });
  const shared = portions(list.length);
  await withWorkers(options.workers, async (workers) => {
    const data: SharedFiles = { kernels: kernelModule(), files: list, packing, portions: shared.memory };
    const own = (): Promise<void> => packShare(list, packing, shared);
    await shareWork(workers, { module: import.meta.url, name: packInThread.name }, data, shared, own, signal);
  });
}

/** What the other threads do. */
export async function packInThread({ kernels, files, packing, portions: memory }: SharedFiles): Promise<void> {
  useKernelModule(kernels);
  await packShare(files, packing, portions(files.length, memory));
}

async function packShare(files: readonly FileToPack[], packing: Packing, shared: Portions): Promise<void> {
  for (let next = shared.next(); next !== undefined; next = shared.next()) {
    const file = files[next];
    if (file !== undefined) await packOne(file, packing, shared);
  }
}

async function packOne({ from, to }: FileToPack, packing: Packing, shared: Portions): Promise<void> {
  // Others have their turn while the copy is written.
  using source = opened(from);
  // A signal is not heard in another thread, and this is where each comes by.
  const stopping: ByteSource = {
    name: source.name,
    sizeBytes: source.sizeBytes,
    async read(offset, into) {
      shared.throwIfStopped();
      try {
        return source.readNow(offset, into);
      } catch (error) {
        throw fileProblem("read", from, error);
      }
    },
  };
  const fits = await openFits(stopping);
  try {
    await packFitsTo(to, fits, packing);
  } catch (error) {
    throw fileProblem("written", to, error);
  }
}

function opened(path: string): FileNow {
  try {
    return openFileNow(path);
  } catch (error) {
    throw fileProblem("read", path, error);
  }
}

/** The list, where every copy has a place of its own, and none is that of another file that is to be packed. */
async function filesToPack(
  files: Iterable<FileToPack> | AsyncIterable<FileToPack>,
  signal: AbortSignal | undefined,
): Promise<readonly FileToPack[]> {
  signal?.throwIfAborted();
  if (!isIterable(files)) throw noFile(files);
  const list: FileToPack[] = [];
  for await (const file of files) {
    signal?.throwIfAborted();
    if (typeof file?.from !== "string" || typeof file.to !== "string") throw noFile(file);
    list.push({ from: file.from, to: file.to });
  }
  const placeOf = placesInFolders();
  // A copy takes the place of a link, and that of the file that a link leads to.
  const sources = new Map(list.flatMap(({ from }) => [realPath(from), placeOf(from)].map((path) => [path, from])));
  const copies = new Map<string, string>();
  for (const { from, to } of list) {
    const place = placeOf(to);
    const before = copies.get(place);
    if (before !== undefined) {
      throw fitsFileError(`Of ${before} and of ${from} the copy would be ${to}. Give each a name of its own.`, to);
    }
    const replaced = sources.get(place);
    if (replaced !== undefined && replaced !== from) {
      throw fitsFileError(
        `The copy of ${from} would be ${to}, which is to be packed itself. Give it another name.`,
        to,
      );
    }
    copies.set(place, from);
  }
  return list;
}

/** Where paths lie whose last name is taken as it is: links among the folders are followed, each folder's once. */
function placesInFolders(): (path: string) => string {
  const folders = new Map<string, string>();
  return (path) => {
    const folder = dirname(resolve(path));
    const real = folders.get(folder) ?? realPath(folder);
    folders.set(folder, real);
    return join(real, basename(path));
  };
}

const settings = [
  "algorithm",
  "level",
  "step",
  "tile",
  "dither",
  "seed",
  "nan",
] as const satisfies readonly (keyof TileCompression)[];

/** The settings one by one: a copy for another thread leaves out what an object has from its class. */
function ownSettings(compression: Packing["compression"]): Packing["compression"] {
  if (typeof compression !== "object") return compression;
  return Object.fromEntries(settings.map((name) => [name, compression[name]]));
}

function isIterable(files: unknown): boolean {
  if (typeof files !== "object" || files === null) return false;
  return Symbol.iterator in files || Symbol.asyncIterator in files;
}

function noFile(found: unknown): FirstlightError {
  return fitsFileError(`Files to be packed are a list of { from, to }, two paths each; found ${inspect(found)}.`, "");
}

/** As other threads get it. Throws FITS_COMPRESSION for settings that hold what none can. */
function copyOf(packing: Packing): Packing {
  try {
    return structuredClone(packing);
  } catch (error) {
    throw new FirstlightError(
      "FITS_COMPRESSION",
      `The compression holds what no other thread can be given: ${messageOf(error)} Give numbers, texts and lists of them.`,
      { disposition: "invalid", cause: error },
    );
  }
}
