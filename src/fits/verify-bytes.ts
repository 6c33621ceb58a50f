/** What is wrong with the bytes of logicals, or `undefined`. */
export function logicalProblem(bytes: Uint8Array): string | undefined {
  const found = bytes.find((byte) => byte !== 84 && byte !== 70 && byte !== 0);
  return found === undefined ? undefined : `the byte ${found} is no logical; expected T, F or 0.`;
}

/** Of a text; behind a NUL it has no characters. */
export function textProblem(bytes: Uint8Array): string | undefined {
  for (const byte of bytes) {
    if (byte === 0) return undefined;
    if (byte < 0x20 || byte > 0x7e)
      return `the text holds the byte 0x${byte.toString(16).padStart(2, "0")}, which is not ASCII text.`;
  }
  return undefined;
}
