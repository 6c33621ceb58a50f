// Reals to levels, to the bit what tile-noise.ts and quantize.ts make of them.
import { fill, length as sequenceLength, sequence } from "./dequantize";

/** Bins for the leading bits of absolute differences: of float32 the exponent and three bits more, of float64 the exponent. */
const bins: i32 = 2048;
const counts: usize = memory.data(8192, 16);

// @ts-ignore: decorator
@inline
function binOf<T>(at: usize): u32 {
  return sizeof<T>() == 4 ? load<u32>(at) >> 20 : <u32>(load<u64>(at) >> 52);
}

/** The value in the middle of so many that are not negative, of an even number the lower one of two. `spare` has room for them all. */
// @ts-ignore: decorator
@inline
function lowerMedian<T>(values: usize, count: i32, spare: usize): f64 {
  memory.fill(counts, 0, <usize>bins << 2);
  const stop = values + <usize>count * sizeof<T>();
  for (let at = values; at < stop; at += sizeof<T>()) {
    const bin = counts + (<usize>(binOf<T>(at) & 2047) << 2);
    store<i32>(bin, load<i32>(bin) + 1);
  }
  let rank = (count - 1) >> 1;
  let wanted: u32 = 0;
  for (; rank >= load<i32>(counts + (<usize>wanted << 2)); wanted += 1) rank -= load<i32>(counts + (<usize>wanted << 2));
  let some: usize = 0;
  for (let at = values; at < stop; at += sizeof<T>()) {
    store<T>(spare + some * sizeof<T>(), load<T>(at));
    some += <usize>((binOf<T>(at) & 2047) == wanted);
  }
  let low: i32 = 0;
  let high: i32 = <i32>some - 1;
  while (low < high) {
    const pivot = load<T>(spare + <usize>rank * sizeof<T>());
    let left = low;
    let right = high;
    while (left <= right) {
      while (load<T>(spare + <usize>left * sizeof<T>()) < pivot) left += 1;
      while (load<T>(spare + <usize>right * sizeof<T>()) > pivot) right -= 1;
      if (left > right) break;
      const one = spare + <usize>left * sizeof<T>();
      const other = spare + <usize>right * sizeof<T>();
      const value = load<T>(one);
      store<T>(one, load<T>(other));
      store<T>(other, value);
      left += 1;
      right -= 1;
    }
    if (right < rank) low = left;
    if (rank < left) high = right;
  }
  return <f64>load<T>(spare + <usize>rank * sizeof<T>());
}

/**
 * The noise of a row of finite pixels or NaN. `work` has room for four rows, each with a vector more.
 *
 * @returns to `output`, as float64: how many differences of second order, their median; of third; the median of third order, of fifth;
 * least and greatest pixel; how many are not NaN. A median of none is 0.
 */
// @ts-ignore: decorator
@inline
function noiseRow<T>(source: usize, count: i32, work: usize, output: usize): void {
  const rowBytes = <usize>count * sizeof<T>() + 16;
  const second = work;
  const third = work + rowBytes;
  const fifth = third + rowBytes;
  const spare = fifth + rowBytes;
  let least: T = <T>Infinity;
  let most: T = <T>-Infinity;
  // The row without NaN, in its own place among the differences: they are written behind it.
  let defined: i32 = 0;
  for (let index = 0; index < count; index += 1) {
    const value = load<T>(source + <usize>index * sizeof<T>());
    if (value < least) least = value;
    if (value > most) most = value;
    store<T>(spare + <usize>defined * sizeof<T>(), value);
    defined += <i32>(value == value);
  }
  let seconds: i32 = 0;
  let thirds: i32 = 0;
  const stop = spare + <usize>defined * sizeof<T>();
  for (let at = spare + 8 * sizeof<T>(); at < stop; at += sizeof<T>()) {
    const v3 = load<T>(at - 6 * sizeof<T>());
    const v4 = load<T>(at - 5 * sizeof<T>());
    const v5 = load<T>(at - 4 * sizeof<T>());
    const v6 = load<T>(at - 3 * sizeof<T>());
    const v7 = load<T>(at - 2 * sizeof<T>());
    const isFlat = v5 == v6 && v6 == v7;
    store<T>(second + <usize>seconds * sizeof<T>(), abs<T>(v5 - v7));
    seconds += <i32>!isFlat;
    store<T>(third + <usize>thirds * sizeof<T>(), abs<T>(<T>2 * v5 - v3 - v7));
    store<T>(fifth + <usize>thirds * sizeof<T>(), abs<T>(<T>6 * v5 - <T>4 * v3 - <T>4 * v7 + load<T>(at - 8 * sizeof<T>()) + load<T>(at)));
    thirds += <i32>!(isFlat && v3 == v4 && v4 == v5);
  }
  store<f64>(output, <f64>seconds);
  store<f64>(output, seconds == 0 ? 0 : lowerMedian<T>(second, seconds, spare), 8);
  store<f64>(output, <f64>thirds, 16);
  store<f64>(output, thirds == 0 ? 0 : lowerMedian<T>(third, thirds, spare), 24);
  store<f64>(output, thirds == 0 ? 0 : lowerMedian<T>(fifth, thirds, spare), 32);
  store<f64>(output, <f64>least, 40);
  store<f64>(output, <f64>most, 48);
  store<f64>(output, <f64>defined, 56);
}

export function noiseRowF32(source: usize, count: i32, work: usize, output: usize): void {
  noiseRow<f32>(source, count, work, output);
}

export function noiseRowF64(source: usize, count: i32, work: usize, output: usize): void {
  noiseRow<f64>(source, count, work, output);
}

const undefinedLevel: i32 = -2147483647;
const exactZero: i32 = -2147483646;

// @ts-ignore: decorator
@inline
function nearest(v: v128): v128 {
  // Halves go away from zero.
  const half = v128.or(f64x2.splat(0.5), v128.and(v, f64x2.splat(-0.0)));
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.add(v, half));
}

/** `round` is negative where there is no dither; else where the random numbers start, 0 to 9999. Levels are within 32 bits. */
// @ts-ignore: decorator
@inline
function quantize<T>(source: usize, target: usize, count: i32, scale: f64, zero: f64, round: i32, keepsZero: bool): void {
  fill();
  const isDithered = round >= 0;
  const scales = f64x2.splat(scale);
  const zeros = f64x2.splat(zero);
  const half = f64x2.splat(0.5);
  const keep = i32x4.splat(isDithered && keepsZero ? -1 : 0);
  let next = isDithered ? <i32>(load<f32>(sequence + (<usize>round << 2)) * 500) : 0;
  let left = count;
  while (left > 0) {
    let some = left;
    if (isDithered && some > sequenceLength - next) some = sequenceLength - next;
    left -= some;
    for (; some > 0; some -= 2) {
      // Of an odd number the last one comes by itself.
      const isPair = some > 1;
      let v: v128;
      if (sizeof<T>() == 4) v = f64x2.promote_low_f32x4(isPair ? v128.load64_zero(source) : v128.load32_zero(source));
      else v = isPair ? v128.load(source) : v128.load64_zero(source);
      let level = f64x2.div(f64x2.sub(v, zeros), scales);
      if (isDithered) {
        const at = sequence + (<usize>next << 2);
        level = f64x2.sub(f64x2.add(level, f64x2.promote_low_f32x4(isPair ? v128.load64_zero(at) : v128.load32_zero(at))), half);
      }
      const isUndefined = f64x2.ne(v, v);
      const isZero = f64x2.eq(v, f64x2.splat(0));
      // Masks of 64 bits, to the lower two of 32.
      const undefinedMask = v128.shuffle<u8>(isUndefined, isUndefined, 0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11);
      const zeroMask = v128.and(keep, v128.shuffle<u8>(isZero, isZero, 0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11));
      let levels = v128.bitselect(i32x4.splat(exactZero), nearest(level), zeroMask);
      levels = v128.bitselect(i32x4.splat(undefinedLevel), levels, undefinedMask);
      if (isPair) {
        store<i64>(target, i64x2.extract_lane(levels, 0));
        source += 2 * sizeof<T>();
        target += 8;
        if (isDithered) next += 2;
      } else {
        store<i32>(target, i32x4.extract_lane(levels, 0));
        source += sizeof<T>();
        target += 4;
        if (isDithered) next += 1;
      }
    }
    if (isDithered && next == sequenceLength) {
      round = (round + 1) % sequenceLength;
      next = <i32>(load<f32>(sequence + (<usize>round << 2)) * 500);
    }
  }
}

export function quantizeF32(source: usize, target: usize, count: i32, scale: f64, zero: f64, round: i32, keepsZero: bool): void {
  quantize<f32>(source, target, count, scale, zero, round, keepsZero);
}

export function quantizeF64(source: usize, target: usize, count: i32, scale: f64, zero: f64, round: i32, keepsZero: bool): void {
  quantize<f64>(source, target, count, scale, zero, round, keepsZero);
}
