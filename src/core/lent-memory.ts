const leastBytes = 2 ** 16;
const mostKeptBytes = 2 ** 22;
const keptOfASize = 2;

/** Memory that nobody uses now, by its size. */
const idle = new Map<number, Uint8Array<ArrayBuffer>[]>();

/**
 * Memory until it is disposed of, when another takes it over: pages that are new to a process cost more than what is computed in them.
 * What is in it is anything.
 *
 * @returns at least so many bytes, at the beginning of their buffer
 */
export function lentMemory(sizeBytes: number): { readonly bytes: Uint8Array<ArrayBuffer> } & Disposable {
  const size = Math.max(leastBytes, 2 ** Math.ceil(Math.log2(sizeBytes)));
  // Beyond that it would be too much to keep, and too much to round up.
  if (size > mostKeptBytes) return { bytes: new Uint8Array(sizeBytes), [Symbol.dispose]: () => undefined };
  const kept = idle.get(size) ?? [];
  idle.set(size, kept);
  const bytes = kept.pop() ?? new Uint8Array(size);
  let isLent = true;
  return {
    bytes,
    [Symbol.dispose]() {
      if (isLent && kept.length < keptOfASize) kept.push(bytes);
      isLent = false;
    },
  };
}

/** Bytes one behind the other, in memory that grows. */
export interface ByteArena extends Disposable {
  /** What was added since it was cleared; valid until the next call. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  add(bytes: Uint8Array): void;
  clear(): void;
}

/** Left undisposed, it is collected as any memory is. */
export function byteArena(): ByteArena {
  let memory = lentMemory(leastBytes);
  let filled = 0;
  return {
    get bytes() {
      return memory.bytes.subarray(0, filled);
    },
    add(bytes) {
      if (filled + bytes.length > memory.bytes.length) {
        const larger = lentMemory(Math.max(filled + bytes.length, 2 * memory.bytes.length));
        larger.bytes.set(memory.bytes.subarray(0, filled));
        memory[Symbol.dispose]();
        memory = larger;
      }
      memory.bytes.set(bytes, filled);
      filled += bytes.length;
    },
    clear() {
      filled = 0;
    },
    [Symbol.dispose]: () => memory[Symbol.dispose](),
  };
}
