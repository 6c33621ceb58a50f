import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { OtlpProtocol } from "../../../src/telemetry/otlp-target.ts";
import { type OtlpFault, otlpReceiver } from "../../../src/testing/otlp-receiver.ts";
import { fixture, openCli } from "../../cli/cli-process.ts";
import { mortalCollector } from "../../servers/mortal-collector.ts";

/** Every fault over every protocol takes minutes: FIRSTLIGHT_TEST_FAULTS=all. */
const isThorough = process.env.FIRSTLIGHT_TEST_FAULTS === "all";
const protocols: readonly OtlpProtocol[] = isThorough
  ? ["grpc", "http/protobuf", "http/json"]
  : ["grpc", "http/protobuf"];
const notSent = "Telemetry is not sent in full";

/** The tasks whose processes say that something was not sent, `command` for the command's own, and how often each of them does. */
function complaints(output: string): ReadonlyMap<string, number> {
  const said = output.split("\n").filter((line) => line.includes(notSent));
  const tasks = said.map((line) => /"task\.name":"([^"]*)"/.exec(line)?.[1] ?? "command");
  return new Map(tasks.map((task) => [task, tasks.filter((one) => one === task).length]));
}

describe.each(protocols)("a collector by %s that is killed while a run sends to it", (protocol) => {
  test("loses what nobody was there for, and is told the rest of the run when it is back", {
    timeout: 300_000,
  }, async () => {
    await using collector = await mortalCollector();
    await using cli = await openCli();
    const host = protocol === "grpc" ? "" : "http://";
    const env = {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${host}127.0.0.1:${collector.port}`,
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${host}127.0.0.1:${collector.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_BSP_SCHEDULE_DELAY: "20",
      LOGURU_LEVEL: "WARNING",
    };
    const pass = (task: string): Promise<void> => writeFile(join(cli.folder, task), "");
    await collector.start();
    const running = cli.start(["run", fixture("gates.ts"), "--input", "l0", "--output", "out", "--json"], env);
    await running.says("at the gate: First");
    await pass("First");
    await running.says("at the gate: Second");
    // Of an attempt that has ended with the collector there, all is told.
    await collector.told("l0_to_l1_gates.First First");
    await collector.told("Attempt First");
    await collector.told("Pre Run Second");
    await collector.kill();
    await pass("Second");
    await running.says("at the gate: Third");
    await collector.start();
    // What began while nobody was there goes on being sent.
    await pass("Third");
    await running.says("at the gate: Fourth");
    await collector.told("Attempt Third");
    await collector.told("Pre Run Fourth");
    await pass("Fourth");
    const { code, stdout, stderr } = await running.end;

    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: "done" });
    const [before = [], after = []] = collector.lives;
    expect(before).toEqual(expect.arrayContaining(["Run First", "Post Run First"]));
    expect(after).toEqual(
      expect.arrayContaining(["Run Fourth", "l0_to_l1_gates.Fourth Fourth", "Attempt Fourth", "l0_to_l1_gates"]),
    );
    // Third was started when Second had found nobody, and so waits for whom it finds; it is not told to wait for nobody.
    expect(stderr.match(/at the gate: .*/g)?.map((line) => line.replace(/ *".*/, ""))).toEqual([
      "at the gate: First",
      "at the gate: Second",
      "at the gate: Third --collector-was-gone",
      "at the gate: Fourth --collector-was-gone",
    ]);
    const said = complaints(stderr);
    expect([...said.keys()]).not.toContain("First");
    expect([...said.keys()]).not.toContain("Fourth");
    expect([...said.values()].filter((times) => times > 1)).toEqual([]);
  });
});

const faults: readonly (readonly [OtlpProtocol, string, OtlpFault])[] = [
  ...protocols.map((protocol) => [protocol, "answers nothing", "stall"] as const),
  ["http/protobuf", "is busy for ever", { status: 503 }],
  ["grpc", "hangs up", "cut"],
  ["http/protobuf", "answers nonsense", "garbage"],
];
const further: typeof faults = [
  ["grpc", "is busy for ever", { status: 503 }],
  ["http/json", "is busy for ever", { status: 503 }],
  ["grpc", "answers nonsense", "garbage"],
  ["http/json", "answers nonsense", "garbage"],
  ["http/protobuf", "hangs up", "cut"],
  ["http/json", "hangs up", "cut"],
  ...protocols.map((protocol) => [protocol, "is busy for an hour", { status: 429, retryAfterSeconds: 3600 }] as const),
];

describe("a collector that is there", () => {
  test.each(isThorough ? [...faults, ...further] : faults)(
    "by %s and %s holds a run up once",
    { timeout: 300_000 },
    async (protocol, _, fault) => {
      await using receiver = await otlpReceiver({ onRequest: () => fault });
      await using cli = await openCli();
      const args = ["run", fixture("pipeline.ts"), "--input", "l0", "--output", "out", "--json"];
      const { code, stdout, stderr } = await cli.run(args, receiver.env(protocol));
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ status: "done", framesOut: 2 });
      expect(receiver.bodies.length).toBeGreaterThan(0);
      const said = complaints(stderr);
      expect([...said.values()].filter((times) => times > 1)).toEqual([]);
      if (fault !== "stall") return;
      // The command, and the one attempt that waited in vain: the others neither wait nor complain.
      expect(new Set(said.keys())).toEqual(new Set(["Load", "command"]));
    },
  );
});
