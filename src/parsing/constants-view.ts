import { z } from "zod";
import { FirstlightError } from "../core/errors.ts";
import { formatPythonJson, type PythonJson, plainJson } from "../core/python-json.ts";
import { isReal, type Real } from "../core/scalar.ts";

/** Constants by name, as a task holds them. */
export type ConstantStore = Pick<ReadonlyMap<string, unknown>, "get" | "has" | "keys">;

/** A recipe run as a view sees it; a task is one. */
export interface ConstantsOfRun {
  readonly recipeRunId: number;
  readonly constants: ConstantStore;
}

/** Which constant an attribute shows, and how. Made by `constant`. */
export interface ConstantSpec<Value = unknown> {
  readonly constant: string;
  readonly schema: z.ZodType<Value>;
  /** The task or bud that sets it, for the message when it is missing. */
  readonly from: string | undefined;
  readonly exact: boolean;
}

export interface ConstantOptions {
  readonly from?: string;
  /** Hands the schema integer and real apart (`10` and `Real(10)`), for values that go into tags. */
  readonly exact?: boolean;
}

/** What follows from the run itself, and is stored nowhere. Made by `derived`. */
export interface DerivedSpec<Value = unknown> {
  readonly derive: (run: ConstantsOfRun) => Value;
}

/** Attribute → how to see it. A bare schema shows the constant that has the attribute's own name. */
export type ConstantTable = Readonly<Record<string, ConstantSpec | DerivedSpec | z.ZodType>>;

export type ConstantsView<Table extends ConstantTable> = {
  readonly [Name in keyof Table]: Table[Name] extends ConstantSpec<infer Value>
    ? Value
    : Table[Name] extends DerivedSpec<infer Derived>
      ? Derived
      : Table[Name] extends z.ZodType<infer Checked>
        ? Checked
        : never;
};

/**
 * A number with integer and real apart, for a constant whose `exact` is set: integers come as `bigint`, so that
 * `Tag.exposureTime` spells it as the frames' tags do. `Number(value)` computes with it.
 */
export const exactNumber: z.ZodType<number | bigint | Real> = z
  .custom<number | bigint | Real>(
    (value) => typeof value === "number" || typeof value === "bigint" || isReal(value),
    "expected number",
  )
  .transform((value) => (typeof value === "number" && Number.isInteger(value) ? BigInt(value) : value));

/** Shows a constant through a schema: `constant(BudName.wavelength, z.number())`. */
export function constant<Value>(
  name: string,
  schema: z.ZodType<Value>,
  options: ConstantOptions = {},
): ConstantSpec<Value> {
  return { constant: name, schema, from: options.from, exact: options.exact ?? false };
}

/** Shows what is computed from the run: `derived((run) => datasetId(run.recipeRunId))`. */
export function derived<Value>(derive: (run: ConstantsOfRun) => Value): DerivedSpec<Value> {
  return { derive };
}

/**
 * A typed view of a recipe run's constants: `constantsView(this, table)` in a task. Extend a table by spreading it. A
 * constant is looked up and checked when it is asked for.
 *
 * - CONSTANT_MISSING: nobody has set it; the message names who should have, where that is known
 * - CONSTANT_INVALID: the schema refuses its value
 */
export function constantsView<const Table extends ConstantTable>(
  run: ConstantsOfRun,
  table: Table,
): ConstantsView<Table> {
  const view = {};
  for (const [attribute, entry] of Object.entries(table)) {
    Object.defineProperty(view, attribute, { enumerable: true, get: showing(run, attribute, entry) });
  }
  return view as ConstantsView<Table>;
}

function showing(run: ConstantsOfRun, attribute: string, entry: ConstantTable[string]): () => unknown {
  if ("derive" in entry) return () => entry.derive(run);
  const spec = "constant" in entry ? entry : constant(attribute, entry);
  return () => constantOf(run.constants, spec);
}

function constantOf(store: ConstantStore, spec: ConstantSpec): unknown {
  if (!store.has(spec.constant)) throw missing(store, spec);
  const value = store.get(spec.constant);
  const result = spec.schema.safeParse(spec.exact ? value : plainJson(value as PythonJson));
  if (result.success) return result.data;
  throw new FirstlightError(
    "CONSTANT_INVALID",
    `The constant ${spec.constant} is ${formatPythonJson(value)}: ${z.prettifyError(result.error).replace(/\s+/g, " ")}`,
    { fields: { constant: spec.constant, from: spec.from }, cause: result.error },
  );
}

function missing(store: ConstantStore, spec: ConstantSpec): FirstlightError {
  const known = [...store.keys()].sort();
  const who =
    spec.from === undefined
      ? "Let a task set it before this one runs, or a bud of that name find it."
      : `${spec.from} sets it: has that run, and did its frames have the value?`;
  const others = known.length === 0 ? "No constant is set yet." : `Set so far: ${known.join(", ")}.`;
  return new FirstlightError("CONSTANT_MISSING", `The constant ${spec.constant} is not set. ${who} ${others}`, {
    fields: { constant: spec.constant, from: spec.from, known },
  });
}
