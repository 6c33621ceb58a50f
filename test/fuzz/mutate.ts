import type { SeedFile, Structure } from "./seed-files.ts";

type Random = () => number;

/** Numbers at which readers break: signs, powers of two, what no array and no file can be as long as. */
const extremes: readonly bigint[] = [
  ...[0n, 1n, -1n, 2n, 3n, 7n, 255n, 256n, 32768n, 65535n, 65536n],
  ...[2n ** 31n - 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 31n), -(2n ** 63n)],
];
const oddValues = ["T", "F", "'RICE_1  '", "'1PB(9)  '", "'1000000000J'", "1E308", "-1.5", "(1,2)", "'open", "", "NaN"];

/** One to three changes in one structure of a sound file. */
export function mutate(seed: SeedFile, structure: Structure, random: Random): Uint8Array {
  const [from, to] = seed.ranges[structure] ?? [0, seed.bytes.length];
  let bytes: Uint8Array = seed.bytes.slice();
  // One as a rule: where much is broken, readers do not come far.
  for (let left = random() < 0.7 ? 1 : 2 + below(random, 2); left > 0; left -= 1) {
    const end = Math.min(to, bytes.length);
    if (end - from < 2) return bytes;
    if (structure === "header") mutateHeader(bytes, from, end, random);
    else if (structure === "descriptor") mutateWords(bytes, from, end, random);
    else if (structure === "tile") mutateBytes(bytes, from, end, random);
    else bytes = moveHeap(bytes, seed, random);
  }
  return bytes;
}

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

function pick<T>(random: Random, of: readonly T[]): T {
  return of[below(random, of.length)] as T;
}

function mutateHeader(bytes: Uint8Array, from: number, to: number, random: Random): void {
  const cards = Math.floor((to - from) / 80);
  // Cards that say something; of a header's end most are blank.
  let at = from;
  for (let tries = 0; tries < 20; tries += 1) {
    at = from + 80 * below(random, cards);
    if (bytes[at] !== 0x20) break;
  }
  const other = from + 80 * below(random, cards);
  switch (below(random, 6)) {
    case 0:
      writeValue(bytes, at, String(pick(random, extremes)));
      return;
    case 1:
      writeValue(bytes, at, pick(random, oddValues));
      return;
    case 2:
      return void bytes.copyWithin(at, other, other + 80);
    case 3:
      return void bytes.fill(0x20, at, at + 80);
    case 4:
      bytes[at + below(random, 30)] = 0x20 + below(random, 95);
      return;
    default:
      bytes[at + below(random, 80)] = below(random, 256);
  }
}

function writeValue(bytes: Uint8Array, at: number, text: string): void {
  bytes[at + 8] = 0x3d;
  const field = (text.startsWith("'") ? text : text.padStart(20)).padEnd(70).slice(0, 70);
  for (let i = 0; i < 70; i += 1) bytes[at + 10 + i] = field.charCodeAt(i);
  bytes[at + 9] = 0x20;
}

function mutateWords(bytes: Uint8Array, from: number, to: number, random: Random): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = from + 4 * below(random, Math.floor((to - from) / 4));
  switch (below(random, 4)) {
    case 0:
      view.setInt32(at, Number(BigInt.asIntN(32, pick(random, extremes))));
      return;
    case 1:
      if (at + 8 <= to) view.setBigInt64(at, BigInt.asIntN(64, pick(random, extremes)));
      return;
    case 2:
      return void bytes.copyWithin(at, from + 4 * below(random, Math.floor((to - from) / 4)), at + 4);
    default:
      mutateBytes(bytes, from, to, random);
  }
}

function mutateBytes(bytes: Uint8Array, from: number, to: number, random: Random): void {
  const at = from + below(random, to - from);
  const length = Math.min(to - at, 1 + below(random, 16));
  switch (below(random, 5)) {
    case 0:
      bytes[at] = below(random, 256);
      return;
    case 1:
      bytes[at] = (bytes[at] as number) ^ (1 << below(random, 8));
      return;
    case 2:
      return void bytes.fill(pick(random, [0, 0xff]), at, at + length);
    case 3:
      return void bytes.copyWithin(at, from + below(random, to - from - 1), to);
    default:
      for (let i = 0; i < length; i += 1) bytes[at + i] = below(random, 256);
  }
}

/** Where the heap begins and how long it is said to be; bytes of it taken out, put in, or cut off with the rest of the file. */
function moveHeap(bytes: Uint8Array, { ranges }: SeedFile, random: Random): Uint8Array {
  const whole = [0, bytes.length] as const;
  const { header = whole, heap = whole } = ranges;
  const at = heap[0] + below(random, Math.max(1, heap[1] - heap[0]));
  switch (below(random, 5)) {
    case 0:
      writeCard(bytes, header, "PCOUNT", heapSize(random, heap));
      return bytes;
    case 1:
      writeCard(bytes, header, "THEAP", heapSize(random, heap));
      return bytes;
    case 2:
      return bytes.slice(0, at);
    case 3: {
      const gone = 1 + below(random, 64);
      return new Uint8Array(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + gone), Buffer.alloc(gone)]));
    }
    default: {
      const more = 1 + below(random, 64);
      const longer = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(more, 0xaa), bytes.subarray(at)]);
      return new Uint8Array(longer.subarray(0, bytes.length));
    }
  }
}

function heapSize(random: Random, [from, to]: readonly [number, number]): bigint {
  return random() < 0.5 ? pick(random, extremes) : BigInt(below(random, 2 * (to - from)));
}

/** In the card of that name, else in the last card before the blanks behind END, which it pushes out. */
function writeCard(bytes: Uint8Array, [from, to]: readonly [number, number], keyword: string, value: bigint): void {
  const text = (at: number): string => Buffer.from(bytes.subarray(at, at + 8)).toString("latin1");
  for (let at = from; at < to; at += 80) {
    if (text(at) !== keyword.padEnd(8) && text(at) !== "END     ") continue;
    const isEnd = text(at) === "END     ";
    if (isEnd && at + 160 > to) return;
    bytes.fill(0x20, at, at + 80);
    bytes.set(Buffer.from(keyword.padEnd(8), "latin1"), at);
    writeValue(bytes, at, String(value));
    if (isEnd) bytes.set(Buffer.from("END", "latin1"), at + 80);
    return;
  }
}
