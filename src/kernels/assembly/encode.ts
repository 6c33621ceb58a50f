// Pixels to Rice bytes (FITS 4.0 §10.4.1), to the bit what encode-rice.ts makes of them.

/** The pixels were more than their room for bytes. */
const overflow: i32 = -1;

/**
 * Folds the differences of a block, and returns their sum. The pixel before the block stands before it.
 */
// @ts-ignore: decorator
@inline
function fold<T>(source: usize, size: i32, differences: usize): u64 {
  let sum: u64 = 0;
  let left = size;
  let at = source;
  let to = differences;
  if (sizeof<T>() == 2) {
    let sums = i32x4.splat(0);
    for (; left >= 8; left -= 8) {
      const difference = i16x8.sub(v128.load(at), v128.load(at - 2));
      const folded = v128.xor(i16x8.shl(difference, 1), i16x8.shr_s(difference, 15));
      v128.store(to, folded);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(folded));
      at += 16;
      to += 16;
    }
    sum = <u64>(<u32>i32x4.extract_lane(sums, 0)) + <u64>(<u32>i32x4.extract_lane(sums, 1)) + <u64>(<u32>i32x4.extract_lane(sums, 2)) + <u64>(<u32>i32x4.extract_lane(sums, 3));
    for (; left > 0; left -= 1) {
      const difference: i32 = <i32>(<i16>(load<i16>(at) - load<i16>(at - 2)));
      const folded: u32 = <u32>((difference << 1) ^ (difference >> 31));
      store<u16>(to, <u16>folded);
      sum += folded;
      at += 2;
      to += 2;
    }
  } else if (sizeof<T>() == 4) {
    let sums = i64x2.splat(0);
    for (; left >= 4; left -= 4) {
      const difference = i32x4.sub(v128.load(at), v128.load(at - 4));
      const folded = v128.xor(i32x4.shl(difference, 1), i32x4.shr_s(difference, 31));
      v128.store(to, folded);
      sums = i64x2.add(sums, i64x2.add(i64x2.extend_low_i32x4_u(folded), i64x2.extend_high_i32x4_u(folded)));
      at += 16;
      to += 16;
    }
    sum = i64x2.extract_lane(sums, 0) + i64x2.extract_lane(sums, 1);
    for (; left > 0; left -= 1) {
      const difference: i32 = load<i32>(at) - load<i32>(at - 4);
      const folded: u32 = <u32>((difference << 1) ^ (difference >> 31));
      store<u32>(to, folded);
      sum += folded;
      at += 4;
      to += 4;
    }
  } else {
    for (; left > 0; left -= 1) {
      const difference: i32 = <i32>(<i8>(load<u8>(at) - load<u8>(at - 1)));
      const folded: u32 = <u32>((difference << 1) ^ (difference >> 31));
      store<u8>(to, <u8>folded);
      sum += folded;
      at += 1;
      to += 1;
    }
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function foldedAt<T>(at: usize): u32 {
  return sizeof<T>() == 4 ? load<u32>(at) : sizeof<T>() == 2 ? <u32>load<u16>(at) : <u32>load<u8>(at);
}

/**
 * @param source the pixels; before the first there is room for one more
 * @param differences room for a block of them
 *
 * @returns how many bytes were written, or -1 where they would be more than `most`; up to 8 more may be overwritten
 */
// @ts-ignore: decorator
@inline
function encode<T>(source: usize, count: i32, output: usize, most: i32, blockSize: i32, differences: usize): i32 {
  const codeBits: i32 = sizeof<T>() == 4 ? 5 : sizeof<T>() == 2 ? 4 : 3;
  const direct: i32 = sizeof<T>() == 4 ? 25 : sizeof<T>() == 2 ? 14 : 6;
  const pixelBits: i32 = <i32>sizeof<T>() << 3;
  const limit = output + <usize>most;
  let to = output;
  store<T>(source - sizeof<T>(), load<T>(source));
  if (sizeof<T>() == 4) store<u32>(to, bswap<u32>(load<u32>(source)));
  else if (sizeof<T>() == 2) store<u16>(to, bswap<u16>(load<u16>(source)));
  else store<u8>(to, load<u8>(source));
  to += sizeof<T>();
  // The bits that are not written yet, at the lower end: fewer than 32 between two steps.
  let held: u64 = 0;
  let bits: i32 = 0;
  for (let start = 0; start < count; start += blockSize) {
    const size = min(blockSize, count - start);
    const sum = fold<T>(source + <usize>start * sizeof<T>(), size, differences);
    const least = <u64>((size >> 1) + 1);
    // The usual size is a power of two, and a shift is a fraction of a division.
    const mean: u32 = sum > least ? <u32>(size == 32 ? (sum - least) >> 5 : (sum - least) / <u64>size) : 0;
    const low: i32 = 32 - <i32>clz(mean >> 1);
    const isDirect = low >= direct;
    const code: i32 = sum == 0 ? 0 : isDirect ? direct + 1 : low + 1;
    held = (held << <u64>codeBits) | <u64>code;
    bits += codeBits;
    if (bits >= 32) {
      bits -= 32;
      store<u32>(to, bswap<u32>(<u32>(held >> <u64>bits)));
      to += 4;
    }
    if (sum == 0) continue;
    // A block that is not kept as it is takes less than that.
    if (to + <usize>size * (sizeof<T>() + 1) + 8 > limit) return overflow;
    let at = differences;
    if (isDirect) {
      for (let index = 0; index < size; index += 1) {
        held = (held << <u64>pixelBits) | <u64>foldedAt<T>(at);
        at += sizeof<T>();
        bits += pixelBits;
        if (bits >= 32) {
          bits -= 32;
          store<u32>(to, bswap<u32>(<u32>(held >> <u64>bits)));
          to += 4;
        }
      }
      continue;
    }
    const mark: u32 = (<u32>1) << low;
    const mask: u32 = mark - 1;
    const used: i32 = low + 1;
    // Whole bytes are written first, so that fewer than 8 bits are held.
    store<u64>(to, bswap<u64>(held << <u64>(64 - bits)));
    to += <usize>(bits >> 3);
    bits &= 7;
    let index = 0;
    while (index < size) {
      // Four at a time, without a branch on how many bits there are: with those held they fit in 64.
      if (index + 4 <= size) {
        const f0 = foldedAt<T>(at);
        const f1 = foldedAt<T>(at + sizeof<T>());
        const f2 = foldedAt<T>(at + 2 * sizeof<T>());
        const f3 = foldedAt<T>(at + 3 * sizeof<T>());
        const l0 = <u64>(f0 >> low) + <u64>used;
        const l1 = <u64>(f1 >> low) + <u64>used;
        const l2 = <u64>(f2 >> low) + <u64>used;
        const l3 = <u64>(f3 >> low) + <u64>used;
        const together = l0 + l1 + l2 + l3;
        if (together <= 56) {
          const first = (<u64>(mark | (f0 & mask)) << l1) | <u64>(mark | (f1 & mask));
          const second = (<u64>(mark | (f2 & mask)) << l3) | <u64>(mark | (f3 & mask));
          held = (held << together) | (first << (l2 + l3)) | second;
          bits += <i32>together;
          store<u64>(to, bswap<u64>(held << <u64>(64 - bits)));
          to += <usize>(bits >> 3);
          bits &= 7;
          at += 4 * sizeof<T>();
          index += 4;
          continue;
        }
      }
      const value = foldedAt<T>(at);
      at += sizeof<T>();
      index += 1;
      // As many zeros as the high bits say, a one, and the low bits as they are.
      let zeros = <u64>(value >> low);
      while (zeros + <u64>used > 56) {
        const some = min<u64>(zeros, 48);
        held <<= some;
        bits += <i32>some;
        zeros -= some;
        if (to + 16 > limit) return overflow;
        store<u64>(to, bswap<u64>(held << <u64>(64 - bits)));
        to += <usize>(bits >> 3);
        bits &= 7;
      }
      held = (held << (zeros + <u64>used)) | <u64>(mark | (value & mask));
      bits += <i32>zeros + used;
      store<u64>(to, bswap<u64>(held << <u64>(64 - bits)));
      to += <usize>(bits >> 3);
      bits &= 7;
    }
  }
  if (bits > 0) {
    store<u32>(to, bswap<u32>(<u32>(held << <u64>(32 - bits))));
    to += <usize>((bits + 7) >> 3);
  }
  return <i32>(to - output);
}

export function encodeRice8(source: usize, count: i32, output: usize, most: i32, blockSize: i32, differences: usize): i32 {
  return encode<u8>(source, count, output, most, blockSize, differences);
}

export function encodeRice16(source: usize, count: i32, output: usize, most: i32, blockSize: i32, differences: usize): i32 {
  return encode<i16>(source, count, output, most, blockSize, differences);
}

export function encodeRice32(source: usize, count: i32, output: usize, most: i32, blockSize: i32, differences: usize): i32 {
  return encode<i32>(source, count, output, most, blockSize, differences);
}
