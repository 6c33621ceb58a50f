import { real } from "../../core/scalar.ts";
import type { Header } from "../header.ts";
import { applied, at, identity, inverse, isDiagonal, type Matrix, type PixelMap, product } from "./pixel-map.ts";

/**
 * Moves one coordinate system of a header, the primary (`""`) or an alternate (`"A"` to `"Z"`), with the pixels: its linear part
 * L, from pixels to intermediate world coordinates (FITS 4.0 §8.1), becomes L · map.linear, and CRPIX goes where the pixel goes.
 * Reflection and scaling along the axes change CDELTi or CDi_j and leave rotations be; any other map goes into PCi_j or CDi_j, and
 * takes the deprecated CROTAi, which cannot hold it, into PCi_j.
 */
export function moveLinearSystem(header: Header, alternate: string, map: PixelMap): void {
  const size = map.linear.length;
  const axes = Array.from({ length: size }, (_, i) => i);
  const valueAt = (key: string, standard: number): number =>
    header.get(`${key}${alternate}`) === undefined ? standard : header.number(`${key}${alternate}`);
  const put = (key: string, value: number, standard: number, comment: string): void => {
    if (valueAt(key, standard) === value) return;
    const name = `${key}${alternate}`;
    header.set(name, real(value + 0), header.card(name)?.comment || comment);
  };
  const hasAny = (key: "PC" | "CD"): boolean =>
    axes.some((i) => axes.some((j) => header.has(`${key}${i + 1}_${j + 1}${alternate}`)));
  const matrixOf = (key: "PC" | "CD"): number[][] =>
    axes.map((i) => axes.map((j) => valueAt(`${key}${i + 1}_${j + 1}`, key === "PC" && i === j ? 1 : 0)));
  const putMatrix = (key: "PC" | "CD", matrix: Matrix): void => {
    for (const i of axes) {
      for (const j of axes) {
        put(
          `${key}${i + 1}_${j + 1}`,
          at(matrix, i, j),
          key === "PC" && i === j ? 1 : 0,
          "linear transformation of the pixels",
        );
      }
    }
  };

  const moved = applied(
    inverse(map.linear),
    axes.map((i) => valueAt(`CRPIX${i + 1}`, 0) - (map.offset[i] ?? 0)),
  );
  for (const i of axes) put(`CRPIX${i + 1}`, moved[i] as number, 0, "reference pixel");

  const scales = axes.map((i) => valueAt(`CDELT${i + 1}`, 1));
  const [hasCd, hasPc] = [hasAny("CD"), hasAny("PC")];
  if (hasCd) putMatrix("CD", product(matrixOf("CD"), map.linear));
  if (isDiagonal(map.linear)) {
    const factors = axes.map((i) => at(map.linear, i, i));
    for (const i of axes) {
      const own = `CDELT${i + 1}`;
      if (!hasCd || header.has(`${own}${alternate}`)) {
        put(own, (scales[i] as number) * (factors[i] as number), 1, "coordinate increment at the reference pixel");
      }
    }
    if (hasPc) {
      const ratio = (i: number, j: number): number => (factors[j] as number) / (factors[i] as number);
      putMatrix(
        "PC",
        matrixOf("PC").map((row, i) => row.map((value, j) => value * ratio(i, j))),
      );
    }
  } else if (hasPc || !hasCd) {
    const rotation = hasPc || alternate !== "" ? undefined : rotationOf(header, size);
    const before = rotation === undefined ? matrixOf("PC") : unscaled(rotation, scales);
    putMatrix("PC", product(before, map.linear));
    for (const i of axes) header.delete(`CROTA${i + 1}${alternate}`);
  } else {
    // Beside CDi_j these mean nothing to the standard, and no longer say what they did to whoever reads them.
    for (const i of axes) for (const key of ["CDELT", "CROTA"]) header.delete(`${key}${i + 1}${alternate}`);
  }
}

/** The rotation that CROTA of the latitude axis stands for, behind the scales (M. R. Calabretta, E. W. Greisen, A&A 395 (2002) 1077, §6.1). */
function rotationOf(header: Header, size: number): Matrix | undefined {
  const find = (pattern: RegExp): number =>
    Array.from({ length: size }, (_, i) => String(header.get(`CTYPE${i + 1}`) ?? "")).findIndex((type) =>
      pattern.test(type),
    );
  const [longitude, latitude] = [find(/^(?:RA--|.LON|..LN)/), find(/^(?:DEC-|.LAT|..LT)/)];
  const [x, y] = longitude < 0 || latitude < 0 ? [0, 1] : [longitude, latitude];
  const key = [`CROTA${y + 1}`, `CROTA${x + 1}`].find((name) => header.get(name) !== undefined);
  if (key === undefined || y >= size || x >= size) return undefined;
  const angle = (header.number(key) * Math.PI) / 180;
  const rotation = identity(size);
  const set = (i: number, j: number, value: number): void => {
    (rotation[i] as number[])[j] = value;
  };
  set(x, x, Math.cos(angle));
  set(x, y, -Math.sin(angle));
  set(y, x, Math.sin(angle));
  set(y, y, Math.cos(angle));
  return rotation;
}

/** PC such that diag(scales) · PC = rotation · diag(scales). */
function unscaled(rotation: Matrix, scales: readonly number[]): number[][] {
  return rotation.map((row, i) =>
    row.map((value, j) => (i === j || value === 0 ? value : (value * (scales[j] as number)) / (scales[i] as number))),
  );
}
