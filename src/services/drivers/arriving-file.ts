import type { FileHandle } from "node:fs/promises";
import type { Part } from "./s3/s3-parts.ts";

/** A file whose stretches arrive at the same time, each in small pieces. */
export interface ArrivingFile extends AsyncDisposable {
  /** Writes what `stream` hands over, in its order, from the stretch's offset on; the next piece waits for its promise. */
  write(part: Part, stream: (take: (bytes: Uint8Array) => Promise<void> | void) => Promise<void>): Promise<void>;
  /** Throws what went wrong with the disk meanwhile. */
  end(): Promise<void>;
}

const stripBytes = 1024 * 1024;

/** The handle stays with whoever opened it. Each stretch that is arriving takes `stripBytes` of memory. */
export function arrivingFile(file: FileHandle): ArrivingFile {
  const free: Uint8Array[] = [];
  let isBegun = false;
  let syncing: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;

  /** The disk takes what is written while more of it arrives, so that less is left to wait for. */
  const syncAhead = (): void => {
    syncing ??= file
      .datasync()
      .catch((error: unknown) => {
        // The system tells it once, to whoever waits first.
        failure ??= { error };
      })
      .finally(() => {
        syncing = undefined;
      });
  };

  return {
    async write({ offset, sizeBytes }, stream) {
      if (isBegun) syncAhead();
      const strip = free.pop() ?? new Uint8Array(Math.min(stripBytes, sizeBytes));
      let [at, filled] = [offset, 0];
      const flush = async (): Promise<void> => {
        for (let done = 0; done < filled; )
          done += (await file.write(strip, done, filled - done, at + done)).bytesWritten;
        at += filled;
        filled = 0;
      };
      /** What there was no room for. */
      const add = (bytes: Uint8Array): Uint8Array => {
        const fitting = bytes.subarray(0, strip.length - filled);
        strip.set(fitting, filled);
        filled += fitting.length;
        return bytes.subarray(fitting.length);
      };
      const addAll = async (bytes: Uint8Array): Promise<void> => {
        for (let rest = bytes; rest.length > 0; ) {
          rest = add(rest);
          if (filled === strip.length) await flush();
        }
      };
      await stream((bytes) => {
        if (bytes.length >= strip.length - filled) return addAll(bytes);
        add(bytes);
        return undefined;
      });
      await flush();
      free.push(strip);
      isBegun = true;
    },
    async end() {
      await syncing;
      if (failure !== undefined) throw failure.error;
    },
    async [Symbol.asyncDispose]() {
      await syncing;
    },
  };
}
