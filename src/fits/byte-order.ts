/**
 * Turns big-endian words of `wordBytes` into this machine's order, or back, in place and as integers: a signalling NaN
 * keeps its payload. `bytes` must start at a multiple of `wordBytes` in its buffer.
 */
export function swapWords(bytes: Uint8Array, wordBytes: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (wordBytes === 2) buffer.swap16();
  else if (wordBytes === 4) buffer.swap32();
  else if (wordBytes === 8) buffer.swap64();
}

/**
 * Flips the highest bit of every word, in this machine's order and in place: what adding 2^(bits-1) comes to, and so
 * the step between an unsigned integer and its stored signed one (FITS 4.0 §4.4.2.5, table 11).
 */
export function flipSigns(bytes: Uint8Array, wordBytes: number): void {
  if (wordBytes >= 4) {
    const step = wordBytes / 4;
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    for (let index = step - 1; index < words.length; index += step)
      words[index] = (words[index] as number) ^ 0x80000000;
    return;
  }
  const pattern = wordBytes === 2 ? 0x80008000 : 0x80808080;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes.byteLength - (bytes.byteLength % 4) : 0;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset - (bytes.byteOffset % 4), aligned / 4);
  for (let index = 0; index < words.length; index += 1) words[index] = (words[index] as number) ^ pattern;
  for (let index = aligned; index < bytes.length; index += 1) {
    if (wordBytes === 1 || index % 2 === 1) bytes[index] = (bytes[index] as number) ^ 0x80;
  }
}
