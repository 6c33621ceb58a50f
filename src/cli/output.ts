import type { WriteStream } from "node:tty";
import { redactedJson, redactLine } from "../core/redact.ts";
import type { Environment } from "../core/settings.ts";
import { type Style, styleOf } from "./render/style.ts";

/** Standard output or standard error, as the commands see it. */
export interface Output {
  write(text: string): void;
  /** Writes lines, each with its end. */
  lines(lines: readonly string[]): void;
  /** Writes a JSON document: secrets are taken out of its texts, and its names and numbers stay as they are. */
  document(value: unknown): void;
  readonly isTerminal: boolean;
  /** Whether lines can be drawn again where they stand. */
  readonly isLive: boolean;
  /** Columns of the terminal now; without end off a terminal, where nothing shall be cut off. */
  readonly width: () => number;
  readonly style: Style;
}

/** A closed pipe, a closed terminal, a stream that either has ended. */
const goneCodes: ReadonlySet<string | undefined> = new Set(["EPIPE", "EIO", "ERR_STREAM_DESTROYED"]);

/**
 * Wraps a stream of the process. Colours follow no-color.org and `FORCE_COLOR`; a terminal that calls itself `dumb` gets plain
 * lines. `redact` sees everything before it goes out. A reader that went away (`firstlight … | head`, a terminal that was closed) ends nothing: what is written for it is dropped.
 */
export function openOutput(
  stream: NodeJS.WriteStream | WriteStream,
  env: Environment,
  redact: (text: string) => string = (text) => text,
): Output {
  let open = true;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (!goneCodes.has(error.code)) throw error;
    open = false;
  });
  const isTerminal = stream.isTTY === true;
  const isLive = isTerminal && env.TERM !== "dumb";
  // Past what is put before the stream later: all of this is redacted here, and once.
  const own = stream.write.bind(stream) as (text: string) => boolean;
  const send = (text: string): void => {
    if (open) own(text);
  };
  const write = (text: string): void => send(redact(text));
  return {
    write,
    lines(lines) {
      // The lines of a log are documents, too.
      if (lines.some((line) => line.startsWith("{"))) {
        send(lines.map((line) => `${redactLine(line, redact)}\n`).join(""));
      } else write(lines.map((line) => `${line}\n`).join(""));
    },
    document: (value) => send(`${redactedJson(value, redact, 2)}\n`),
    isTerminal,
    isLive,
    width: () => (isTerminal ? stream.columns || 80 : Number.POSITIVE_INFINITY),
    style: styleOf(wantsColor(isLive, env)),
  };
}

function wantsColor(isLive: boolean, env: Environment): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  return isLive;
}
