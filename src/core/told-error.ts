import { FirstlightError, isFirstlightError, messageOf } from "./errors.ts";

/** An error on its way to another thread, where no class of this one is known. */
export interface ToldError {
  readonly message: string;
  readonly stack?: string | undefined;
  /** Of this library's own errors. */
  readonly own?: Pick<FirstlightError, "code" | "disposition" | "fields">;
}

export function tellError(error: unknown): ToldError {
  const told = { message: messageOf(error), stack: error instanceof Error ? error.stack : undefined };
  if (!isFirstlightError(error)) return told;
  const { code, disposition, fields } = error;
  return { ...told, own: { code, disposition, fields: cloneable(fields) } };
}

function cloneable(fields: FirstlightError["fields"]): FirstlightError["fields"] {
  try {
    return structuredClone(fields);
  } catch {
    return {};
  }
}

/** The error that was told; its stack, which is of another thread, is that of its cause. */
export function errorFrom({ message, stack, own }: ToldError): Error {
  const cause = Object.assign(new Error(message), { stack });
  if (own === undefined) return new Error(message, { cause });
  // Not thrown here, and so without a code of its own for the catalogue.
  return Reflect.construct(FirstlightError, [own.code, message, { ...own, cause }]);
}
