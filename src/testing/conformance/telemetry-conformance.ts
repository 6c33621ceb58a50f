import { metrics, trace } from "@opentelemetry/api";
import { text } from "../../codecs/text.ts";
import { createLogger, silentLogger } from "../../core/log.ts";
import { loadSettings } from "../../core/settings.ts";
import { continueTrace, withSpan } from "../../core/telemetry.ts";
import { Tag } from "../../scratch/tag.ts";
import { traceDelivery } from "../../services/trace-delivery.ts";
import { WorkflowTaskBase } from "../../tasks/workflow-task-base.ts";
import type { OtlpProtocol } from "../../telemetry/otlp-target.ts";
import type { startTelemetry } from "../../telemetry/start-telemetry.ts";
import { type OtlpFault, type OtlpReceiver, type OtlpReceiverOptions, otlpReceiver } from "../otlp-receiver.ts";
import { spanTree } from "../otlp-spans.ts";
import { tmpRun } from "../tmp-run.ts";
import type { SuiteRunner } from "./suite-runner.ts";
import { closingSeconds, withService } from "./with-service.ts";
import { within } from "./within.ts";

export interface TelemetryFixture {
  /** `startTelemetry`, or what stands in for it. */
  readonly start: typeof startTelemetry;
  readonly protocol: OtlpProtocol;
}

/** A busy machine's time; nothing of it is waited for where all goes well. */
const patientMs = 60_000;
const secret = 'hush-token/7f+d"';

class Reduce extends WorkflowTaskBase {
  async run(): Promise<void> {
    this.progress.start(2, "frames");
    for await (const { value } of this.read([Tag.input()], text)) {
      await this.span("Scale", async () => void (await this.write(value, [Tag.output()], text)));
      this.progress.increment();
    }
    this.log.warning("a lamp is weak");
  }
}

class Fail extends WorkflowTaskBase {
  async run(): Promise<void> {
    throw new RangeError(`the store refuses ${secret}`);
  }
}

/** What telemetry does over each protocol: one process of a recipe run sends to a receiver that tells what came. */
export function telemetryConformance(
  { describe, test, expect }: SuiteRunner,
  { start, protocol }: TelemetryFixture,
): void {
  const service = {
    OTEL_SERVICE_NAME: "calibration",
    DKIST_SERVICE_VERSION: "3.1",
    NOMAD_ALLOC_ID: "id-7",
    NOMAD_ALLOC_NAME: "name-7",
    NOMAD_GROUP_NAME: "group-7",
    SYSTEM_METRIC_INSTRUMENTATION_CONFIG: '{"process.memory.usage": true}',
    GQL_AUTH_TOKEN: secret,
    OTEL_NODE_DISABLED_INSTRUMENTATIONS: '["http"]',
  };
  const nomad = {
    "nomad.allocation.id": "id-7",
    "nomad.allocation.name": "name-7",
    "nomad.allocation.group": "group-7",
  };
  const attributes = { "recipe.run.id": 7, "workflow.name": "w", "workflow.version": "1", ...nomad };

  interface Sent extends Pick<OtlpReceiver, "spans" | "points" | "bodies"> {
    readonly warnings: readonly string[];
    readonly isSent: boolean;
  }

  /** Does work with telemetry, and tells what came of it once that has ended. */
  async function sending(
    work: (env: Readonly<Record<string, string>>) => Promise<unknown>,
    options: OtlpReceiverOptions = {},
    timeoutMs = patientMs,
  ): Promise<Sent> {
    await using receiver = await otlpReceiver(options);
    const env = { ...service, ...receiver.env(protocol) };
    const warnings: string[] = [];
    const log = createLogger({ level: "WARNING", pretty: false, write: (line) => void warnings.push(line) });
    return await withService(await start(loadSettings(env), { log, env }), async (telemetry) => {
      await work(env);
      const contract = `What is told is sent within ${timeoutMs / 1000} s or lost, and telemetry has ended then`;
      const isSent = await within(timeoutMs / 1000 + closingSeconds, contract, telemetry.shutdown(timeoutMs));
      if (isSent) expect([...receiver.protocols]).toEqual([protocol]);
      const { spans, points, bodies } = receiver;
      return { spans, points, bodies, warnings, isSent };
    });
  }

  async function runTask(
    env: Readonly<Record<string, string>>,
    task: typeof Reduce | typeof Fail,
    log = silentLogger,
  ): Promise<void> {
    await using run = await tmpRun({ recipeRunId: 7, env });
    for (const name of ["a", "b"]) await run.put(name, [Tag.input()], text);
    await run.run(task, { workflowName: "w", workflowVersion: "1", log });
  }

  describe("a task", () => {
    test("is one trace, with the names and attributes of the Python stack", async () => {
      const lines: string[] = [];
      const log = createLogger({ level: "WARNING", pretty: false, write: (line) => void lines.push(line) });
      const { spans, isSent, warnings } = await sending((env) => runTask(env, Reduce, log));
      expect(isSent).toBe(true);
      expect(warnings).toEqual([]);
      expect(spanTree(spans)).toEqual([
        "w.Reduce",
        ...["  Pre Run", "  Run", ...["    Scale", "    Scale"], "  Post Run"],
      ]);
      expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
      expect(new Set(spans.map(({ status }) => status))).toEqual(new Set(["OK"]));
      const named = (name: string) => spans.find((span) => span.name === name);
      const own = { ...attributes, "task.name": "Reduce" };
      expect(named("w.Reduce")?.attributes).toEqual({ ...own, "dkist.root": "True" });
      expect(named("Run")?.attributes).toEqual(own);
      expect(named("Scale")?.attributes).toEqual(own);
      const [line] = lines.map((one) => JSON.parse(one) as Readonly<Record<string, unknown>>);
      expect([line?.trace_id, line?.span_id]).toEqual([named("Run")?.traceId, named("Run")?.spanId]);
    });

    test("counts what it reads and writes, and tells how far it is", async () => {
      const { points } = await sending((env) => runTask(env, Reduce));
      const own = points.filter(({ name }) => name.startsWith("dkist.processing."));
      expect(Object.fromEntries(own.map(({ name, kind, value }) => [name.slice(17), `${kind} ${value}`]))).toEqual({
        "tasks.executed": "sum 1",
        "tasks.reads": "sum 2",
        "tasks.writes": "sum 2",
        "tasks.outer.loop.progress": "gauge 100",
      });
      for (const point of own) expect(point.attributes).toEqual({ ...attributes, "task.name": "Reduce" });
      expect(points.some(({ name }) => name === "process.memory.usage")).toBe(true);
    });

    test("says who sends, of every span and metric", async () => {
      const { spans, points } = await sending((env) => runTask(env, Reduce));
      const resources = [...spans, ...points].map(({ resource }) => resource);
      for (const resource of resources) {
        expect([
          resource["service.name"],
          resource["service.name.alias"],
          resource["service.version"],
          resource["nomad.allocation.id"],
          resource["process.pid"],
        ]).toEqual(["calibration", "dkist-processing", "3.1", "id-7", process.pid]);
        expect(resource["process.command_args"]).toBe(undefined);
      }
      expect(new Set(resources.map((resource) => resource["service.instance.id"])).size).toBe(1);
    });

    test("that fails is an error with its exception, and the secret in it is not told", async () => {
      const { spans, bodies } = await sending(async (env) => {
        await expect(runTask(env, Fail)).rejects.toMatchObject({ name: "RangeError" });
      });
      const failed = spans.find(({ name }) => name === "Run");
      expect([failed?.status, failed?.statusMessage]).toEqual(["ERROR", "the store refuses [secret]"]);
      expect(failed?.events.map(({ name }) => name)).toEqual(["exception"]);
      expect(bodies.filter((body) => body.includes("hush-token"))).toEqual([]);
    });
  });

  test("no secret is told, in whatever place of a span or a metric it stands", async () => {
    const { spans, points, bodies } = await sending(async () => {
      const told = { plain: secret, list: ["a", secret], url: `nats://me:${secret}@bus` };
      const context = { traceId: "1".repeat(32), spanId: "1".repeat(16), traceFlags: 1 };
      const span = trace
        .getTracer("x")
        .startSpan(`asks ${secret}`, { attributes: told, links: [{ context, attributes: told }] });
      span.addEvent(`asked ${secret}`, told);
      span.end();
      metrics.getMeter("x").createCounter("asked", { description: secret }).add(1, told);
    });
    const hidden = { plain: "[secret]", list: ["a", "[secret]"], url: "nats://me:[secret]@bus" };
    expect(spans.map(({ name, attributes: all }) => [name, all])).toEqual([["asks [secret]", hidden]]);
    expect(spans[0]?.events).toEqual([{ name: "asked [secret]", attributes: hidden }]);
    expect(spans[0]?.links.map((link) => link.attributes)).toEqual([hidden]);
    expect(points.find(({ name }) => name === "asked")?.attributes).toEqual(hidden);
    expect(bodies.filter((body) => body.includes("hush-token"))).toEqual([]);
  });

  describe("a trace", () => {
    const [traceId, spanId] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];

    test("is gone on with where TRACEPARENT names it", async () => {
      const { spans } = await sending((env) =>
        continueTrace({ TRACEPARENT: `00-${traceId}-${spanId}-01` }, () => runTask(env, Reduce)),
      );
      expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
      expect(spans.find(({ name }) => name === "w.Reduce")?.parentSpanId).toBe(spanId);
    });

    test("goes from who publishes a message to who handles it", async () => {
      const binding = { routingKey: "trace.m", queue: "trace.q" };
      const { spans } = await sending(async (env) => {
        await using run = await tmpRun({ env });
        const { bus } = run.services;
        await bus.declare([binding]);
        await withSpan("publish", {}, () => bus.publish([{ binding, body: {}, messageId: "1" }]));
        for await (const delivery of bus.consume(binding.queue)) {
          await traceDelivery(delivery, () => delivery.ack());
          break;
        }
      });
      const [published, handled] = ["publish", "process trace.m"].map((name) =>
        spans.find((span) => span.name === name),
      );
      expect([handled?.traceId, handled?.parentSpanId, handled?.kind]).toEqual([
        published?.traceId,
        published?.spanId,
        5,
      ]);
    });
  });

  test("all that was told comes, each once, when it is shut down", async () => {
    const count = 1500;
    const { spans } = await sending(async () => {
      for (let n = 0; n < count; n += 1) trace.getTracer("x").startSpan(String(n)).end();
    });
    expect(spans.length).toBe(count);
    expect(new Set(spans.map(({ name }) => name)).size).toBe(count);
  });

  const oneSpan = async (): Promise<void> => withSpan("work", {}, async () => undefined);
  const failing = (...faults: readonly (OtlpFault | undefined)[]): OtlpReceiverOptions => {
    let count = 0;
    return {
      onRequest: ({ signal }) => {
        if (signal === "metrics") return undefined;
        count += 1;
        return faults[Math.min(count, faults.length) - 1];
      },
    };
  };

  test("what a busy collector refuses is sent again", async () => {
    const { spans, isSent } = await sending(oneSpan, failing({ status: 503 }, undefined));
    expect(spans.map(({ name }) => name)).toEqual(["work"]);
    expect(isSent).toBe(true);
  });

  test("what a collector refuses that is exhausted, and says until when, is sent again", async () => {
    const { spans, isSent } = await sending(oneSpan, failing({ status: 429, retryAfterSeconds: 1 }, undefined));
    expect(spans.map(({ name }) => name)).toEqual(["work"]);
    expect(isSent).toBe(true);
  });

  for (const fault of [
    { status: 400, body: "no" },
    { status: 401, body: "no" },
    { status: 429, retryAfterSeconds: 3600 },
    { status: 503, retryAfterSeconds: 3600 },
    "cut",
    "stall",
  ] as const) {
    test(`a collector's ${JSON.stringify(fault)} is told once, and nothing is thrown`, async () => {
      // What is tried again, which depends on the protocol, is given up.
      const { spans, warnings } = await sending(oneSpan, failing(fault), 1000);
      expect(spans).toEqual([]);
      expect(warnings.length).toBe(1);
      expect(warnings[0]?.includes("Telemetry is not sent in full")).toBe(true);
    });
  }

  test("an answer that is none harms nothing", async () => {
    const { warnings } = await sending(oneSpan, failing("garbage"));
    expect(warnings.length <= 1).toBe(true);
  });

  test("is started anew after its end; nothing is sent where no endpoint is set", async () => {
    await withService(await start(loadSettings({}), { env: {} }), async (off) => {
      await oneSpan();
      expect([off.traces, off.metrics, await off.shutdown()]).toEqual([undefined, undefined, true]);
    });
    const { spans } = await sending(oneSpan);
    expect(spans.map(({ name }) => name)).toEqual(["work"]);
  });
}
