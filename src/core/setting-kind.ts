import { z } from "zod";
import { messageOf } from "./errors.ts";
import { Secret } from "./secret.ts";

/** How the text of an environment variable becomes a value. */
export interface SettingKind<Value> {
  /** Goes on after "expected". */
  readonly expects: string;
  readonly schema: z.ZodType<Value, string>;
  /** Neither text nor value is ever shown. */
  readonly secret: boolean;
}

export const text: SettingKind<string> = kind("text", z.string());

/** A path. Node would make a folder named `~` of what a shell takes for the home folder. */
export const folder: SettingKind<string> = kind(
  "a folder, without '~', which only a shell replaces",
  z.string().refine((path) => !/^~|(^|[\\/])~([\\/]|$)/.test(path), "write the home folder out"),
);

/** No password that an error or a report might show, and no path: what is called there is the client's business. */
export const url: SettingKind<string> = kind(
  "the URL of a server, such as https://example.org, without user, password and path",
  z
    .string()
    .trim()
    .refine((value) => /^https?:\/\/[^/\s?#@\\]+\/?$/i.test(value) && URL.canParse(value), "no such URL"),
);

export const secretText: SettingKind<Secret> = {
  ...kind(
    "text",
    z.string().transform((value) => new Secret(value)),
  ),
  secret: true,
};

/** Python's spellings of a truth value. */
export const flag: SettingKind<boolean> = kind(
  "true or false (also 1, 0, yes, no, on, off)",
  z.string().transform((value, context) => {
    const word = value.trim().toLowerCase();
    if (["true", "t", "1", "yes", "y", "on"].includes(word)) return true;
    if (["false", "f", "0", "no", "n", "off"].includes(word)) return false;
    context.addIssue("neither true nor false");
    return z.NEVER;
  }),
);

export function wholeNumber(
  minimum: number,
  what = "a whole number",
  maximum = Number.MAX_SAFE_INTEGER,
): SettingKind<number> {
  return kind(
    `${what} from ${minimum}${maximum === Number.MAX_SAFE_INTEGER ? "" : ` to ${maximum}`}`,
    z.string().transform((value, context) => {
      const digits = value.trim().replaceAll(/(?<=\d)_(?=\d)/g, "");
      const number = Number(digits);
      if (/^[+-]?\d+(\.0*)?$/.test(digits) && number >= minimum && number <= maximum) return number;
      context.addIssue("not such a number");
      return z.NEVER;
    }),
  );
}

export function oneOf<const Names extends readonly string[]>(...names: Names): SettingKind<Names[number]> {
  return kind(`one of ${names.join(", ")}`, z.string().trim().toLowerCase().pipe(z.enum(names)));
}

/** JSON of a shape; `null` counts as the empty one where the schema says so. */
export function json<Value>(expects: string, schema: z.ZodType<Value>): SettingKind<Value> {
  return kind(expects, z.string().transform(parseJson).pipe(schema));
}

export const dictionary: SettingKind<Readonly<Record<string, unknown>> | undefined> = json(
  'a JSON object, such as {"name": 1}',
  z.record(z.string(), z.unknown()).nullable().transform(orUndefined),
);

/** A JSON list as the Python stack writes it, or words with commas between them as OpenTelemetry does. */
export const wordList: SettingKind<readonly string[]> = kind(
  'a JSON list of strings, such as ["pg", "http"], or words separated by commas',
  z
    .string()
    .transform((value, context): unknown =>
      value.trim().startsWith("[")
        ? parseJson(value, context)
        : value
            .split(",")
            .map((word) => word.trim())
            .filter((word) => word !== ""),
    )
    .pipe(z.array(z.string())),
);

/** Hides the text in errors and the value in the report: such a variable may carry credentials among other things. */
export function hidden<Value>(shown: SettingKind<Value>): SettingKind<Value> {
  return { ...shown, secret: true };
}

export function orUndefined<Value>(value: Value | null): Value | undefined {
  return value ?? undefined;
}

export function kind<Value>(expects: string, schema: z.ZodType<Value, string>): SettingKind<Value> {
  return { expects, schema, secret: false };
}

function parseJson(value: string, context: z.RefinementCtx<string>): unknown {
  try {
    return JSON.parse(value);
  } catch (error) {
    context.addIssue(`not JSON: ${messageOf(error)}`);
    return z.NEVER;
  }
}
