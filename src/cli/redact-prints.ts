import { isUtf8 } from "node:buffer";
import { redactLine } from "../core/redact.ts";

type Written = (error?: Error | null) => void;

/** Longest beginning of a line that is kept back. */
const keptBytes = 65_536;

/**
 * Takes secrets out of what others print on a stream of this process: tasks that run in it, and the modules that they come from. A line
 * goes out once it is whole, as a secret may come in pieces; what is left goes out when the process ends. Bytes that are no text pass.
 */
export function redactPrints(stream: NodeJS.WriteStream, redact: (text: string) => string): void {
  const write = stream.write.bind(stream) as (chunk: Uint8Array | string, written?: Written) => boolean;
  let kept = Buffer.alloc(0);
  const send = (bytes: Buffer, written?: Written): boolean => {
    if (!isUtf8(bytes)) return write(bytes, written);
    const lines = bytes.toString().split("\n");
    return write(lines.map((line) => redactLine(line, redact)).join("\n"), written);
  };
  stream.write = (chunk: Uint8Array | string, encoding?: BufferEncoding | Written, given?: Written): boolean => {
    const written = typeof encoding === "function" ? encoding : given;
    const more = typeof chunk === "string" ? Buffer.from(chunk, encodingOf(encoding)) : Buffer.from(chunk);
    const all = Buffer.concat([kept, more]);
    const end = all.length > keptBytes ? all.length : Math.max(all.lastIndexOf("\n"), all.lastIndexOf("\r")) + 1;
    kept = all.subarray(end);
    return send(all.subarray(0, end), written);
  };
  process.on("exit", () => {
    if (kept.length > 0) send(kept);
    kept = Buffer.alloc(0);
  });
}

function encodingOf(encoding: BufferEncoding | Written | undefined): BufferEncoding {
  return typeof encoding === "string" ? encoding : "utf8";
}
