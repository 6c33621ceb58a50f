import { expect, test } from "vitest";
import { fitsFileName } from "../../src/fits/fits-file-name.ts";

test.each([
  ["/l0/sun.fits", "sun.fits"],
  ["l0/sun.fits.fz", "sun.fits"],
  ["sun.FTS.GZ", "sun.FTS"],
  ["gz/archive.fz.fit", "archive.fz.fit"],
])("a product of %s is called %s", (path, name) => {
  expect(fitsFileName(path)).toBe(name);
});
