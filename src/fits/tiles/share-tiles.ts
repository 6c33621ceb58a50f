import type { ByteSource } from "../../core/byte-source.ts";
import { lentMemory } from "../../core/lent-memory.ts";
import { sizeOf } from "../../core/ndarray.ts";
import { shareWork } from "../../core/share-work.ts";
import type { Workers } from "../../core/workers.ts";
import { kernelModule, useKernelModule } from "../../kernels/kernels.ts";
import { swapWords } from "../byte-order.ts";
import type { Hdu } from "../hdu.ts";
import { type PieceLayout, pieceLayout, pieceOver, pieceShape, readPiece } from "../stored-pieces.ts";
import type { TilePlan } from "./compression.ts";
import { pieceEncoder, tilesOfPiece } from "./encode-piece.ts";
import { checksumSeed } from "./encode-tile.ts";
import { gatherTile } from "./gather-tile.ts";
import { tilesOf } from "./tile-grid.ts";
import { type RingMemory, type RingSize, ringMemory, type TileRing, tileRing } from "./tile-ring.ts";
import type { TileWriter } from "./write-tiles.ts";

interface SharedTiles {
  readonly kernels: object;
  readonly plan: TilePlan;
  readonly layout: PieceLayout;
  readonly memory: RingMemory;
}

/** Small enough that no thread waits long for the last, and large enough to be worth the trouble. */
const pieceBytes = 2 ** 18;
/** So many pieces may be done before one that the system lets wait. */
const mostSlots = 16;
/** A larger ring is not kept for the next image. */
const mostKeptBytes = 2 ** 25;

/** The ring of the last image, by who encoded it: its memory is known to the process. */
const kept = new WeakMap<Workers, RingMemory>();

/**
 * Encodes an image in several threads, each tile to what one alone makes of it. The calling thread reads, and hands the bytes of the
 * heap on in their order, while the others encode.
 *
 * @param take gets bytes that are valid until it resolves
 */
export async function encodeShared(
  workers: Workers,
  source: ByteSource,
  hdu: Hdu,
  plan: TilePlan,
  writer: TileWriter,
  take: (bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const layout = pieceLayout(hdu, writer.depth, pieceBytes);
  const memory = lendRing(workers, ringSize(plan, layout, workers.threads));
  const ring = tileRing(memory);
  const encode = encoderOf(plan, layout, ring);
  using bytes = lentMemory(memory.outputBytes);
  let [read, written] = [0, 0];
  const seed = plan.quantization?.seed;
  let known = typeof seed === "number" ? seed : undefined;

  const readNext = async (): Promise<void> => {
    const words = await readPiece(source, hdu, layout, read, ring.input(read));
    known ??= seed === undefined ? 1 : seedOf(plan, layout, words);
    if (read === 0) writer.useSeed(known);
    read += 1;
    ring.fill(known);
  };
  const writeNext = async (): Promise<void> => {
    const [positions = 0] = pieceShape(layout, written);
    let sizeBytes = 0;
    for (let tile = 0; tile < tilesOfPiece(plan, positions); tile += 1) {
      const placed = ring.placed(written, tile);
      writer.place(placed);
      sizeBytes += placed.sizeBytes;
    }
    // Memory that is shared is not taken everywhere.
    const own = bytes.bytes.subarray(0, sizeBytes);
    own.set(ring.output(written).subarray(0, sizeBytes));
    written += 1;
    await take(own);
  };
  const own = async (): Promise<void> => {
    while (written < layout.count) {
      ring.throwIfStopped();
      if (read < layout.count && read - written < memory.slots) await readNext();
      else if (ring.isFinished(written)) await writeNext();
      else {
        const piece = ring.next(layout.count, false);
        if (typeof piece === "number") encode(piece);
        else await ring.finished(written);
      }
    }
  };
  const data: SharedTiles = { kernels: kernelModule(), plan, layout, memory };
  await shareWork(workers, { module: import.meta.url, name: encodeInThread.name }, data, ring, own, signal);
  const ringBytes = memory.slots * (memory.inputBytes + memory.outputBytes);
  if (ringBytes <= mostKeptBytes) kept.set(workers, memory);
}

/** What the other threads do. */
export function encodeInThread({ kernels, plan, layout, memory }: SharedTiles): void {
  useKernelModule(kernels);
  const ring = tileRing(memory);
  const encode = encoderOf(plan, layout, ring);
  for (;;) {
    const piece = ring.next(layout.count, true);
    if (typeof piece !== "number") return;
    encode(piece);
  }
}

/** Encodes a piece of the ring. */
function encoderOf(plan: TilePlan, layout: PieceLayout, ring: TileRing): (piece: number) => void {
  const pieceTiles = tilesOfPiece(plan, layout.positions);
  let encoder: ReturnType<typeof pieceEncoder> | undefined;
  return (piece) => {
    encoder ??= pieceEncoder(seeded(plan, ring.seed));
    const { data, shape } = pieceOver(layout, piece, ring.input(piece));
    swapWords(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), data.BYTES_PER_ELEMENT);
    const output = ring.output(piece);
    let [at, tile] = [0, 0];
    encoder.encode({ data, shape }, piece * pieceTiles, ({ kind, bytes, levels }) => {
      output.set(bytes, at);
      at += bytes.length;
      ring.place(piece, tile, { kind, sizeBytes: bytes.length, levels });
      tile += 1;
    });
    ring.finish(piece);
  };
}

function lendRing(workers: Workers, size: RingSize): RingMemory {
  const last = kept.get(workers);
  kept.delete(workers);
  const isSame = last !== undefined && Object.entries(size).every(([key, value]) => Reflect.get(last, key) === value);
  if (!isSame) return ringMemory(size);
  new Int32Array(last.control).fill(0);
  return last;
}

function ringSize(plan: TilePlan, { positions, positionBytes, count }: PieceLayout, threads: number): RingSize {
  const tiles = tilesOfPiece(plan, positions);
  const pixelBytes = Math.abs(plan.bitpix) / 8;
  // What no algorithm exceeds: a fallback of reals by gzip, or levels of 32 bits that are kept as they are.
  const pixels = (positions * positionBytes) / pixelBytes;
  const outputBytes =
    tiles * 64 + Math.ceil(pixels * ((plan.quantization === undefined ? pixelBytes : Math.max(4, pixelBytes)) + 1));
  const align = (sizeBytes: number): number => Math.ceil(sizeBytes / 64) * 64;
  return {
    slots: Math.min(count, Math.max(mostSlots, 2 * threads)),
    ...{ inputBytes: align(positions * positionBytes), tiles, outputBytes: align(outputBytes) },
  };
}

function seeded(plan: TilePlan, seed: number): TilePlan {
  return plan.quantization === undefined ? plan : { ...plan, quantization: { ...plan.quantization, seed } };
}

/** A seed that follows from the first tile has to be known before others are encoded. */
function seedOf(plan: TilePlan, layout: PieceLayout, words: Uint8Array): number {
  const { data, shape } = pieceOver(layout, 0, words);
  const axes = plan.axes.with(-1, shape[0] ?? 0);
  const [first] = tilesOf({ ...plan, axes });
  if (first === undefined || sizeOf(shape) === 0) return 1;
  // Of bytes in whatever order.
  return checksumSeed(gatherTile(data, first, axes, data.slice(0, first.count)) as Float32Array);
}
