/** Headers and data units fill whole blocks of this size (FITS 4.0 §3.1). */
export const blockBytes = 2880;

/** The size in whole blocks. */
export function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / blockBytes) * blockBytes;
}
