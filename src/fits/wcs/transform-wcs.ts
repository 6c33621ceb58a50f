import { FirstlightError } from "../../core/errors.ts";
import { real } from "../../core/scalar.ts";
import type { Header } from "../header.ts";
import { moveLinearSystem } from "./linear-system.ts";
import { applied, extended, inverse, isIdentity, type PixelMap, product } from "./pixel-map.ts";
import { moveSip } from "./sip.ts";

const systemCard = /^(?:(?:CTYPE|CRPIX|CRVAL|CDELT|CUNIT|CROTA)(\d{1,2})|(?:PC|CD)(\d{1,2})_(\d{1,2}))([A-Z]?)$/;
const sipCard = /^(?:A|B|AP|BP)_ORDER$/;
/** Distortions by look-up table and of other kinds, whose coordinates are pixels of the old image. */
const distortionCard = /^(?:C[PQ]DIS\d+[A-Z]?|D2IMDIS\d+|AXISCORR|D2IM\d+)$/;
const deprecatedCard = /^PC(\d{3})(\d{3})$/;

/**
 * The header of an image whose pixels were moved: every feature keeps its world coordinates in every coordinate system of the
 * header (FITS 4.0 §8), the primary and the alternates A to Z, with SIP distortion, and its physical coordinates (LTMi_j, LTVi).
 * Projection parameters (PVi_m, PSi_m) and what else follows the linear part stay as they are. A header without coordinates
 * stays without.
 *
 * @throws FirstlightError FITS_WCS_UNSUPPORTED for distortion by look-up tables (CPDISj, CQDISi, D2IMDISj), which lie over the old
 * pixels, and for SIP where the map mixes the first two axes with others; MATH_SINGULAR for a map without an inverse
 */
export function transformWcs(header: Header, map: PixelMap): Header {
  const result = header.clone();
  if (isIdentity(map.linear) && map.offset.every((value) => value === 0)) return result;
  const distortion = result.cards.find(({ keyword }) => distortionCard.test(keyword));
  if (distortion !== undefined)
    throw unsupported(result, distortion.keyword, "is a distortion given over the old pixels");
  spellOut(result);
  const systems = new Map<string, number>();
  for (const { keyword } of result.cards) {
    const [, axis, i, j, alternate = ""] = systemCard.exec(keyword) ?? [];
    const highest = Math.max(...[axis, i, j].map((digits) => Number(digits ?? 0)));
    if (highest > 0) systems.set(alternate, Math.max(highest, systems.get(alternate) ?? map.linear.length));
  }
  for (const [alternate, size] of systems) moveLinearSystem(result, alternate, extended(map, size));
  const sip = result.cards.find(({ keyword }) => sipCard.test(keyword));
  if (sip !== undefined) {
    const mixes = map.linear.some((row, i) => row.some((value, j) => i < 2 !== j < 2 && value !== 0));
    if (mixes)
      throw unsupported(result, sip.keyword, "is a distortion of the first two axes, which this map mixes with others");
    moveSip(result, extended(map, 2).linear);
  }
  movePhysical(result, map);
  return result;
}

/** Logical = LTM · physical + LTV, IRAF's convention. */
function movePhysical(header: Header, map: PixelMap): void {
  const axes = header.cards.flatMap(({ keyword }) => {
    const [, axis, i, j] = /^(?:LTV(\d)|LTM(\d)_(\d))$/.exec(keyword) ?? [];
    return [axis, i, j].flatMap((digit) => (digit === undefined ? [] : [Number(digit)]));
  });
  if (axes.length === 0) return;
  const { linear, offset } = extended(map, Math.max(...axes));
  const valueAt = (key: string, standard: number): number =>
    header.get(key) === undefined ? standard : header.number(key);
  const back = inverse(linear);
  const matrix = linear.map((row, i) => row.map((_, j) => valueAt(`LTM${i + 1}_${j + 1}`, i === j ? 1 : 0)));
  const vector = linear.map((_, i) => valueAt(`LTV${i + 1}`, 0) - (offset[i] ?? 0));
  const put = (key: string, value: number, standard: number): void => {
    if (valueAt(key, standard) !== value) header.set(key, real(value + 0), header.card(key)?.comment ?? "");
  };
  for (const [i, row] of product(back, matrix).entries()) {
    for (const [j, value] of row.entries()) put(`LTM${i + 1}_${j + 1}`, value, i === j ? 1 : 0);
  }
  for (const [i, value] of applied(back, vector).entries()) put(`LTV${i + 1}`, value, 0);
}

/** PC001002, the spelling before the standard had one, becomes PC1_2. */
function spellOut(header: Header): void {
  for (const { keyword } of [...header.cards]) {
    const [, i, j] = deprecatedCard.exec(keyword) ?? [];
    if (i === undefined || j === undefined) continue;
    const key = `PC${Number(i)}_${Number(j)}`;
    if (!header.has(key))
      header.setAfter(keyword, key, real(header.number(keyword)), header.card(keyword)?.comment ?? "");
    header.delete(keyword);
  }
}

function unsupported(header: Header, keyword: string, what: string): FirstlightError {
  return new FirstlightError(
    "FITS_WCS_UNSUPPORTED",
    `The card ${keyword}${header.origin === undefined ? "" : ` of ${header.origin}`} ${what}, and cannot be kept true; delete the distortion's cards to go on without it.`,
    { disposition: "invalid", fields: { keyword, file: header.origin } },
  );
}
