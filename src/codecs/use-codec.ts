import type { ByteSource } from "../core/byte-source.ts";
import { FirstlightError, isFirstlightError, messageOf } from "../core/errors.ts";
import type { Codec, DecodeContext, Encoder } from "./codec.ts";
import { typeName } from "./codec-type.ts";

/**
 * What a codec, which may be a user's own, makes of a value.
 *
 * @param target what the bytes are for, as an error tells it: `night/a.csv`
 * @throws FirstlightError CODEC_TYPE for what is no codec that writes, CODEC_FAILED for one that throws or yields no bytes; what
 * it throws of this library's own errors
 */
export async function encodeWith<Value>(codec: Encoder<Value>, value: Value, target: string): Promise<Uint8Array> {
  requireCodec(codec, "encode", target);
  const encoded: unknown = await called(codec, `encode ${target}`, undefined, () => codec.encode(value));
  if (encoded instanceof Uint8Array) return encoded;
  throw new FirstlightError(
    "CODEC_FAILED",
    `The codec '${codec.name}' cannot encode ${target}: its 'encode' yielded ${typeName(encoded)}, and bytes are wanted, a Uint8Array.`,
    { disposition: "invalid", fields: { codec: codec.name, target } },
  );
}

/**
 * What a codec, which may be a user's own, reads in a file.
 *
 * @param file what the file is called, relative to scratch
 * @throws FirstlightError CODEC_TYPE for what is no codec, CODEC_FAILED for one that throws; what it throws of this library's own
 * errors, and the signal's reason
 */
export async function decodeWith<Value>(
  codec: Codec<Value, never>,
  file: string,
  source: ByteSource,
  context: DecodeContext,
): Promise<Value> {
  requireCodec(codec, "decode", file);
  return called(codec, `decode ${file}`, context.signal, () => codec.decode(source, context));
}

async function called<Result>(
  { name }: { readonly name: string },
  what: string,
  signal: AbortSignal | undefined,
  call: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (isFirstlightError(error) || signal?.aborted === true) throw error;
    const kind = error instanceof Error ? `${error.name}: ` : "";
    throw new FirstlightError("CODEC_FAILED", `The codec '${name}' cannot ${what}: ${kind}${messageOf(error)}`, {
      disposition: "retry",
      fields: { codec: name },
      cause: error,
    });
  }
}

/** Who writes JavaScript may leave a codec out, or give one that only reads. */
function requireCodec(codec: unknown, verb: "encode" | "decode", what: string): void {
  if (typeof codec === "object" && codec !== null && verb in codec) return;
  const name = typeof codec === "object" && codec !== null && "name" in codec ? String(codec.name) : undefined;
  const found = name === undefined ? `${typeName(codec)} was given` : `'${name}' has none`;
  throw new FirstlightError(
    "CODEC_TYPE",
    `To ${verb} ${what} takes a codec with '${verb}', such as fits.frame or text; ${found}.`,
    { disposition: "invalid", fields: { codec: name, expected: verb } },
  );
}
