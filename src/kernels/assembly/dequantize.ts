// Quantised integers back to reals (FITS 4.0 §10.2): in float64, rounded once.

import { upper } from "./lanes";

/** The random numbers of appendix I (Park and Miller 1988), as float32. */
export const length: i32 = 10000;
export const sequence: usize = memory.data(40000, 16);
let isFilled: bool = false;

/** Makes the random numbers, once. */
export function fill(): void {
  if (isFilled) return;
  let seed: i64 = 1;
  for (let index = 0; index < length; index += 1) {
    seed = (16807 * seed) % 2147483647;
    store<f32>(sequence + (<usize>index << 2), <f32>(<f64>seed / 2147483647.0));
  }
  isFilled = true;
}

// @ts-ignore: decorator
@inline
function random(index: i32): f32 {
  return load<f32>(sequence + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
function putScalar<T>(target: usize, integer: i32, dithered: f64, blank: i32, hasBlank: bool, keepsZero: bool): void {
  if (hasBlank && integer == blank) store<T>(target, <T>NaN);
  else if (keepsZero && integer == -2147483646) store<T>(target, <T>0);
  else store<T>(target, <T>dithered);
}

/** `round` is negative where there is no dither; else where the random numbers start, 0 to 9999. */
// @ts-ignore: decorator
@inline
function dequantize<T>(source: usize, target: usize, count: i32, scale: f64, zero: f64, blank: i32, hasBlank: bool, round: i32, keepsZero: bool): void {
  fill();
  const isDithered = round >= 0;
  const scales = f64x2.splat(scale);
  const zeros = f64x2.splat(zero);
  const half = f64x2.splat(0.5);
  const blanks = i32x4.splat(blank);
  const blankMask = i32x4.splat(hasBlank ? -1 : 0);
  const exact = i32x4.splat(-2147483646);
  const exactMask = i32x4.splat(isDithered && keepsZero ? -1 : 0);
  let next = isDithered ? <i32>(random(round) * 500) : 0;
  let left = count;
  while (left > 0) {
    let some = left;
    if (isDithered && some > length - next) some = length - next;
    left -= some;
    for (; some >= 4; some -= 4) {
      const v = v128.load(source);
      let a = f64x2.convert_low_i32x4_s(v);
      let b = f64x2.convert_low_i32x4_s(upper(v));
      if (isDithered) {
        const r = v128.load(sequence + (<usize>next << 2));
        a = f64x2.add(f64x2.sub(a, f64x2.promote_low_f32x4(r)), half);
        b = f64x2.add(f64x2.sub(b, f64x2.promote_low_f32x4(upper(r))), half);
        next += 4;
      }
      a = f64x2.add(f64x2.mul(a, scales), zeros);
      b = f64x2.add(f64x2.mul(b, scales), zeros);
      const isBlank = v128.and(i32x4.eq(v, blanks), blankMask);
      const isZero = v128.and(i32x4.eq(v, exact), exactMask);
      if (sizeof<T>() == 4) {
        let reals = v128.shuffle<u8>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
        reals = v128.andnot(reals, isZero);
        v128.store(target, v128.bitselect(f32x4.splat(NaN), reals, isBlank));
      } else {
        a = v128.andnot(a, i64x2.extend_low_i32x4_s(isZero));
        b = v128.andnot(b, i64x2.extend_high_i32x4_s(isZero));
        v128.store(target, v128.bitselect(f64x2.splat(NaN), a, i64x2.extend_low_i32x4_s(isBlank)));
        v128.store(target, v128.bitselect(f64x2.splat(NaN), b, i64x2.extend_high_i32x4_s(isBlank)), 16);
      }
      source += 16;
      target += 4 * sizeof<T>();
    }
    for (; some > 0; some -= 1) {
      const integer = load<i32>(source);
      const value = <f64>integer;
      if (isDithered) {
        putScalar<T>(target, integer, (value - <f64>random(next) + 0.5) * scale + zero, blank, hasBlank, keepsZero);
        next += 1;
      } else putScalar<T>(target, integer, value * scale + zero, blank, hasBlank, false);
      source += 4;
      target += sizeof<T>();
    }
    if (isDithered && next == length) {
      round = (round + 1) % length;
      next = <i32>(random(round) * 500);
    }
  }
}

export function dequantizeF32(source: usize, target: usize, count: i32, scale: f64, zero: f64, blank: i32, hasBlank: bool, round: i32, keepsZero: bool): void {
  dequantize<f32>(source, target, count, scale, zero, blank, hasBlank, round, keepsZero);
}

export function dequantizeF64(source: usize, target: usize, count: i32, scale: f64, zero: f64, blank: i32, hasBlank: bool, round: i32, keepsZero: bool): void {
  dequantize<f64>(source, target, count, scale, zero, blank, hasBlank, round, keepsZero);
}
