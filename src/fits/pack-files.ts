import type { ByteSource } from "../core/byte-source.ts";
import { FirstlightError, messageOf } from "../core/errors.ts";
import { type FileNow, openFileNow } from "../core/file.ts";
import { type Portions, portions } from "../core/portions.ts";
import { shareWork, withWorkers } from "../core/share-work.ts";
import { kernelModule, useKernelModule } from "../kernels/kernels.ts";
import { fileProblem } from "./file-problem.ts";
import { type FileToPack, filesToPack } from "./files-to-pack.ts";
import { openFits } from "./open-fits.ts";
import { type PackToOptions, packFitsTo } from "./pack-fits.ts";
import type { TileCompression } from "./tiles/compression.ts";

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
  // What is none is refused where it would be used.
  if (typeof compression !== "object" || compression === null || Array.isArray(compression)) return compression;
  return Object.fromEntries(settings.map((name) => [name, compression[name]]));
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
