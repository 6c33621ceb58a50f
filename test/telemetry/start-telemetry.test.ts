import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLogger } from "../../src/core/log.ts";
import { Secret } from "../../src/core/secret.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { withSpan } from "../../src/core/telemetry.ts";
import type { Bus } from "../../src/services/bus.ts";
import { amqpBus } from "../../src/services/drivers/amqp/amqp-bus.ts";
import { sqliteBus } from "../../src/services/drivers/sqlite-bus.ts";
import { traceDelivery } from "../../src/services/trace-delivery.ts";
import { otlpTarget } from "../../src/telemetry/otlp-target.ts";
import { startTelemetry } from "../../src/telemetry/start-telemetry.ts";
import { systemMetrics } from "../../src/telemetry/system-readings.ts";
import { type OtlpReceiver, otlpReceiver } from "../../src/testing/otlp-receiver.ts";
import { root } from "../architecture/source-imports.ts";
import { freePorts } from "../servers/free-ports.ts";
import { describeWithRabbitmq } from "../servers/with-server.ts";

let collector: OtlpReceiver;
beforeEach(async () => {
  collector = await otlpReceiver();
});
afterEach(() => collector[Symbol.asyncDispose]());

/** Sends what `work` does to the collector. */
async function sending(env: Readonly<Record<string, string>>, work: () => Promise<unknown>): Promise<OtlpReceiver> {
  const to = `http://127.0.0.1:${collector.port}`;
  const settings = loadSettings({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: to,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: to,
    ...env,
  });
  const telemetry = await startTelemetry(settings);
  try {
    await work();
  } finally {
    expect(await telemetry.shutdown(60_000)).toBe(true);
  }
  return collector;
}

describe("where telemetry goes", () => {
  const target = (env: Readonly<Record<string, string>>) => {
    const { url, protocol } = otlpTarget(loadSettings(env), "traces") ?? {};
    return url === undefined ? undefined : `${protocol} ${url}`;
  };
  const variable = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
  const mesh = JSON.stringify({ "otlp-traces-endpoint": { mesh_address: "collector", mesh_port: 4000 } });

  test.each([
    [{}, undefined],
    [{ [variable]: "localhost:4317" }, "grpc http://localhost:4317"],
    [{ [variable]: "localhost:4317", OTEL_EXPORTER_OTLP_TRACES_INSECURE: "false" }, "grpc https://localhost:4317"],
    [{ [variable]: "[::1]:4317" }, "grpc http://[::1]:4317"],
    [{ [variable]: "http://localhost:4317" }, "grpc http://localhost:4317"],
    [{ [variable]: "http://localhost:4318" }, "http/protobuf http://localhost:4318/v1/traces"],
    [{ [variable]: "https://otel.example/in/traces" }, "http/protobuf https://otel.example/in/traces"],
    [{ [variable]: "h:4318", OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" }, "http/json http://h:4318/v1/traces"],
    [{ [variable]: "https://h:4318", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "grpc https://h:4318"],
    [{ MESH_CONFIG: mesh }, "grpc http://collector:4000"],
    [{ MESH_CONFIG: mesh, [variable]: "localhost:4317" }, "grpc http://localhost:4317"],
    [
      { MESH_CONFIG: JSON.stringify({ "otlp-traces-endpoint": { mesh_address: "127.0.0.1", mesh_port: 0 } }) },
      undefined,
    ],
  ])("%j: %s", (env, expected) => {
    expect(target(env)).toBe(expected);
  });

  test.each(["localhost", "user:hunter2@localhost:4317", "http://user:hunter2@localhost:4318", "a b:1", "h:99999"])(
    "%s is no endpoint",
    (endpoint) => {
      expect(() => loadSettings({ [variable]: endpoint })).toThrow(
        expect.objectContaining({ code: "SETTINGS_INVALID" }),
      );
      expect(() => loadSettings({ [variable]: endpoint })).not.toThrow(/hunter2/);
    },
  );
});

test("without an endpoint nothing of the SDK is loaded, and no timer or socket is left", () => {
  const hook = `import { registerHooks } from "node:module";
registerHooks({ resolve: (name, context, next) => { if (/opentelemetry.(sdk|exporter|resources)|grpc/.test(name)) console.log("loaded", name); return next(name, context); } });`;
  const script = `const { startTelemetry } = await import(${JSON.stringify(join(root, "src/telemetry/start-telemetry.ts"))});
const { loadSettings } = await import(${JSON.stringify(join(root, "src/core/settings.ts"))});
const telemetry = await startTelemetry(loadSettings({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: process.argv[1] ?? "" }));
console.log(telemetry.traces === undefined ? "off" : "on", process.getActiveResourcesInfo().filter((name) => /Timeout|TCP/.test(name)).length);
await telemetry.shutdown(0);
process.exit();`;
  const start = (...args: readonly string[]): string =>
    spawnSync(
      process.execPath,
      [
        "--import",
        `data:text/javascript,${encodeURIComponent(hook)}`,
        "--input-type=module",
        "--eval",
        script,
        ...args,
      ],
      { encoding: "utf8" },
    ).stdout;
  expect(start()).toBe("off 0\n");
  expect(start("localhost:1")).toContain("loaded @opentelemetry/sdk-node");
});

describe("calls of servers", () => {
  test("are spans below the caller's with method, address and status, by fetch and by node:http; the trace goes on in their headers", async () => {
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.traceparent);
      response.writeHead(request.url?.startsWith("/missing") ? 404 : 200).end("ok");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [closedPort = 0] = await freePorts(1);
    const { spans } = await sending({ OTEL_NODE_EXCLUDED_URLS: "health,/live$" }, () =>
      withSpan("outer", {}, async () => {
        await (await fetch(`${at}/found?X-Amz-Signature=hunter2`)).text();
        await (await fetch(`${at}/healthcheck`)).text();
        const [response] = await once(get(`${at}/missing`), "response");
        await response.resume().toArray();
        await expect(fetch(`http://127.0.0.1:${closedPort}/refused`)).rejects.toThrow();
      }),
    );
    server.close();
    const outer = spans.find(({ name }) => name === "outer");
    const calls = spans.filter(({ kind }) => kind === 3);
    expect(
      calls.map(({ name, attributes }) => [name, attributes["url.full"], attributes["http.response.status_code"]]),
    ).toEqual([
      ["GET", `${at}/found?[…]`, 200],
      ["GET", `${at}/missing`, 404],
      ["GET", `http://127.0.0.1:${closedPort}/refused`, undefined],
    ]);
    expect(calls.map(({ status }) => status)).toEqual(["UNSET", "ERROR", "ERROR"]);
    expect(calls.every(({ parentSpanId }) => parentSpanId === outer?.spanId)).toBe(true);
    const parent = (i: number) => `00-${calls[i]?.traceId}-${calls[i]?.spanId}-01`;
    expect(seen).toEqual([parent(0), undefined, parent(1)]);
    expect(Buffer.concat(collector.bodies).includes("hunter2")).toBe(false);
  });

  test("are left out where the settings say so; sending itself is no span", async () => {
    const { spans } = await sending({ OTEL_NODE_DISABLED_INSTRUMENTATIONS: '["undici", "http"]' }, () =>
      withSpan("outer", {}, async () => {
        await fetch("http://127.0.0.1:1/").catch(() => undefined);
      }),
    );
    expect(spans.map(({ name }) => name)).toEqual(["outer"]);
  });
});

describe("SYSTEM_METRIC_INSTRUMENTATION_CONFIG", () => {
  const recorded = async (config: string | undefined): Promise<readonly string[]> => {
    const env = config === undefined ? {} : { SYSTEM_METRIC_INSTRUMENTATION_CONFIG: config };
    const { points } = await sending(env, async () => undefined);
    return [
      ...new Set(points.map(({ name, attributes }) => `${name} ${attributes.state ?? attributes.type ?? ""}`.trim())),
    ].sort();
  };

  test("chooses metrics, and states of them", async () => {
    expect(
      await recorded(
        '{"system.memory.usage": ["used"], "process.cpu.time": true, "process.memory.usage": null, "system.cpu.time": false}',
      ),
    ).toEqual(["process.cpu.time system", "process.cpu.time user", "process.memory.usage", "system.memory.usage used"]);
  });

  test("unset, all are recorded, with values that can be", async () => {
    const names = await recorded(undefined);
    expect(names).toEqual(expect.arrayContaining(["process.runtime.nodejs.memory rss", "system.cpu.time idle"]));
    expect(collector.points.every(({ value }) => Number.isFinite(value) && value >= 0)).toBe(true);
    const value = (name: string): number => collector.points.find((point) => point.name === name)?.value ?? 0;
    expect(value("process.memory.usage")).toBeGreaterThan(10e6);
  });

  test.each([
    ['{"system.tides": true}', "there is no metric system.tides"],
    ['{"system.memory.usge": true}', "Perhaps system.memory.usage is meant."],
    [
      '{"system.memory.usage": ["usd"]}',
      "system.memory.usage has no state usd here. Perhaps used is meant. It has used,",
    ],
  ])("a name that is not there is said: %s", async (config, said) => {
    expect(await warnings({ SYSTEM_METRIC_INSTRUMENTATION_CONFIG: config })).toContain(said);
  });

  test.each(["{}", '{"system.memory.usage": false}', '{"system.cpu.time": true}'])(
    "nothing is amiss with %s",
    async (config) => {
      expect(await warnings({ SYSTEM_METRIC_INSTRUMENTATION_CONFIG: config })).toBe("");
    },
  );
});

test("an instrumentation that is not there, and so cannot be disabled, is said", async () => {
  const said = await warnings({ OTEL_NODE_DISABLED_INSTRUMENTATIONS: "htpp,system_metrics" });
  expect(said).toContain("there is no instrumentation htpp here. Perhaps http is meant.");
  expect(said).not.toContain("no instrumentation system");
});

async function warnings(env: Readonly<Record<string, string>>): Promise<string> {
  const lines: string[] = [];
  const endpoint = { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `http://127.0.0.1:${collector.port}` };
  const log = createLogger({ level: "WARNING", pretty: true, write: (line) => lines.push(line) });
  const telemetry = await startTelemetry(loadSettings({ ...endpoint, ...env }), { log });
  await telemetry.shutdown();
  return lines.join("");
}

const binding = { routingKey: "trace.m", queue: `trace.${process.pid}.q` };

async function publishAndHandle(bus: Bus): Promise<OtlpReceiver> {
  return await sending({}, async () => {
    await bus.declare([binding]);
    await withSpan("task", {}, () => bus.publish([{ binding, body: { a: 1 }, messageId: "1" }]));
    for await (const delivery of bus.consume(binding.queue)) {
      await traceDelivery(delivery, async () => {
        await withSpan("work", {}, async () => undefined);
        await delivery.ack();
      });
      break;
    }
  });
}

test("who handles a message of the bus of one's own goes on with the trace of who published it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "firstlight-trace-"));
  await using bus = sqliteBus({ path: join(folder, "bus.sqlite") });
  const { spans } = await publishAndHandle(bus);
  const [task, handling, work] = ["task", `process ${binding.routingKey}`, "work"].map((name) =>
    spans.find((span) => span.name === name),
  );
  expect(handling).toMatchObject({ parentSpanId: task?.spanId, traceId: task?.traceId, kind: 5, status: "OK" });
  expect(work?.parentSpanId).toBe(handling?.spanId);
  await rm(folder, { recursive: true, force: true });
});

describeWithRabbitmq("a trace over RabbitMQ", (url) => {
  test("goes from who published a message to who handles it, by its headers", async () => {
    const { hostname: host, port, username, password, pathname } = new URL(url);
    await using bus = amqpBus({
      host,
      port: Number(port),
      username,
      password: new Secret(password),
      ...(pathname === "" ? {} : { vhost: decodeURIComponent(pathname.slice(1)) }),
      exchange: "firstlight-trace.x",
      queueType: "classic",
      retry: { delaySeconds: 1, backoff: 1, jitterSeconds: [0, 0], maxDelaySeconds: 1, tries: 3 },
    });
    const { spans } = await publishAndHandle(bus);
    const [task, handling] = ["task", `process ${binding.routingKey}`].map((name) =>
      spans.find((span) => span.name === name),
    );
    expect(handling).toMatchObject({ parentSpanId: task?.spanId, traceId: task?.traceId, kind: 5 });
  });
});

test("docs/telemetry.md lists the metrics of machine and process as they are", () => {
  const page = readFileSync(join(root, "docs/telemetry.md"), "utf8");
  const rows = Object.entries(systemMetrics).map(
    ([name, { kind, unit, states }]) =>
      `| \`${name}\` | ${kind} | \`${unit}\` | ${states.map((state) => `\`${state}\``).join(", ")} |\n`,
  );
  const head = "| metric | kind | unit | states |\n|---|---|---|---|\n";
  expect(page).toContain(`<!-- system-metrics -->\n${head}${rows.join("")}\n`);
});
