/** How a pixel is stored: an unsigned byte, a signed integer of so many bits, or a real of so many bits (FITS 4.0 table 8). */
export type Bitpix = 8 | 16 | 32 | 64 | -32 | -64;

export function isBitpix(value: number): value is Bitpix {
  return value === 8 || value === 16 || value === 32 || value === 64 || value === -32 || value === -64;
}
