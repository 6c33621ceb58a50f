/** Names and values: numbers as numbers, lists as lists. */
export type OtlpAttributes = Readonly<Record<string, unknown>>;

export interface Raw {
  readonly [name: string]: unknown;
}

export function attributesOf(holder: Raw): OtlpAttributes {
  return pairs(holder.attributes);
}

export function list(value: unknown): readonly Raw[] {
  if (value !== undefined && value !== null && !Array.isArray(value)) throw new TypeError("A list is wanted.");
  return (value ?? []) as readonly Raw[];
}

function pairs(given: unknown): OtlpAttributes {
  return Object.fromEntries(list(given).map(({ key, value }) => [String(key), plain((value ?? {}) as Raw)]));
}

function plain(value: Raw): unknown {
  if (value.arrayValue !== undefined) return list((value.arrayValue as Raw).values).map(plain);
  if (value.kvlistValue !== undefined) return pairs((value.kvlistValue as Raw).values);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue;
}
