/** How many random numbers the standard's sequence has. */
export const ditherLength = 10_000;

/**
 * The random numbers between 0 and 1 that dithering adds and subtracts (FITS 4.0 appendix I; Park and Miller 1988), rounded
 * to float32 as every writer and reader does.
 */
export const ditherSequence: Readonly<Float32Array> = makeSequence();

function makeSequence(): Float32Array {
  const sequence = new Float32Array(ditherLength);
  let seed = 1;
  for (let index = 0; index < ditherLength; index += 1) {
    seed = (16807 * seed) % 2147483647;
    sequence[index] = seed / 2147483647;
  }
  return sequence;
}

/** Where in the sequence a round of pixels starts: the sequence's own number `index` says it. */
export function ditherStart(index: number): number {
  return Math.trunc(Math.fround((ditherSequence[index] as number) * 500));
}
