import { z } from "zod";
import { FirstlightError } from "../core/errors.ts";
import { isReal, plain, pythonStr, real, type Scalar } from "../core/scalar.ts";
import type { Card } from "../fits/card.ts";
import type { Header } from "../fits/header.ts";

/** What a card may be read from. */
export type HeaderView = Pick<Header, "get" | "card" | "cards" | "history" | "comments">;

/** How one attribute comes out of a header. Made by `key`. */
export interface KeySpec<Value = unknown> {
  readonly keyword: string;
  readonly schema: z.ZodType<Value>;
  readonly optional: boolean;
  /** Of the value as it stands in the header. */
  readonly unit: string | undefined;
  readonly real: boolean;
  readonly from: ((header: HeaderView, file: string) => Scalar | undefined) | undefined;
}

export interface KeyOptions<Optional extends boolean = boolean> {
  /** A missing card yields `undefined` and is no error. */
  readonly optional?: Optional;
  readonly unit?: string;
  /** Counts as a real even where the card holds an integer, as a Python class that says `float(header[key])`. */
  readonly real?: boolean;
  /** Where the value hides elsewhere than in the card's value: in a COMMENT, in two cards. `keyword` then names it in errors. */
  readonly from?: (header: HeaderView, file: string) => Scalar | undefined;
}

/** Attribute → card. Extend one by spreading it: `fitsAccess({ ...l0FitsAccess, armId: key("VSPARMID", z.int()) })`. */
export type FitsTable = Readonly<Record<string, KeySpec>>;

/** What every access offers beside its attributes; stems ask for no more than the attributes that they name. */
export interface AccessBase<Attribute extends string = string> {
  /** The file that the header belongs to, as errors and tags name it. */
  readonly file: string;
  readonly header: HeaderView;
  /**
   * The value with integer and real apart, as tags and constants spell it: the card's own where the schema leaves it as
   * it is, else what the schema made of it. `undefined` for a missing optional card. Throws as the attribute does.
   */
  scalar(attribute: Attribute): Scalar | undefined;
  /**
   * What a function makes of this header, computed once however many stems ask for it: what task it was taken for, when. An
   * access without it is asked anew each time.
   */
  once?<Value>(compute: (access: this) => Value): Value;
}

/** An access that has at least these attributes. */
export type AccessTo<Attribute extends string> = Readonly<Record<Attribute, unknown>> & AccessBase<Attribute>;

/** The typed view of one header through a table. Values are read and checked when they are asked for. */
export type Access<Table extends FitsTable> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> } & AccessBase<
  keyof Table & string
>;

type ValueOf<Spec> = Spec extends KeySpec<infer Value> ? Value : never;

/** Opens headers one by one; a custom FitsAccess is any function of this shape. */
export type Accessor<Opened> = (header: HeaderView, file: string) => Opened;

const anyScalar = z.union([z.string(), z.number(), z.boolean(), z.bigint()]);
const reserved: ReadonlySet<string> = new Set(["file", "header", "scalar", "once"]);

/** One attribute's card. The schema sees the plain value (a real and an integer are both `number`); without one any value will do. */
export function key<Value = string | number | boolean | bigint>(
  keyword: string,
  schema: z.ZodType<Value> | undefined,
  options: KeyOptions<true> & { readonly optional: true },
): KeySpec<Value | undefined>;
export function key<Value = string | number | boolean | bigint>(
  keyword: string,
  schema?: z.ZodType<Value>,
  options?: KeyOptions<false>,
): KeySpec<Value>;
export function key(keyword: string, schema: z.ZodType = anyScalar, options: KeyOptions = {}): KeySpec {
  return {
    keyword,
    schema,
    optional: options.optional ?? false,
    unit: options.unit,
    real: options.real ?? false,
    from: options.from,
  };
}

/** Checks a table of attributes, and gives it its type. Throws FITS_ACCESS_INVALID for an attribute that an access has already. */
export function fitsAccess<const Table extends FitsTable>(table: Table): Table {
  const taken = Object.keys(table).filter((attribute) => reserved.has(attribute));
  if (taken.length > 0) {
    throw new FirstlightError(
      "FITS_ACCESS_INVALID",
      `A FitsAccess cannot have an attribute called ${taken.join(", ")}: every access has that of its own. Choose another name.`,
      { disposition: "invalid", fields: { attributes: taken } },
    );
  }
  return table;
}

/** The function that opens header after header through a table; the table is compiled once. */
export function accessor<Table extends FitsTable>(table: Table): Accessor<Access<Table>> {
  const places = new Map(
    Object.entries(table).map(([attribute, spec], index): [string, Place] => [attribute, { attribute, spec, index }]),
  );
  const count = places.size;
  /** What was read last of each place: frames of one night share most of their cards. */
  const last: (Sight | undefined)[] = [];
  // A class, for it is opened for every header: one shape, and nothing made but what it remembers.
  class TableAccess {
    readonly #header: HeaderView;
    readonly #file: string;
    readonly #readings = new Array<Reading | undefined>(count);
    #results: Map<unknown, unknown> | undefined;

    constructor(header: HeaderView, file: string) {
      this.#header = header;
      this.#file = file;
    }

    static {
      for (const place of places.values()) {
        Object.defineProperty(TableAccess.prototype, place.attribute, {
          enumerable: true,
          get(this: TableAccess) {
            return this.#reading(place).value;
          },
        });
      }
    }

    get file(): string {
      return this.#file;
    }

    get header(): HeaderView {
      return this.#header;
    }

    scalar(attribute: string): Scalar | undefined {
      const place = places.get(attribute);
      if (place === undefined) throw unknownAttribute(table, attribute);
      return this.#reading(place).scalar;
    }

    once(compute: (access: this) => unknown): unknown {
      const known = this.#results?.get(compute);
      if (known !== undefined) return known;
      const fresh = compute(this);
      this.#results ??= new Map();
      this.#results.set(compute, fresh);
      return fresh;
    }

    #reading(place: Place): Reading {
      const { index, spec } = place;
      const known = this.#readings[index];
      if (known !== undefined) return known;
      const card = spec.from === undefined ? this.#header.card(spec.keyword) : undefined;
      const before = last[index];
      const isSame = card !== undefined && card === before?.card;
      const reading = isSame ? before.reading : readCard(place, this.#header, this.#file);
      if (card !== undefined && !isSame) last[index] = { card, reading };
      this.#readings[index] = reading;
      return reading;
    }
  }
  return (header, file) => new TableAccess(header, file) as unknown as Access<Table>;
}

/**
 * One header through a table. Attributes throw when they are read, not before:
 *
 * - HEADER_KEY_MISSING: a required card is not there, or has no value
 * - HEADER_KEY_INVALID: the schema refuses its value
 */
export function access<Table extends FitsTable>(table: Table, header: HeaderView, file: string): Access<Table> {
  return accessor(table)(header, file);
}

interface Reading {
  readonly value: unknown;
  readonly scalar: Scalar | undefined;
}

/** A card, which never changes, and what it was read as. */
interface Sight {
  readonly card: Card;
  readonly reading: Reading;
}

const nothing: Reading = { value: undefined, scalar: undefined };

/** One attribute of a table, and where what was read of it is remembered. */
interface Place {
  readonly attribute: string;
  readonly spec: KeySpec;
  readonly index: number;
}

function readCard({ attribute, spec }: Place, header: HeaderView, file: string): Reading {
  const raw = spec.from === undefined ? header.get(spec.keyword) : spec.from(header, file);
  if (raw === undefined) {
    if (spec.optional) return nothing;
    throw missing(spec.keyword, attribute, header, file);
  }
  const bare = plain(raw);
  // Most keys take what there is; their schema would say no more than that.
  const isPlain = spec.schema === anyScalar && (typeof bare !== "number" || Number.isFinite(bare));
  if (isPlain) return { value: bare, scalar: scalarOf(raw, spec.real) };
  let result = spec.schema.safeParse(bare);
  // An integer beyond 2^53 is a number like any other to a schema that wants one.
  const rounded = typeof bare === "bigint" && !result.success ? Number(bare) : bare;
  if (rounded !== bare) result = spec.schema.safeParse(rounded);
  if (!result.success) throw refused(spec.keyword, attribute, raw, result.error, file);
  return { value: result.data, scalar: scalarOf(result.data === rounded ? raw : result.data, spec.real) };
}

function scalarOf(value: unknown, asReal: boolean): Scalar | undefined {
  if (typeof value === "number") return asReal ? real(value) : value;
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "bigint" || isReal(value)) {
    return value;
  }
  return undefined;
}

function missing(keyword: string, attribute: string, header: HeaderView, file: string): FirstlightError {
  const found = header.card(keyword) === undefined ? "has no card" : "has no value in its card";
  const alike = header.cards
    .map((card) => card.keyword)
    .find((name) => name !== keyword && loose(name) === loose(keyword));
  const advice =
    alike === undefined
      ? "Mark the key as optional if frames may lack it, or leave the file out of the input."
      : `It has ${alike}: is that the one?`;
  return new FirstlightError(
    "HEADER_KEY_MISSING",
    `The header of ${file} ${found} ${keyword}, which the attribute '${attribute}' needs. ${advice}`,
    { fields: { keyword, attribute, file } },
  );
}

function refused(keyword: string, attribute: string, raw: Scalar, error: z.ZodError, file: string): FirstlightError {
  const found = typeof raw === "string" ? JSON.stringify(raw) : pythonStr(raw);
  const expected = error.issues.map((issue) => issue.message.replace(/^Invalid input: /, "")).join("; ");
  return new FirstlightError(
    "HEADER_KEY_INVALID",
    `The card ${keyword} of ${file}, read as '${attribute}', holds ${found}: ${expected}. Correct the header, or widen the attribute's schema.`,
    { fields: { keyword, attribute, file, value: plain(raw), expected } },
  );
}

function unknownAttribute(table: FitsTable, attribute: string): FirstlightError {
  return new FirstlightError(
    "FITS_ACCESS_ATTRIBUTE_UNKNOWN",
    `A stem asked for the attribute '${attribute}', which the FitsAccess does not have. It has: ${Object.keys(table).join(", ")}.`,
    { disposition: "invalid", fields: { attribute, known: Object.keys(table) } },
  );
}

function loose(keyword: string): string {
  return keyword.replace(/[-_]/g, "");
}
