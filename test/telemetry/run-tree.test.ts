import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OtlpReceiver, otlpReceiver } from "../../src/testing/otlp-receiver.ts";
import { type ReceivedSpan, spanTree } from "../../src/testing/otlp-spans.ts";
import { root } from "../architecture/source-imports.ts";
import { type Cli, fixture, openCli } from "../cli/cli-process.ts";

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

const attempt = (task: string): readonly string[] => [
  "  Attempt",
  `    l0_to_l1_pipeline.${task}`,
  ...["Pre Run", "Run", "Post Run"].map((step) => `      ${step}`),
];

const protocols = [
  // The runner, and a process for each attempt.
  { protocol: "grpc", processes: 4, args: run },
  { protocol: "http/protobuf", processes: 1, args: [...run, "--in-process"] },
  { protocol: "http/json", processes: 1, args: [...run, "--in-process"] },
] as const;

describe.each(protocols)("a collector that listens to OTLP by $protocol", ({ protocol, processes, args }) => {
  let collector: OtlpReceiver;
  beforeEach(async () => {
    collector = await otlpReceiver();
  });
  afterEach(() => collector[Symbol.asyncDispose]());

  test("is told the whole tree of a recipe run as one trace, and its metrics", { timeout: 180_000 }, async () => {
    const { code, stderr } = await cli.run(args, { ...service, ...collector.env(protocol) });
    expect(code, stderr).toBe(0);
    const { spans, points } = collector;
    expect([...collector.protocols]).toEqual([protocol]);

    expect(spanTree(spans)).toEqual(["l0_to_l1_pipeline", ...["Load", "Reduce", "Publish"].flatMap(attempt)]);
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
