import type { PythonJson } from "../core/python-json.ts";
import { plain, type Scalar } from "../core/scalar.ts";
import type { AccessTo } from "./fits-access.ts";

/** "This frame is none of this stem's business", and of a bud: "no frame was". Nothing is stored. */
export const spilledDirt: unique symbol = Symbol.for("firstlight.spilledDirt");
export type SpilledDirt = typeof spilledDirt;

/** What a bud yields that only checks: the check has passed, and there is nothing to store. */
export const thorn: unique symbol = Symbol.for("firstlight.thorn");
export type Thorn = typeof thorn;

/** What a constant may hold: JSON, with integer and real apart. */
export type ConstantValue = PythonJson;

export type BudValue = ConstantValue | Thorn | SpilledDirt;

/**
 * Sees every header once and ends with one constant. It must keep no access and no header. What it keeps should grow with the
 * number of frames only where its value cannot be had otherwise: the cadence buds keep a number for each frame, the bud
 * of the calibration steps time and file name. `get` throws STEM_DISAGREES when the frames contradict each other.
 */
export interface Bud<Attribute extends string = string> {
  readonly kind: "bud";
  /** The name of the constant. */
  readonly name: string;
  set(file: string, access: AccessTo<Attribute>): void;
  get(): BudValue;
}

/** The files that share one value of a flower. */
export interface Petal {
  readonly value: Scalar;
  readonly files: readonly string[];
}

/** Sees every header once and ends with a tag for each file that it did not spill. */
export interface Flower<Attribute extends string = string> {
  readonly kind: "flower";
  /** The stem of the tag: `EXP_TIME` of `EXP_TIME_10.0`. */
  readonly name: string;
  set(file: string, access: AccessTo<Attribute>): void;
  get(): Iterable<Petal>;
}

/** A parser over the headers of a run's frames. Its state is its own: call the factory again for every pass. */
export type Stem<Attribute extends string = string> = Bud<Attribute> | Flower<Attribute>;

/** What a `Map` or a `Set` takes for one value where Python does: `10` and `10.0` are one value in two spellings. */
export type SameValueKey = string | number | bigint | boolean;

export function sameValueKey(value: Scalar): SameValueKey {
  const bare = plain(value);
  if (typeof bare === "bigint") return Number.isSafeInteger(Number(bare)) ? Number(bare) : bare;
  // An integer beyond 2^53 comes as a `bigint`, unless the header wrote it as a real.
  const isBeyond = typeof bare === "number" && Number.isInteger(bare) && !Number.isSafeInteger(bare);
  return isBeyond ? BigInt(bare) : bare;
}
