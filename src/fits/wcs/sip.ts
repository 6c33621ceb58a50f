import { real } from "../../core/scalar.ts";
import type { Header } from "../header.ts";
import { at, inverse, isDiagonal, isIdentity, type Matrix } from "./pixel-map.ts";

/** Coefficients by exponent: `terms[p][q]` of uᵖvᑫ. */
type Polynomial = readonly (readonly number[])[];

/**
 * Moves the distortion polynomials of the SIP convention (D. L. Shupe et al., ASP Conf. Ser. 347 (2005) 491) with the pixels.
 * They are of the offsets from CRPIX, so a translation leaves them; under a linear map M the correction f(u) becomes M⁻¹ f(M u'),
 * which is a polynomial of the same order: nothing is lost.
 */
export function moveSip(header: Header, linear: Matrix): void {
  const turn = [
    [at(linear, 0, 0), at(linear, 0, 1)],
    [at(linear, 1, 0), at(linear, 1, 1)],
  ];
  if (isIdentity(turn)) return;
  const back = inverse(turn);
  for (const [first, second] of [
    ["A", "B"],
    ["AP", "BP"],
  ] as const) {
    if (!header.has(`${first}_ORDER`) && !header.has(`${second}_ORDER`)) continue;
    const orders = [first, second].map((name) => orderOf(header, name)) as [number, number];
    const order = isDiagonal(turn) ? undefined : Math.max(...orders);
    const [f, g] = [
      turned(polynomialOf(header, first, orders[0]), turn, order ?? orders[0]),
      turned(polynomialOf(header, second, orders[1]), turn, order ?? orders[1]),
    ];
    put(header, first, orders[0], order, (p, q) => at(back, 0, 0) * at(f, p, q) + at(back, 0, 1) * at(g, p, q));
    put(header, second, orders[1], order, (p, q) => at(back, 1, 0) * at(f, p, q) + at(back, 1, 1) * at(g, p, q));
  }
}

function orderOf(header: Header, name: string): number {
  return header.has(`${name}_ORDER`) ? header.integer(`${name}_ORDER`) : 0;
}

function polynomialOf(header: Header, name: string, order: number): Polynomial {
  return Array.from({ length: order + 1 }, (_, p) =>
    Array.from({ length: order + 1 - p }, (_, q) => {
      const key = `${name}_${p}_${q}`;
      return header.get(key) === undefined ? 0 : header.number(key);
    }),
  );
}

/** The polynomial of (u, v) as one of (u', v'), with (u, v) = turn · (u', v'). */
function turned(polynomial: Polynomial, turn: Matrix, order: number): number[][] {
  const sum = Array.from({ length: order + 1 }, (_, p) => new Array<number>(order + 1 - p).fill(0));
  for (const [p, row] of polynomial.entries()) {
    for (const [q, coefficient] of row.entries()) {
      if (coefficient === 0) continue;
      let expanded = [coefficient];
      for (let k = 0; k < p; k++) expanded = timesLinear(expanded, at(turn, 0, 0), at(turn, 0, 1));
      for (let k = 0; k < q; k++) expanded = timesLinear(expanded, at(turn, 1, 0), at(turn, 1, 1));
      for (const [ofV, value] of expanded.entries()) {
        const target = sum[p + q - ofV] as number[];
        target[ofV] = (target[ofV] as number) + value;
      }
    }
  }
  return sum;
}

/** A homogeneous polynomial, coefficients by the exponent of v', times (a·u' + b·v'). */
function timesLinear(terms: readonly number[], a: number, b: number): number[] {
  return Array.from({ length: terms.length + 1 }, (_, k) => a * (terms[k] ?? 0) + b * (terms[k - 1] ?? 0));
}

function put(
  header: Header,
  name: string,
  oldOrder: number,
  newOrder: number | undefined,
  coefficient: (p: number, q: number) => number,
): void {
  const order = newOrder ?? oldOrder;
  if (order !== oldOrder || !header.has(`${name}_ORDER`))
    header.set(`${name}_ORDER`, order, "order of the distortion polynomial");
  for (let p = 0; p <= order; p++) {
    for (let q = 0; p + q <= order; q++) {
      const key = `${name}_${p}_${q}`;
      const value = coefficient(p, q) + 0;
      if (header.get(key) !== undefined || value !== 0) header.set(key, real(value), header.card(key)?.comment ?? "");
    }
  }
  header.delete(`${name}_DMAX`);
}
