import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { openOutput } from "../../src/cli/output.ts";

const failure = (code: string) => Object.assign(new Error(code), { code });

/** In place of a stream of the process, whose other end no test can take away. */
function opened() {
  const stream = new PassThrough();
  return { stream, output: openOutput(stream as unknown as NodeJS.WriteStream, {}) };
}

test.each(["EPIPE", "EIO", "ERR_STREAM_DESTROYED"])("after %s what is written is dropped", (code) => {
  const { stream, output } = opened();
  output.write("before");
  stream.emit("error", failure(code));
  output.write("after");
  expect(String(stream.read())).toBe("before");
});

test("any other failure is not hidden", () => {
  const { stream } = opened();
  expect(() => stream.emit("error", failure("ENOSPC"))).toThrow("ENOSPC");
});
