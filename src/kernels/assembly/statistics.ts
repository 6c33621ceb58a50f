// What one pass over pixels tells of their values, in float64. `T` is f32 or f64, in this machine's order.

import { upper } from "./lanes";

// @ts-ignore: decorator
@inline
function lanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** Of the finite pixels: least, greatest, sum and number, to `output` as four float64. */
export function censusF32(source: usize, count: i32, output: usize): void {
  const limit = f32x4.splat(f32.POSITIVE_INFINITY);
  const floor = f32x4.splat(f32.NEGATIVE_INFINITY);
  let least = limit;
  let most = floor;
  let sum = f64x2.splat(0);
  let more = f64x2.splat(0);
  let finite = i32x4.splat(0);
  let left = count;
  for (; left >= 4; left -= 4) {
    const v = v128.load(source);
    const isFinite = f32x4.lt(f32x4.abs(v), limit);
    least = f32x4.pmin(least, v128.bitselect(v, limit, isFinite));
    most = f32x4.pmax(most, v128.bitselect(v, floor, isFinite));
    const kept = v128.and(v, isFinite);
    sum = f64x2.add(sum, f64x2.promote_low_f32x4(kept));
    more = f64x2.add(more, f64x2.promote_low_f32x4(upper(kept)));
    finite = i32x4.sub(finite, isFinite);
    source += 16;
  }
  let low = <f64>min(min(f32x4.extract_lane(least, 0), f32x4.extract_lane(least, 1)), min(f32x4.extract_lane(least, 2), f32x4.extract_lane(least, 3)));
  let top = <f64>max(max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)), max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)));
  let total = lanes(f64x2.add(sum, more));
  let number: f64 = i32x4.extract_lane(finite, 0) + i32x4.extract_lane(finite, 1) + i32x4.extract_lane(finite, 2) + i32x4.extract_lane(finite, 3);
  for (; left > 0; left -= 1) {
    const value = <f64>load<f32>(source);
    if (value - value == 0) {
      if (value < low) low = value;
      if (value > top) top = value;
      total += value;
      number += 1;
    }
    source += 4;
  }
  store<f64>(output, low);
  store<f64>(output, top, 8);
  store<f64>(output, total, 16);
  store<f64>(output, number, 24);
}

export function censusF64(source: usize, count: i32, output: usize): void {
  const limit = f64x2.splat(f64.POSITIVE_INFINITY);
  const floor = f64x2.splat(f64.NEGATIVE_INFINITY);
  let least = limit;
  let most = floor;
  let sum = f64x2.splat(0);
  let finite = i64x2.splat(0);
  let left = count;
  for (; left >= 2; left -= 2) {
    const v = v128.load(source);
    const isFinite = f64x2.lt(f64x2.abs(v), limit);
    least = f64x2.pmin(least, v128.bitselect(v, limit, isFinite));
    most = f64x2.pmax(most, v128.bitselect(v, floor, isFinite));
    sum = f64x2.add(sum, v128.and(v, isFinite));
    finite = i64x2.sub(finite, isFinite);
    source += 16;
  }
  let low = min(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1));
  let top = max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
  let total = lanes(sum);
  let number = <f64>(i64x2.extract_lane(finite, 0) + i64x2.extract_lane(finite, 1));
  if (left > 0) {
    const value = load<f64>(source);
    if (value - value == 0) {
      if (value < low) low = value;
      if (value > top) top = value;
      total += value;
      number += 1;
    }
  }
  store<f64>(output, low);
  store<f64>(output, top, 8);
  store<f64>(output, total, 16);
  store<f64>(output, number, 24);
}

/** The sums of the first four powers of value less `guess`, NaN left out, to `output` as four float64. */
// @ts-ignore: decorator
@inline
function moments<T>(source: usize, count: i32, guess: f64, output: usize): void {
  const guesses = f64x2.splat(guess);
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let c = f64x2.splat(0);
  let d = f64x2.splat(0);
  let left = count;
  for (; left >= 2; left -= 2) {
    const v = sizeof<T>() == 4 ? f64x2.promote_low_f32x4(v128.load64_zero(source)) : v128.load(source);
    const apart = f64x2.sub(v, guesses);
    const x = v128.and(apart, f64x2.eq(apart, apart));
    const square = f64x2.mul(x, x);
    a = f64x2.add(a, x);
    b = f64x2.add(b, square);
    c = f64x2.add(c, f64x2.mul(square, x));
    d = f64x2.add(d, f64x2.mul(square, square));
    source += 2 * sizeof<T>();
  }
  let one = lanes(a);
  let two = lanes(b);
  let three = lanes(c);
  let four = lanes(d);
  if (left > 0) {
    const x = <f64>load<T>(source) - guess;
    if (x == x) {
      one += x;
      two += x * x;
      three += x * x * x;
      four += x * x * (x * x);
    }
  }
  store<f64>(output, one);
  store<f64>(output, two, 8);
  store<f64>(output, three, 16);
  store<f64>(output, four, 24);
}

export function momentsF32(source: usize, count: i32, guess: f64, output: usize): void {
  moments<f32>(source, count, guess, output);
}

export function momentsF64(source: usize, count: i32, guess: f64, output: usize): void {
  moments<f64>(source, count, guess, output);
}

// @ts-ignore: decorator
@inline
function binOf(value: f64, low: f64, scale: f64, bins: i32): i32 {
  return min(<i32>((value - low) * scale), bins - 1);
}

/** Counts the pixels from `low` to `highest` by bins of equal width, in integers of 32 bits. */
// @ts-ignore: decorator
@inline
function countBins<T>(source: usize, count: i32, low: f64, highest: f64, scale: f64, bins: i32, counts: usize): void {
  for (let left = count; left > 0; left -= 1) {
    const value = <f64>load<T>(source);
    if (value >= low && value <= highest) {
      const at = counts + (<usize>binOf(value, low, scale, bins) << 2);
      store<u32>(at, load<u32>(at) + 1);
    }
    source += sizeof<T>();
  }
}

export function countBinsF32(source: usize, count: i32, low: f64, highest: f64, scale: f64, bins: i32, counts: usize): void {
  countBins<f32>(source, count, low, highest, scale, bins, counts);
}

export function countBinsF64(source: usize, count: i32, low: f64, highest: f64, scale: f64, bins: i32, counts: usize): void {
  countBins<f64>(source, count, low, highest, scale, bins, counts);
}

/**
 * Keeps the pixels of those bins that `wanted` has a number for, a byte a bin: the values as float64 and their numbers as bytes, for
 * each of which there is room for all pixels and one more.
 *
 * @returns how many
 */
// @ts-ignore: decorator
@inline
function pickBins<T>(source: usize, count: i32, low: f64, highest: f64, scale: f64, bins: i32, wanted: usize, values: usize, numbers: usize): i32 {
  let kept: usize = 0;
  for (let left = count; left > 0; left -= 1) {
    const value = <f64>load<T>(source);
    if (value >= low && value <= highest) {
      const number = load<u8>(wanted + <usize>binOf(value, low, scale, bins));
      store<f64>(values + (kept << 3), value);
      store<u8>(numbers + kept, number);
      kept += <usize>(number != 0);
    }
    source += sizeof<T>();
  }
  return <i32>kept;
}

export function pickBinsF32(source: usize, count: i32, low: f64, highest: f64, scale: f64, bins: i32, wanted: usize, values: usize, numbers: usize): i32 {
  return pickBins<f32>(source, count, low, highest, scale, bins, wanted, values, numbers);
}

export function pickBinsF64(source: usize, count: i32, low: f64, highest: f64, scale: f64, bins: i32, wanted: usize, values: usize, numbers: usize): i32 {
  return pickBins<f64>(source, count, low, highest, scale, bins, wanted, values, numbers);
}
