import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { readImage } from "../../src/fits/index.ts";
import { readCase } from "./cases.ts";

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

/** fitsjs finds its own classes through a global, and reads files with browser parts only; so it gets bytes. */
function fitsjs(): FitsJs {
  const { astro } = createRequire(import.meta.url)("fitsjs") as { astro: { FITS: FitsJs } };
  (globalThis as { astro?: unknown }).astro = astro;
  return astro.FITS;
}

test.each([["i16"], ["i32"], ["f32"]])("fitsjs reads the same pixels from %s", async (name) => {
  const { Header, Image } = fitsjs();
  const { bytes, source } = await readCase(name);
  const image = new Image(
    new Header(Buffer.from(bytes.subarray(0, 2880)).toString("latin1")),
    bytes.slice(2880).buffer,
  );
  const [buffer] = image.frameOffsets[0]!.buffers;
  const theirs = image._getFrame(buffer!, image.bitpix, image.bzero, image.bscale);
  const ours = await readImage(source);
  expect(Array.from(ours.data, Number)).toEqual(Array.from(theirs).slice(0, ours.data.length));
});
