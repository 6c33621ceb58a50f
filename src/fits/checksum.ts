import { wordSummer } from "../kernels/word-summer.ts";

/**
 * The 32-bit ones'-complement sum of big-endian words that DATASUM and CHECKSUM are made of (FITS 4.0 §4.4.2.7 and
 * appendix J). `bytes` count as padded with zeros to whole words; `start` is the sum of what came before, itself whole words.
 */
export function sumWords(bytes: Uint8Array, start = 0): number {
  using summer = wordSummer();
  return summer.add(bytes, start);
}

const excluded = new Set([...":;<=>?@[\\]^_`"].map((character) => character.charCodeAt(0)));

/** The 16 characters of a CHECKSUM card whose complement makes a sum of `sum` to all ones (FITS 4.0 appendix J.2). */
export function encodeChecksum(sum: number): string {
  const complement = ~sum >>> 0;
  const characters = new Array<string>(16);
  for (let byteIndex = 0; byteIndex < 4; byteIndex += 1) {
    const byte = (complement >>> (24 - 8 * byteIndex)) & 0xff;
    const quotient = (byte >>> 2) + 48;
    const quarters = [quotient + (byte & 3), quotient, quotient, quotient];
    // Letters and digits only: move the pairs apart, which keeps their sum, until none is punctuation.
    while (quarters.some((code) => excluded.has(code))) {
      for (const left of [0, 2]) {
        const [a = 0, b = 0] = quarters.slice(left, left + 2);
        if (excluded.has(a) || excluded.has(b)) quarters.splice(left, 2, a + 1, b - 1);
      }
    }
    // Rotated right by one, as the value starts in column 12, the last byte of a word.
    for (const [row, code] of quarters.entries()) {
      characters[(4 * row + byteIndex + 1) % 16] = String.fromCharCode(code);
    }
  }
  return characters.join("");
}
