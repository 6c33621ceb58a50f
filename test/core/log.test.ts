import { describe, expect, test } from "vitest";
import { createLogger, type LogLevel, type LogOptions, logLevels, silentLogger } from "../../src/core/log.ts";

function collect(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLogger({ level: "INFO", pretty: false, write: (line) => lines.push(line), ...options });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const verbs = ["trace", "debug", "info", "success", "warning", "error", "critical"] as const;

describe("levels", () => {
  test.each(Object.keys(logLevels) as LogLevel[])("%s lets through itself and what is graver", (level) => {
    const { log, parsed } = collect({ level });
    for (const verb of verbs) log[verb]("said");
    const expected = Object.keys(logLevels).filter((name) => logLevels[name as LogLevel] >= logLevels[level]);
    expect(parsed().map((line) => line.level)).toEqual(expected);
  });
});

describe("a line for programs", () => {
  test("is JSON with level, time, message and fields, ended by a newline", () => {
    const { log, lines, parsed } = collect({ fields: { "recipe.run.id": 7 } });
    log.child({ "task.name": "ParseEit" }).warning("two frames left out", { count: 2 });
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    expect(parsed()[0]).toMatchObject({
      level: "WARNING",
      message: "two frames left out",
      "recipe.run.id": 7,
      "task.name": "ParseEit",
      count: 2,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
  });

  test("keeps its own message, level and time when fields have the same names", () => {
    const { log, parsed } = collect();
    log.info("said", { message: "other", level: "other", time: "other" });
    expect(parsed()[0]).toMatchObject({ message: "said", level: "INFO", time: expect.stringMatching(/^\d{4}-/) });
    expect(parsed()[0]).toMatchObject({ message_: "other", level_: "other", time_: "other" });
  });

  test("shows an error's message, code and stack", () => {
    const { log, parsed } = collect();
    log.error("failed", { error: Object.assign(new Error("no disk"), { code: "ENOSPC" }) });
    expect(parsed()[0]?.error).toMatchObject({
      message: "no disk",
      code: "ENOSPC",
      stack: expect.stringContaining("no disk"),
    });
  });

  test("takes whatever it is given", () => {
    const { log, parsed } = collect();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    log.info("said", {
      id: 9007199254740993n,
      mean: Number.NaN,
      pixels: new Uint16Array(4),
      tags: new Set(["A", "B"]),
      map: new Map([["a", 1]]),
      at: new Date(0),
      circle,
    });
    expect(parsed()[0]).toMatchObject({
      id: "9007199254740993",
      mean: "NaN",
      pixels: "Uint16Array of 8 bytes",
      tags: ["A", "B"],
      map: { a: 1 },
      at: "1970-01-01T00:00:00.000Z",
    });
  });
});

describe("a line for people", () => {
  test("has time, level, message and fields", () => {
    const { log, lines } = collect({ pretty: true });
    log.success("done", { files: 3, tag: "INPUT", of: { a: 1 } });
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d SUCCESS {2}done {2}\(files=3 tag=INPUT of=\{"a":1\}\)\n$/);
  });

  test("has no brackets without fields", () => {
    const { log, lines } = collect({ pretty: true });
    log.info("done");
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d INFO {5}done\n$/);
  });
});

test("a line for people shows an error's message without its stack", () => {
  const { log, lines } = collect({ pretty: true });
  log.error("failed", { error: new Error("no disk", { cause: new Error("deeper") }) });
  expect(lines[0]).toMatch(/failed {2}\(error=no disk\)\n$/);
});

describe("what must not be told", () => {
  test.each([
    ...["password", "token", "secret", "authorization", "clientSecret", "secretKey", "pwd", "auth", "Set-Cookie"],
    ...["isb_pass", "signature", "X-Amz-Signature", "session"],
  ])("a field called %s", (name) => {
    for (const pretty of [true, false]) {
      const { log, lines } = collect({ pretty });
      log.info("connecting", { [name]: "hunter2", deep: { [name]: "hunter2" }, host: "bus" });
      expect(lines.join("")).not.toContain("hunter2");
      expect(lines.join("")).toContain("bus");
    }
  });

  test("nor what lies in a list or an object under such a name", () => {
    const { log, lines } = collect();
    const kept = new Map([["apiKey", ["hunter2"]]]);
    log.info("connecting", {
      tokens: ["hunter2"],
      credentials: { value: "hunter2" },
      deep: { secrets: new Set(["hunter2"]) },
      kept,
    });
    expect(lines.join("")).not.toContain("hunter2");
    expect(lines.join("")).toContain("[secret]");
  });

  test("nor the password of a URL, in a message, a field or an error", () => {
    for (const pretty of [true, false]) {
      const { log, lines } = collect({ pretty });
      const url = "nats://guest:hunter2@bus";
      log.info(`no ${url}`, { url, list: [url], error: new Error(`no ${url}`, { cause: new Error(url) }) });
      log.child({ url }).info("connecting");
      expect(lines.join("")).not.toContain("hunter2");
      expect(lines.join("")).toContain("no nats://guest:[secret]@bus");
    }
  });

  test("nor by way of a child", () => {
    const { log, lines } = collect();
    log.child({ password: "hunter2" }).info("connecting");
    expect(lines.join("")).not.toContain("hunter2");
  });
});

test("a name that only sounds like one is told", () => {
  const { log, parsed } = collect();
  const fields = { author: "me", passes: "2", keyboard: "de", primary_key: "id", tokens_used: "3" };
  log.info("said", fields);
  expect(parsed()[0]).toMatchObject(fields);
});

test("a number called token is told: a fencing token is no secret", () => {
  const { log, parsed } = collect();
  log.info("fenced", { token: 3 });
  expect(parsed()[0]?.token).toBe(3);
});

test("the silent logger says nothing, nor do its children", () => {
  expect(silentLogger.child({ a: 1 })).toBe(silentLogger);
  expect(() => {
    for (const verb of verbs) silentLogger[verb]("said");
  }).not.toThrow();
});
