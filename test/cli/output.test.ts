import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { openOutput } from "../../src/cli/output.ts";
import { redactor } from "../../src/core/redact.ts";

const failure = (code: string) => Object.assign(new Error(code), { code });

/** In place of a stream of the process, whose other end no test can take away. */
function opened(redact?: (text: string) => string) {
  const stream = new PassThrough();
  return { stream, output: openOutput(stream as unknown as NodeJS.WriteStream, {}, redact) };
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

describe("secrets that are words and numbers of a document", () => {
  const redact = redactor({ ISB_PASSWORD: "202611", GQL_AUTH_TOKEN: "status" });

  test("leave its names and numbers as they are, and are taken out of its texts", () => {
    const { stream, output } = opened(redact);
    output.document({ recipeRunId: 202611, status: "a status", more: [{ status: null, path: "/a/202611" }] });
    expect(JSON.parse(String(stream.read()))).toEqual({
      recipeRunId: 202611,
      status: "a [secret]",
      more: [{ status: null, path: "/a/[secret]" }],
    });
  });

  test("leave those of a line of a log, which stays JSON", () => {
    const { stream, output } = opened(redact);
    output.lines([JSON.stringify({ message: "run 202611", status: 1, "recipe.run.id": 202611 }), "{ run 202611"]);
    const [line = "", other] = String(stream.read()).split("\n");
    expect(JSON.parse(line)).toEqual({ message: "run [secret]", status: 1, "recipe.run.id": 202611 });
    expect(other).toBe("{ run [secret]");
  });

  test("are taken out of all other text", () => {
    const { stream, output } = opened(redact);
    output.lines(["run 202611", "its status"]);
    output.write("status");
    expect(String(stream.read())).toBe("run [secret]\nits [secret]\n[secret]");
  });
});
