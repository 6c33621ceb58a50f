import { basename } from "node:path";

/** The name of a FITS file without its folder and its compression: `sun.fits` of `/l0/sun.fits.fz`. For a product made of it. */
export function fitsFileName(path: string): string {
  return basename(path).replace(/\.(?:gz|fz)$/i, "");
}
