// Rice, Yeh and Miller 1993 (FITS 4.0 §10.4.1).
//
// The compressed bytes are first copied in reverse order: a load of 64 bits, which is little-endian, then has the earliest bit
// highest. One such load, shifted to the place in the stream, serves several pixels.

/** Zeros around the reversed bytes. */
const slack: usize = 16;

const cut: i32 = -1;

// @ts-expect-error: decorator
@inline
function reverse(source: usize, length: i32, target: usize): usize {
  // The bytes end at `target + slack + padded`; the last of them lie lowest.
  const padded: usize = (<usize>length + 15) & ~15;
  v128.store(target, i64x2.splat(0));
  let to = target + slack + padded;
  let at = source;
  let left = length;
  for (; left >= 16; left -= 16) {
    const v = v128.load(at);
    to -= 16;
    v128.store(to, v128.shuffle<u8>(v, v, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    at += 16;
  }
  if (left > 0) {
    v128.store(to - 16, i64x2.splat(0));
    for (; left > 0; left -= 1) {
      to -= 1;
      store<u8>(to, load<u8>(at));
      at += 1;
    }
  }
  return target + slack + padded;
}

// @ts-expect-error: decorator
@inline
function unfold(folded: u32): i32 {
  return <i32>(folded >> 1) ^ -<i32>(folded & 1);
}

/**
 * Decodes `length` bytes into `count` pixels. `scratch` has room for them and 48 bytes more.
 *
 * @returns 0; -1 where the bytes end too early; else the code of a block that is none
 */
// @ts-expect-error: decorator
@inline
function decode<T>(source: usize, length: i32, scratch: usize, target: usize, count: i32, blockSize: i32): i32 {
  const pixelBits: i32 = sizeof<T>() << 3;
  const codeBits: i32 = sizeof<T>() == 4 ? 5 : sizeof<T>() == 2 ? 4 : 3;
  const direct: i32 = sizeof<T>() == 4 ? 25 : sizeof<T>() == 2 ? 14 : 6;
  if (length < <i32>sizeof<T>()) return cut;
  // The 64 bits that begin with the byte `at` lie at `top - at`.
  const top = reverse(source, length, scratch) - 8;
  let last: i32 = 0;
  for (let index: usize = 0; index < sizeof<T>(); index += 1) last = (last << 8) | <i32>load<u8>(source + index);
  const end: i64 = <i64>length << 3;
  let bit: i64 = pixelBits;
  const stopAll = target + <usize>count * sizeof<T>();
  while (target < stopAll) {
    if (bit >= end) return cut;
    const code: i32 = <i32>((load<u64>(top - <usize>(bit >> 3)) << <u64>(bit & 7)) >> <u64>(64 - codeBits)) - 1;
    bit += codeBits;
    let stop = target + <usize>blockSize * sizeof<T>();
    if (stop > stopAll) stop = stopAll;
    if (code < 0) {
      for (; target < stop; target += sizeof<T>()) store<T>(target, <T>last);
    } else if (code == direct) {
      for (; target < stop; target += sizeof<T>()) {
        if (bit >= end) return cut;
        const folded: u32 = <u32>((load<u64>(top - <usize>(bit >> 3)) << <u64>(bit & 7)) >> <u64>(64 - pixelBits));
        bit += pixelBits;
        last += unfold(folded);
        store<T>(target, <T>last);
      }
    } else if (code > direct) {
      return code;
    } else {
      const lowShift: u64 = 63 - <u64>code;
      const used: u64 = <u64>code + 1;
      // A load is sure to hold 57 bits: most often enough for four pixels.
      const isShort = code <= 11;
      while (target < stop) {
        if (bit >= end) return cut;
        let held = load<u64>(top - <usize>(bit >> 3)) << <u64>(bit & 7);
        if (isShort && target + 4 * sizeof<T>() <= stop) {
          const z0 = clz(held);
          let next = held << z0;
          const f0: u32 = <u32>(next >> lowShift) + ((<u32>z0 - 1) << code);
          next <<= used;
          const z1 = clz(next);
          next <<= z1;
          const f1: u32 = <u32>(next >> lowShift) + ((<u32>z1 - 1) << code);
          next <<= used;
          const z2 = clz(next);
          next <<= z2;
          const f2: u32 = <u32>(next >> lowShift) + ((<u32>z2 - 1) << code);
          next <<= used;
          const z3 = clz(next);
          next <<= z3;
          const f3: u32 = <u32>(next >> lowShift) + ((<u32>z3 - 1) << code);
          const taken = <i64>(z0 + z1 + z2 + z3 + 4 * used);
          if (taken <= 57) {
            bit += taken;
            last += unfold(f0);
            store<T>(target, <T>last);
            last += unfold(f1);
            store<T>(target, <T>last, sizeof<T>());
            last += unfold(f2);
            store<T>(target, <T>last, 2 * sizeof<T>());
            last += unfold(f3);
            store<T>(target, <T>last, 3 * sizeof<T>());
            target += 4 * sizeof<T>();
            continue;
          }
        }
        let zeros: i32 = 0;
        // Of 56 zeros all are of the stream.
        while (held >> 8 == 0) {
          zeros += 56;
          bit += 56;
          if (bit >= end) return cut;
          held = load<u64>(top - <usize>(bit >> 3)) << <u64>(bit & 7);
        }
        const more = clz(held);
        zeros += <i32>more;
        bit += <i64>more + 1;
        let folded: u32 = <u32>zeros << code;
        if (code > 0) {
          if (bit >= end) return cut;
          folded |= <u32>((load<u64>(top - <usize>(bit >> 3)) << <u64>(bit & 7)) >> <u64>(64 - code));
          bit += code;
        }
        last += unfold(folded);
        store<T>(target, <T>last);
        target += sizeof<T>();
      }
    }
    if (bit > end) return cut;
  }
  return 0;
}

export function decodeRice8(source: usize, length: i32, scratch: usize, target: usize, count: i32, blockSize: i32): i32 {
  return decode<u8>(source, length, scratch, target, count, blockSize);
}

export function decodeRice16(source: usize, length: i32, scratch: usize, target: usize, count: i32, blockSize: i32): i32 {
  return decode<i16>(source, length, scratch, target, count, blockSize);
}

export function decodeRice32(source: usize, length: i32, scratch: usize, target: usize, count: i32, blockSize: i32): i32 {
  return decode<i32>(source, length, scratch, target, count, blockSize);
}
