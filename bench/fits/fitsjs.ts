import { readFileSync } from "node:fs";

interface FitsJs {
  readonly Header: new (text: string) => unknown;
  readonly Image: new (header: unknown, data: ArrayBuffer) => FitsJsImage;
}

interface FitsJsImage {
  readonly bitpix: number;
  readonly bzero: number;
  readonly bscale: number;
  readonly frameOffsets: readonly { readonly buffers: readonly ArrayBuffer[] }[];
  _getFrame(buffer: ArrayBuffer, bitpix: number, bzero: number, bscale: number): ArrayLike<number>;
}

/** The mean by fitsjs, which reads files with a browser's parts only; so it gets bytes, and finds its own classes in a global. */
export function readFitsjs({ astro }: { readonly astro: { readonly FITS: FitsJs } }, paths: readonly string[]): number {
  (globalThis as { astro?: unknown }).astro = astro;
  const { Header, Image } = astro.FITS;
  let sums = new Float64Array(0);
  for (const path of paths) {
    const bytes = readFileSync(path);
    const data = Uint8Array.prototype.slice.call(bytes, 2880).buffer;
    const image = new Image(new Header(bytes.toString("latin1", 0, 2880)), data as ArrayBuffer);
    const buffer = image.frameOffsets[0]?.buffers[0];
    if (buffer === undefined) throw new Error(`fitsjs finds no frame in ${path}`);
    const pixels = image._getFrame(buffer, image.bitpix, image.bzero, image.bscale);
    if (sums.length === 0) sums = new Float64Array(pixels.length);
    for (let i = 0; i < sums.length; i += 1) sums[i] = (sums[i] ?? 0) + (pixels[i] ?? 0);
  }
  return Number(sums[0]);
}
