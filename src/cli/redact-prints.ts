import { isUtf8 } from "node:buffer";
import { bytesOf, textOf } from "../core/bytes-as-text.ts";
import type { Redact } from "../core/hide-secrets.ts";
import { redactLine } from "../core/redact.ts";

type Written = (error?: Error | null) => void;

/** A beginning of a line that is longer goes out before its end has come, except for what may be the beginning of a secret. */
const keptBytes = 65_536;

/** So much of it stays at least: a URL or a header may hold a longer secret than any that is known. */
const leastTail = 8192;

/** Where no place for a cut is found, as in a line that is one long token. */
const mostKeptBytes = 16 * keptBytes;

/**
 * Takes secrets out of what others print on a stream of this process: tasks that run in it, and the modules that they come from. A line
 * goes out once it is whole, as a secret may come in pieces, and a long one where no secret is cut; what is left goes out when the
 * process ends. All other bytes pass as they are, whether they are UTF-8 or not. `redact` is asked for each time.
 */
export function redactPrints(stream: NodeJS.WriteStream, redact: () => Redact): void {
  const write = stream.write.bind(stream) as (chunk: Uint8Array | string, written?: Written) => boolean;
  let kept: Buffer = Buffer.alloc(0);
  stream.write = (chunk: Uint8Array | string, encoding?: BufferEncoding | Written, given?: Written): boolean => {
    const written = typeof encoding === "function" ? encoding : given;
    const more = typeof chunk === "string" ? Buffer.from(chunk, encodingOf(encoding)) : Buffer.from(chunk);
    const all = Buffer.concat([kept, more]);
    const end = Math.max(all.lastIndexOf("\n"), all.lastIndexOf("\r")) + 1;
    const [begun, rest] = begunLine(all.subarray(end), redact());
    kept = rest;
    return write(Buffer.concat([withoutSecrets(all.subarray(0, end), redact()), begun]), written);
  };
  process.on("exit", () => {
    if (kept.length > 0) write(withoutSecrets(kept, redact()));
    kept = Buffer.alloc(0);
  });
}

/** What of a line that has only begun goes out, redacted, and what is kept. */
function begunLine(bytes: Buffer, redact: Redact): readonly [out: Buffer, kept: Buffer] {
  const tail = Math.max(leastTail, redact.longest);
  if (bytes.length <= keptBytes + tail) return [Buffer.alloc(0), bytes];
  const text = textOf(bytes);
  const redacted = redact(text);
  for (let at = text.length - tail; at > 0; at -= tail) {
    const cut = isHighSurrogate(text, at - 1) ? at - 1 : at;
    const [out, rest] = [redact(text.slice(0, cut)), text.slice(cut)];
    // Otherwise a secret lies across it.
    if (out + redact(rest) === redacted) return [bytesOf(out), bytesOf(rest)];
  }
  return bytes.length <= mostKeptBytes ? [Buffer.alloc(0), bytes] : [bytesOf(redacted), Buffer.alloc(0)];
}

function withoutSecrets(bytes: Buffer, redact: Redact): Buffer {
  const lines = textOf(bytes).split("\n");
  // JSON has no spelling for bytes that are no text.
  const line = isUtf8(bytes) ? (one: string) => redactLine(one, redact) : redact;
  return bytesOf(lines.map(line).join("\n"));
}

function isHighSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800;
}

function encodingOf(encoding: BufferEncoding | Written | undefined): BufferEncoding {
  return typeof encoding === "string" ? encoding : "utf8";
}
