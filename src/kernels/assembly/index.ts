export { addF32, addF64, addI16, addI32, addOwnF32, addOwnF64, addOwnI16, addOwnI32, addOwnU8, addU8, divideF32, divideNarrowF32, widenSums } from "./accumulate";
export { sumWords } from "./bytes";
export { wordChanges } from "./changes";
export { dequantizeF32, dequantizeF64 } from "./dequantize";
export { encodeRice16, encodeRice32, encodeRice8 } from "./encode";
export { noiseRowF32, noiseRowF64, quantizeF32, quantizeF64 } from "./quantize";
export { decodeRice8, decodeRice16, decodeRice32 } from "./rice";
export { censusF32, censusF64, countBinsF32, countBinsF64, momentsF32, momentsF64, pickBinsF32, pickBinsF64 } from "./statistics";

/** Where memory begins that is nobody's. */
export function firstFree(): usize {
  return __heap_base;
}
