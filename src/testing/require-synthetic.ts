import { FirstlightError } from "../core/errors.ts";
import { nearestName } from "../core/nearest-name.ts";

/** What the type checker does not see of the options of synthetic frames, or who writes JavaScript gets past it. */
export function requireKind(kind: string, known: readonly string[]): void {
  if (known.includes(kind)) return;
  const meant = nearestName(String(kind), known);
  throw invalid(
    `There is no kind of frame '${String(kind)}'${meant === undefined ? "." : `; did you mean ${meant}?`} Kinds are ${known.join(", ")}.`,
    { kind, known },
  );
}

export function requireCount(kind: string, count: unknown): void {
  if (Number.isSafeInteger(count) && Number(count) >= 0) return;
  throw invalid(`How many frames of ${kind} there are is a whole number from 0; this is ${String(count)}.`, {
    kind,
    count,
  });
}

/** @param length of the pixels that were given */
export function requireShape(shape: readonly number[], length: number | undefined): void {
  const isShape =
    Array.isArray(shape) && shape.length === 2 && shape.every((axis) => Number.isSafeInteger(axis) && axis > 0);
  if (!isShape) throw invalid(`The shape of a frame is [rows, columns]; this is ${JSON.stringify(shape)}.`, { shape });
  const [rows = 0, columns = 0] = shape;
  if (length === undefined || length === rows * columns) return;
  throw invalid(`A frame of ${rows} × ${columns} has ${rows * columns} pixels; 'data' has ${length}.`, {
    shape,
    length,
  });
}

/** Frames are of uint16: what does not fit would become another number. */
export function requirePixel(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw invalid(
    `A pixel is a whole number from 0 to 65535; this is ${String(value)}. Give others as 'data', a typed array.`,
    { value },
  );
}

function invalid(message: string, fields: Readonly<Record<string, unknown>>): FirstlightError {
  return new FirstlightError("SYNTHETIC_FRAME", message, { disposition: "invalid", fields });
}
