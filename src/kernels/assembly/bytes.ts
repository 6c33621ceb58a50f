import { swap32 } from "./lanes";

/** The ones'-complement sum of big-endian words of 32 bits, folded. */
export function sumWords(source: usize, words: i32): u32 {
  const order = swap32();
  let low = i64x2.splat(0);
  let high = i64x2.splat(0);
  let left = words;
  for (; left >= 8; left -= 8) {
    const first = i8x16.swizzle(v128.load(source), order);
    const second = i8x16.swizzle(v128.load(source, 16), order);
    low = i64x2.add(low, i64x2.add(i64x2.extend_low_i32x4_u(first), i64x2.extend_low_i32x4_u(second)));
    high = i64x2.add(high, i64x2.add(i64x2.extend_high_i32x4_u(first), i64x2.extend_high_i32x4_u(second)));
    source += 32;
  }
  const both = i64x2.add(low, high);
  let sum: u64 = i64x2.extract_lane(both, 0) + i64x2.extract_lane(both, 1);
  for (; left > 0; left -= 1) {
    sum += <u64>bswap<u32>(load<u32>(source));
    source += 4;
  }
  while (sum >> 32 !== 0) sum = (sum & 0xffffffff) + (sum >> 32);
  return <u32>sum;
}
