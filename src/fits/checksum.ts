/**
 * The 32-bit ones'-complement sum of big-endian words that DATASUM and CHECKSUM are made of (FITS 4.0 §4.4.2.7 and
 * appendix J). `bytes` count as padded with zeros to whole words; `start` is the sum of what came before, itself whole words.
 */
export function sumWords(bytes: Uint8Array, start = 0): number {
  const whole = bytes.length - (bytes.length % 4);
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, whole / 4);
  // Each byte of the word is summed by itself, two at a time in the halves of an integer: after 256 words a half is
  // nearly full. So no word is swapped.
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let index = 0; index < words.length; ) {
    const stop = Math.min(index + 256, words.length);
    let even = 0;
    let odd = 0;
    for (; index < stop; index += 1) {
      const word = words[index] as number;
      even = (even + (word & 0xff00ff)) | 0;
      odd = (odd + ((word >>> 8) & 0xff00ff)) | 0;
    }
    first += even & 0xffff;
    second += odd & 0xffff;
    third += even >>> 16;
    fourth += odd >>> 16;
  }
  for (let index = whole; index < bytes.length; index += 1) {
    const byte = bytes[index] as number;
    if (index - whole === 0) first += byte;
    else if (index - whole === 1) second += byte;
    else third += byte;
  }
  let sum = BigInt(start) + (BigInt(first) << 24n) + (BigInt(second) << 16n) + (BigInt(third) << 8n) + BigInt(fourth);
  while (sum > 0xffffffffn) sum = (sum & 0xffffffffn) + (sum >> 32n);
  return Number(sum);
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
