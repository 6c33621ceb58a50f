import type { NdArray } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import type { Header } from "../fits/header.ts";

/** A frame of what a result carries with a header of its own; parts that are not there are left away. */
export function carried(
  header: Header,
  image: NdArray,
  flags: Uint32Array | undefined,
  variances: NdArray["data"] | undefined,
): Frame {
  const { shape } = image;
  return {
    header: header.clone(),
    image,
    ...(flags === undefined ? {} : { mask: { data: flags, shape } }),
    ...(variances === undefined ? {} : { variance: { data: variances, shape } }),
  };
}
