// Adds pixels as a file holds them, big-endian, to sums. `frames` strips of `count` pixels lie `stride` bytes apart from `source` on, so
// that sums are loaded and stored once for all of them; each sum grows in the order of the frames, as one by one.

import { swap16, swap32, swap64, upper } from "./lanes";

/** Unsigned bytes, to sums of 32 bits. */
export function addU8(source: usize, stride: usize, frames: i32, sums: usize, count: i32): void {
  let left = count;
  for (; left >= 16; left -= 16) {
    let a = v128.load(sums);
    let b = v128.load(sums, 16);
    let c = v128.load(sums, 32);
    let d = v128.load(sums, 48);
    let at = source;
    for (let frame = 0; frame < frames; frame += 1) {
      const v = v128.load(at);
      const low = i16x8.extend_low_i8x16_u(v);
      const high = i16x8.extend_high_i8x16_u(v);
      a = i32x4.add(a, i32x4.extend_low_i16x8_u(low));
      b = i32x4.add(b, i32x4.extend_high_i16x8_u(low));
      c = i32x4.add(c, i32x4.extend_low_i16x8_u(high));
      d = i32x4.add(d, i32x4.extend_high_i16x8_u(high));
      at += stride;
    }
    v128.store(sums, a);
    v128.store(sums, b, 16);
    v128.store(sums, c, 32);
    v128.store(sums, d, 48);
    source += 16;
    sums += 64;
  }
  for (; left > 0; left -= 1) {
    let sum = load<i32>(sums);
    let at = source;
    for (let frame = 0; frame < frames; frame += 1) {
      sum += load<u8>(at);
      at += stride;
    }
    store<i32>(sums, sum);
    source += 1;
    sums += 4;
  }
}

/** Signed integers of 16 bits, to sums of 32 bits. */
export function addI16(source: usize, stride: usize, frames: i32, sums: usize, count: i32): void {
  const order = swap16();
  let left = count;
  for (; left >= 16; left -= 16) {
    let a = v128.load(sums);
    let b = v128.load(sums, 16);
    let c = v128.load(sums, 32);
    let d = v128.load(sums, 48);
    let at = source;
    for (let frame = 0; frame < frames; frame += 1) {
      const v = i8x16.swizzle(v128.load(at), order);
      const w = i8x16.swizzle(v128.load(at, 16), order);
      a = i32x4.add(a, i32x4.extend_low_i16x8_s(v));
      b = i32x4.add(b, i32x4.extend_high_i16x8_s(v));
      c = i32x4.add(c, i32x4.extend_low_i16x8_s(w));
      d = i32x4.add(d, i32x4.extend_high_i16x8_s(w));
      at += stride;
    }
    v128.store(sums, a);
    v128.store(sums, b, 16);
    v128.store(sums, c, 32);
    v128.store(sums, d, 48);
    source += 32;
    sums += 64;
  }
  for (; left > 0; left -= 1) {
    let sum = load<i32>(sums);
    let at = source;
    for (let frame = 0; frame < frames; frame += 1) {
      sum += <i32>(<i16>bswap<u16>(load<u16>(at)));
      at += stride;
    }
    store<i32>(sums, sum);
    source += 2;
    sums += 4;
  }
}

/** Signed integers of 32 bits, each with `offset` more, to sums in float64. */
export function addI32(source: usize, stride: usize, frames: i32, sums: usize, count: i32, offset: f64): void {
  const offsets = f64x2.splat(offset);
  const order = swap32();
  let left = count;
  for (; left >= 4; left -= 4) {
    let a = v128.load(sums);
    let b = v128.load(sums, 16);
    let at = source;
    for (let frame = 0; frame < frames; frame += 1) {
      const v = i8x16.swizzle(v128.load(at), order);
      a = f64x2.add(a, f64x2.add(f64x2.convert_low_i32x4_s(v), offsets));
      const w = upper(v);
      b = f64x2.add(b, f64x2.add(f64x2.convert_low_i32x4_s(w), offsets));
      at += stride;
    }
    v128.store(sums, a);
    v128.store(sums, b, 16);
    source += 16;
    sums += 32;
  }
  for (; left > 0; left -= 1) {
    let sum = load<f64>(sums);
    let at = source;
    for (let frame = 0; frame < frames; frame += 1) {
      sum += <f64>(<i32>bswap<u32>(load<u32>(at))) + offset;
      at += stride;
    }
    store<f64>(sums, sum);
    source += 4;
    sums += 8;
  }
}

/** float32, to sums in float64. */
export function addF32(source: usize, stride: usize, frames: i32, sums: usize, count: i32): void {
  const order = swap32();
  let left = count;
  for (; left >= 8; left -= 8) {
    let a = v128.load(sums);
    let b = v128.load(sums, 16);
    let c = v128.load(sums, 32);
    let d = v128.load(sums, 48);
    let at = source;
    for (let frame = 0; frame < frames; frame += 1) {
      const v = i8x16.swizzle(v128.load(at), order);
      const w = i8x16.swizzle(v128.load(at, 16), order);
      a = f64x2.add(a, f64x2.promote_low_f32x4(v));
      b = f64x2.add(b, f64x2.promote_low_f32x4(upper(v)));
      c = f64x2.add(c, f64x2.promote_low_f32x4(w));
      d = f64x2.add(d, f64x2.promote_low_f32x4(upper(w)));
      at += stride;
    }
    v128.store(sums, a);
    v128.store(sums, b, 16);
    v128.store(sums, c, 32);
    v128.store(sums, d, 48);
    source += 32;
    sums += 64;
  }
  for (; left > 0; left -= 1) {
    let sum = load<f64>(sums);
    let at = source;
    for (let frame = 0; frame < frames; frame += 1) {
      sum += <f64>reinterpret<f32>(bswap<u32>(load<u32>(at)));
      at += stride;
    }
    store<f64>(sums, sum);
    source += 4;
    sums += 8;
  }
}

/** float64, to sums in float64. */
export function addF64(source: usize, stride: usize, frames: i32, sums: usize, count: i32): void {
  const order = swap64();
  let left = count;
  for (; left >= 2; left -= 2) {
    let a = v128.load(sums);
    let at = source;
    for (let frame = 0; frame < frames; frame += 1) {
      a = f64x2.add(a, i8x16.swizzle(v128.load(at), order));
      at += stride;
    }
    v128.store(sums, a);
    source += 16;
    sums += 16;
  }
  if (left > 0) {
    let sum = load<f64>(sums);
    let at = source;
    for (let frame = 0; frame < frames; frame += 1) {
      sum += reinterpret<f64>(bswap<u64>(load<u64>(at)));
      at += stride;
    }
    store<f64>(sums, sum);
  }
}

/** Moves sums of 32 bits to sums in float64, each with `offset` more, and begins them anew. */
export function widenSums(narrow: usize, sums: usize, count: i32, offset: f64): void {
  const offsets = f64x2.splat(offset);
  let left = count;
  for (; left >= 4; left -= 4) {
    const v = v128.load(narrow);
    const w = upper(v);
    v128.store(sums, f64x2.add(v128.load(sums), f64x2.add(f64x2.convert_low_i32x4_s(v), offsets)));
    v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.add(f64x2.convert_low_i32x4_s(w), offsets)), 16);
    v128.store(narrow, i64x2.splat(0));
    narrow += 16;
    sums += 32;
  }
  for (; left > 0; left -= 1) {
    store<f64>(sums, load<f64>(sums) + (<f64>load<i32>(narrow) + offset));
    store<i32>(narrow, 0);
    narrow += 4;
    sums += 8;
  }
}

/** Divides sums, rounding once, to float32. */
export function divideF32(sums: usize, output: usize, count: i32, divisor: f64): void {
  const divisors = f64x2.splat(divisor);
  let left = count;
  for (; left >= 4; left -= 4) {
    const a = f32x4.demote_f64x2_zero(f64x2.div(v128.load(sums), divisors));
    const b = f32x4.demote_f64x2_zero(f64x2.div(v128.load(sums, 16), divisors));
    v128.store(output, v128.shuffle<u8>(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
    sums += 32;
    output += 16;
  }
  for (; left > 0; left -= 1) {
    store<f32>(output, <f32>(load<f64>(sums) / divisor));
    sums += 8;
    output += 4;
  }
}

/** As `divideF32`, of narrow sums to which `offset` is still to be added. */
export function divideNarrowF32(narrow: usize, output: usize, count: i32, offset: f64, divisor: f64): void {
  const divisors = f64x2.splat(divisor);
  const offsets = f64x2.splat(offset);
  let left = count;
  for (; left >= 4; left -= 4) {
    const v = v128.load(narrow);
    const w = upper(v);
    const a = f64x2.div(f64x2.add(f64x2.convert_low_i32x4_s(v), offsets), divisors);
    const b = f64x2.div(f64x2.add(f64x2.convert_low_i32x4_s(w), offsets), divisors);
    v128.store(output, v128.shuffle<u8>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
    narrow += 16;
    output += 16;
  }
  for (; left > 0; left -= 1) {
    store<f32>(output, <f32>((<f64>load<i32>(narrow) + offset) / divisor));
    narrow += 4;
    output += 4;
  }
}

/** Adds pixels in this machine's order, each with `offset` more, to sums in float64. */
// @ts-ignore: decorator
@inline
function addOwn<T>(source: usize, sums: usize, count: i32, offset: f64): void {
  for (let left = count; left > 0; left -= 1) {
    store<f64>(sums, load<f64>(sums) + (<f64>load<T>(source) + offset));
    source += sizeof<T>();
    sums += 8;
  }
}

export function addOwnU8(source: usize, sums: usize, count: i32, offset: f64): void {
  addOwn<u8>(source, sums, count, offset);
}

export function addOwnI16(source: usize, sums: usize, count: i32, offset: f64): void {
  const offsets = f64x2.splat(offset);
  let left = count;
  for (; left >= 8; left -= 8) {
    const v = v128.load(source);
    const low = i32x4.extend_low_i16x8_s(v);
    const high = i32x4.extend_high_i16x8_s(v);
    const low2 = upper(low);
    const high2 = upper(high);
    v128.store(sums, f64x2.add(v128.load(sums), f64x2.add(f64x2.convert_low_i32x4_s(low), offsets)));
    v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.add(f64x2.convert_low_i32x4_s(low2), offsets)), 16);
    v128.store(sums, f64x2.add(v128.load(sums, 32), f64x2.add(f64x2.convert_low_i32x4_s(high), offsets)), 32);
    v128.store(sums, f64x2.add(v128.load(sums, 48), f64x2.add(f64x2.convert_low_i32x4_s(high2), offsets)), 48);
    source += 16;
    sums += 64;
  }
  addOwn<i16>(source, sums, left, offset);
}

export function addOwnI32(source: usize, sums: usize, count: i32, offset: f64): void {
  addOwn<i32>(source, sums, count, offset);
}

export function addOwnF32(source: usize, sums: usize, count: i32, offset: f64): void {
  let left = count;
  for (; left >= 4; left -= 4) {
    const v = v128.load(source);
    const w = upper(v);
    v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(v)));
    v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.promote_low_f32x4(w)), 16);
    source += 16;
    sums += 32;
  }
  addOwn<f32>(source, sums, left, 0);
}

export function addOwnF64(source: usize, sums: usize, count: i32, offset: f64): void {
  addOwn<f64>(source, sums, count, 0);
}
