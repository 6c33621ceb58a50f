/** The ones'-complement sum of big-endian words of 32 bits, folded. */
export function sumWords(source: usize, words: i32): u32 {
  let low = i64x2.splat(0);
  let high = i64x2.splat(0);
  let left = words;
  for (; left >= 8; left -= 8) {
    const v = v128.load(source);
    const w = v128.load(source, 16);
    const first = v128.shuffle<u8>(v, v, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
    const second = v128.shuffle<u8>(w, w, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
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

/** Turns the bytes of each 16-bit word about; the highest bit of each is flipped where `flip` is 0x8000. */
export function swap16(source: usize, target: usize, count: i32, flip: i32): void {
  const flips = i16x8.splat(<i16>flip);
  let left = count;
  for (; left >= 8; left -= 8) {
    const v = v128.load(source);
    v128.store(target, v128.xor(v128.shuffle<u8>(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14), flips));
    source += 16;
    target += 16;
  }
  for (; left > 0; left -= 1) {
    store<u16>(target, bswap<u16>(load<u16>(source)) ^ <u16>flip);
    source += 2;
    target += 2;
  }
}
