// Orders of bytes for `i8x16.swizzle`, which turn big-endian words to this machine's. They lie in memory, and a loop takes one to a
// variable before it begins: V8 makes of a constant order, as of v128.shuffle with one, four to seven instructions at each use.

const order16 = memory.data<u8>([1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14], 16);
const order32 = memory.data<u8>([3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12], 16);
const order64 = memory.data<u8>([7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8], 16);

// @ts-ignore: decorator
@inline
export function swap16(): v128 {
  return v128.load(order16);
}

// @ts-ignore: decorator
@inline
export function swap32(): v128 {
  return v128.load(order32);
}

// @ts-ignore: decorator
@inline
export function swap64(): v128 {
  return v128.load(order64);
}

/** With its upper half in the lower one, for operations that take that alone. */
// @ts-ignore: decorator
@inline
export function upper(v: v128): v128 {
  return v128.shuffle<u8>(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
}
