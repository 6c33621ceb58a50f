import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { root } from "../architecture/source-imports.ts";
import { type Cli, fixture, openCli } from "../cli/cli-process.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpGrpc, startOtlpHttp } from "../servers/otlp-receiver.ts";

let cli: Cli;
beforeEach(async () => {
  cli = await openCli();
});
afterEach(() => cli[Symbol.asyncDispose]());

const run = ["run", fixture("pipeline.ts"), "--input", "l0", "--output", "out"];
const service = {
  OTEL_SERVICE_NAME: "calibration",
  DKIST_SERVICE_VERSION: "3.1",
  NOMAD_ALLOC_ID: "id-7",
  NOMAD_ALLOC_NAME: "name-7",
  NOMAD_GROUP_NAME: "group-7",
};
const nomad = {
  "nomad.allocation.id": "id-7",
  "nomad.allocation.name": "name-7",
  "nomad.allocation.group": "group-7",
};
const workflow = { "recipe.run.id": 1, "workflow.name": "l0_to_l1_pipeline", "workflow.version": "1", ...nomad };

/** `name` of each span below its parent's, indented, in the order of their starts. */
function tree(spans: readonly ReceivedSpan[], parent?: string, indent = ""): readonly string[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .sort((a, b) => Number(a.startNs - b.startNs))
    .flatMap(({ name, spanId }) => [`${indent}${name}`, ...tree(spans, spanId, `${indent}  `)]);
}

const attempt = (task: string): readonly string[] => [
  "  Attempt",
  `    l0_to_l1_pipeline.${task}`,
  ...["Pre Run", "Run", "Post Run"].map((step) => `      ${step}`),
];

const protocols = [
  {
    name: "gRPC",
    start: startOtlpGrpc,
    // The runner, and a process for each attempt.
    processes: 4,
    args: run,
    to: (port: number) => `127.0.0.1:${port}`,
    form: "grpc",
    env: {},
  },
  {
    name: "HTTP",
    start: startOtlpHttp,
    processes: 1,
    args: [...run, "--in-process"],
    to: (port: number) => `http://127.0.0.1:${port}`,
    form: "application/x-protobuf",
    env: {},
  },
  {
    name: "HTTP with JSON",
    start: startOtlpHttp,
    processes: 1,
    args: [...run, "--in-process"],
    to: (port: number) => `http://127.0.0.1:${port}`,
    form: "application/json",
    env: { OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" },
  },
];

describe.each(protocols)("a collector that listens to OTLP over $name", ({ start, processes, args, to, form, env }) => {
  let collector: OtlpReceiver;
  beforeEach(async () => {
    collector = await start();
  });
  afterEach(() => collector[Symbol.asyncDispose]());

  test("is told the whole tree of a recipe run as one trace, and its metrics", { timeout: 180_000 }, async () => {
    const endpoint = to(collector.port);
    const endpoints = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint };
    const { code, stderr } = await cli.run(args, { ...service, ...endpoints, ...env });
    expect(code, stderr).toBe(0);
    const { spans, points } = collector;
    expect([...collector.forms]).toEqual([form]);

    expect(tree(spans)).toEqual(["l0_to_l1_pipeline", ...["Load", "Reduce", "Publish"].flatMap(attempt)]);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set(spans.map(({ status }) => status))).toEqual(new Set(["OK"]));
    expect(spans.every(({ startNs, endNs }) => startNs < endNs)).toBe(true);

    const page = readFileSync(join(root, "docs/telemetry.md"), "utf8");
    for (const { name } of spans)
      expect(page).toContain(`\`${name.replace("l0_to_l1_pipeline", "{workflow}").replace(/\.\w+$/, ".{task}")}\``);

    const named = (name: string): ReceivedSpan | undefined => spans.find((span) => span.name === name);
    expect(named("l0_to_l1_pipeline")?.attributes).toEqual(workflow);
    expect(named("Attempt")?.attributes).toEqual({ ...workflow, "task.name": "Load", "task.attempt": 1 });
    expect(named("l0_to_l1_pipeline.Load")?.attributes).toEqual({
      ...workflow,
      "task.name": "Load",
      "dkist.root": "True",
    });
    expect(named("Run")?.attributes).toEqual({ ...workflow, "task.name": "Load" });

    const resources = spans.map(({ resource }) => resource);
    for (const resource of resources) {
      expect(resource).toMatchObject({
        "service.name": "calibration",
        "service.name.alias": "dkist-processing",
        "service.version": "3.1",
        ...nomad,
      });
    }
    expect(new Set(resources.map((resource) => resource["process.pid"])).size).toBe(processes);
    expect(new Set(resources.map((resource) => resource["service.instance.id"])).size).toBe(processes);

    const told = (name: string) =>
      points
        .filter((point) => point.name === `dkist.processing.${name}`)
        .map(({ value, attributes }) => [attributes["task.name"], value]);
    expect(told("tasks.executed").sort()).toEqual([
      ["Load", 1],
      ["Publish", 1],
      ["Reduce", 1],
    ]);
    expect(told("tasks.writes").sort()).toEqual([
      ["Load", 2],
      ["Reduce", 2],
    ]);
    expect(told("tasks.reads")).toEqual([["Reduce", 2]]);
    expect(told("tasks.outer.loop.progress").sort()).toEqual([
      ["Load", 100],
      ["Publish", 100],
      ["Reduce", 100],
    ]);
    const executed = points.find(({ name }) => name === "dkist.processing.tasks.executed");
    expect(executed?.attributes).toEqual({ ...workflow, "task.name": expect.any(String) });
    expect(points.map(({ name }) => name)).toEqual(expect.arrayContaining(["process.cpu.time", "system.memory.usage"]));
  });
});
