/**
 * What the engine does about an error: try the attempt again, end this task as failed and block those after it, leave this
 * node or frame out, or end this task as failed because workflow or configuration is wrong (trying again cannot help).
 */
export type Disposition = "retry" | "fatal" | "skip" | "invalid";

export interface ErrorOptions<Fields extends object = Record<string, unknown>> {
  readonly disposition?: Disposition;
  /** What the message says in words, for programs: file names, keywords, values. Never a secret. */
  readonly fields?: Fields;
  readonly cause?: unknown;
}

const brand = Symbol.for("firstlight.error");

/**
 * Every error that this library throws on purpose. `code` is stable and documented; the message says what was asked,
 * what was found and what to do, and is for people only.
 */
export class FirstlightError<Fields extends object = Record<string, unknown>> extends Error {
  readonly code: string;
  readonly disposition: Disposition;
  readonly fields: Readonly<Fields>;

  constructor(code: string, message: string, options: ErrorOptions<Fields> = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "FirstlightError";
    this.code = code;
    this.disposition = options.disposition ?? "fatal";
    this.fields = options.fields ?? ({} as Fields);
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Recognises our errors across copies of the library, and narrows to one code where one is given. */
export function isFirstlightError(error: unknown, code?: string): error is FirstlightError {
  return error instanceof Error && brand in error && (code === undefined || ("code" in error && error.code === code));
}

/** The code of anything thrown that has one: `ENOENT` of the system, ours of a `FirstlightError`. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** Whether the system says that there is nothing at a path: no such name, or a file where a folder of the path should be. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  // An attempt over several addresses (::1, then 127.0.0.1) fails with several errors, and says nothing itself.
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
