import fc, { type Arbitrary } from "fast-check";
import type { PixelArray } from "../../../src/core/ndarray.ts";
import type { ColumnValues, WritableColumn } from "../../../src/fits/index.ts";

type Values = ColumnValues & { readonly nulls?: Uint8Array | undefined };

const text = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 12,
});
const trimmed = text.map((each) => each.trimEnd());
const real32 = fc.float({ noNaN: false }).map((value) => Math.fround(value));

/** Values of one kind, so many. */
const kinds: Readonly<Record<string, (count: number) => Arbitrary<Values>>> = {
  logical: (count) =>
    fc.array(fc.constantFrom(true, false, undefined), exactly(count)).map((data) => ({ type: "logical", data })),
  bit: (count) =>
    fc
      .array(fc.integer({ min: 0, max: 1 }), exactly(count))
      .map((data) => ({ type: "bit", data: Uint8Array.from(data) })),
  text: (count) => fc.array(trimmed, exactly(count)).map((data) => ({ type: "text", data })),
  complex32: (count) =>
    fc.array(real32, exactly(2 * count)).map((data) => ({ type: "complex", data: Float32Array.from(data) })),
  complex64: (count) =>
    fc.array(fc.double(), exactly(2 * count)).map((data) => ({ type: "complex", data: Float64Array.from(data) })),
  float32: (count) =>
    fc.array(real32, exactly(count)).map((data) => ({ type: "number", data: Float32Array.from(data) })),
  float64: (count) =>
    fc.array(fc.double(), exactly(count)).map((data) => ({ type: "number", data: Float64Array.from(data) })),
  uint8: (count) => integers(Uint8Array, count, 0, 255),
  int8: (count) => integers(Int8Array, count, -128, 127),
  uint16: (count) => integers(Uint16Array, count, 0, 65535),
  int16: (count) => integers(Int16Array, count, -32768, 32767),
  uint32: (count) => integers(Uint32Array, count, 0, 2 ** 32 - 1),
  int32: (count) => integers(Int32Array, count, -(2 ** 31), 2 ** 31 - 1),
  int64: (count) =>
    fc
      .array(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), exactly(count))
      .map((data) => ({ type: "number", data: BigInt64Array.from(data) })),
  uint64: (count) =>
    fc
      .array(fc.bigInt(0n, 2n ** 64n - 1n), exactly(count))
      .map((data) => ({ type: "number", data: BigUint64Array.from(data) })),
};

function exactly(count: number) {
  return { minLength: count, maxLength: count };
}

function integers(
  type: { from(values: readonly number[]): PixelArray },
  count: number,
  min: number,
  max: number,
): Arbitrary<Values> {
  return fc.array(fc.integer({ min, max }), exactly(count)).map((data) => ({ type: "number", data: type.from(data) }));
}

/** Some of the numbers undefined. */
function withNulls(values: Values): Arbitrary<Values> {
  if (values.type !== "number" || values.data instanceof Float32Array || values.data instanceof Float64Array)
    return fc.constant(values);
  return fc
    .option(fc.array(fc.constantFrom(0, 0, 0, 1), exactly(values.data.length)), { nil: undefined })
    .map((nulls) => (nulls === undefined ? values : { ...values, nulls: Uint8Array.from(nulls) }));
}

const unit = fc.constantFrom(undefined, "ct", "W m-2 sr-1");

function column(name: string, rowCount: number): Arbitrary<WritableColumn> {
  const kind = fc.constantFrom(...Object.keys(kinds));
  const shape = fc.oneof(
    { weight: 3, arbitrary: fc.constant<number[]>([]) },
    fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  );
  const fixed = fc.tuple(kind, shape, unit).chain(([each, axes, of]) => {
    const count = rowCount * axes.reduce((product, axis) => product * axis, 1);
    const values = (kinds[each] as (typeof kinds)["bit"])(count).chain(withNulls);
    return values.map((own): WritableColumn => ({ name, unit: of, shape: axes, ...own }));
  });
  const variable = fc.tuple(kind, unit, fc.constantFrom(undefined, "1QB(0)")).chain(([each, of, form]) => {
    const make = kinds[each] as (typeof kinds)["bit"];
    const row = each === "text" ? make(1) : fc.integer({ min: 0, max: 5 }).chain((length) => make(length));
    return fc
      .array(row.chain(withNulls), exactly(rowCount))
      .map((rows): WritableColumn => ({ name, unit: of, form, type: "variable", rows }));
  });
  return fc.oneof({ weight: 2, arbitrary: fixed }, variable);
}

/** Tables of a few rows and columns of every type and shape. */
export const tables: Arbitrary<{ readonly rowCount: number; readonly columns: readonly WritableColumn[] }> = fc
  .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 6 }))
  .chain(([rowCount, columnCount]) =>
    fc
      .tuple(...Array.from({ length: columnCount }, (_, index) => column(`C${index + 1}`, rowCount)))
      .map((columns) => ({ rowCount, columns })),
  );
