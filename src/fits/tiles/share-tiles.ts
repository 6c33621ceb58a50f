import type { NdArray, PixelArray } from "../../core/ndarray.ts";
import { type Portions, portions } from "../../core/portions.ts";
import { shareWork } from "../../core/share-work.ts";
import type { Handover, Workers } from "../../core/workers.ts";
import { kernelModule, useKernelModule } from "../../kernels/kernels.ts";
import type { TilePlan } from "./compression.ts";
import { checksumSeed, type EncodedTile, tileEncoder } from "./encode-tile.ts";
import { gatherTile } from "./gather-tile.ts";
import { tilesOf } from "./tile-grid.ts";

interface SharedTiles {
  readonly kernels: object;
  readonly plan: TilePlan;
  /** Over memory that threads share. */
  readonly pixels: PixelArray;
  readonly portionTiles: number;
  readonly portions: SharedArrayBuffer;
}

/** What one thread has encoded: portions of tiles, and the bytes of them all. */
interface EncodedPortions {
  readonly portions: readonly number[];
  readonly tiles: readonly (Omit<EncodedTile, "bytes"> & { readonly sizeBytes: number })[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface EncodedTiles {
  readonly tiles: readonly EncodedTile[];
  /** ZDITHER0 */
  readonly seed: number;
}

const portionsPerThread = 8;

/** Encodes the tiles of a whole image in several threads, each to what one alone makes of it. */
export async function encodeTiles(
  image: NdArray,
  plan: TilePlan,
  workers: Workers,
  signal: AbortSignal | undefined,
): Promise<EncodedTiles> {
  const seeded = withSeed(image, plan);
  const portionTiles = Math.ceil(plan.tileCount / (workers.threads * portionsPerThread));
  const own = portions(Math.ceil(plan.tileCount / portionTiles));
  const pixels = sharedCopy(image.data);
  const data: SharedTiles = {
    ...{ kernels: kernelModule(), plan: seeded, pixels, portionTiles },
    portions: own.memory,
  };
  const where = { module: import.meta.url, name: encodeInThread.name };
  const all = await shareWork(workers, where, data, own, async () => encodePortions(data, own), signal);
  const tiles = new Array<EncodedTile>(plan.tileCount);
  for (const part of all) {
    let [next, at] = [0, 0];
    for (const portion of part.portions) {
      const first = portion * portionTiles;
      for (let index = first; index < Math.min(plan.tileCount, first + portionTiles); index += 1, next += 1) {
        const { kind, levels, sizeBytes } = part.tiles[next] as EncodedPortions["tiles"][number];
        tiles[index] = { kind, levels, bytes: part.bytes.subarray(at, at + sizeBytes) };
        at += sizeBytes;
      }
    }
  }
  const seed = seeded.quantization?.seed;
  return { tiles, seed: typeof seed === "number" ? seed : 1 };
}

/** What the other threads do. */
export function encodeInThread(data: SharedTiles): Handover {
  useKernelModule(data.kernels);
  const value = encodePortions(data, portions(Math.ceil(data.plan.tileCount / data.portionTiles), data.portions));
  return { value, transfer: [value.bytes.buffer] };
}

function encodePortions({ plan, pixels, portionTiles }: SharedTiles, own: Portions): EncodedPortions {
  const encoder = tileEncoder(plan);
  const grid = [...tilesOf(plan)];
  const memory = pixels.slice(0, Math.max(...grid.slice(0, 1).map(({ count }) => count)));
  const encoded: EncodedTile[] = [];
  const taken: number[] = [];
  for (let portion = own.next(); portion !== undefined; portion = own.next()) {
    taken.push(portion);
    for (const tile of grid.slice(portion * portionTiles, (portion + 1) * portionTiles)) {
      own.throwIfStopped();
      const values = gatherTile(pixels, tile, plan.axes, memory);
      encoded.push(encoder.encode(values, tile.lengths[0] ?? 1, tile.index));
    }
  }
  const bytes = new Uint8Array(encoded.reduce((sum, tile) => sum + tile.bytes.length, 0));
  let at = 0;
  for (const tile of encoded) {
    bytes.set(tile.bytes, at);
    at += tile.bytes.length;
  }
  const tiles = encoded.map(({ kind, levels, bytes: own }) => ({ kind, levels, sizeBytes: own.length }));
  return { portions: taken, tiles, bytes };
}

/** A seed that follows from the first tile has to be known before others are encoded. */
function withSeed({ data }: NdArray, plan: TilePlan): TilePlan {
  const { quantization } = plan;
  if (quantization?.seed !== "checksum") return plan;
  const [first] = tilesOf(plan);
  if (first === undefined) return plan;
  const pixels = gatherTile(data, first, plan.axes, data.slice(0, first.count));
  return { ...plan, quantization: { ...quantization, seed: checksumSeed(pixels as Float32Array) } };
}

function sharedCopy<T extends PixelArray>(data: T): T {
  const type = data.constructor as new (buffer: SharedArrayBuffer) => T;
  const copy = new type(new SharedArrayBuffer(data.byteLength));
  new Uint8Array(copy.buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return copy;
}
