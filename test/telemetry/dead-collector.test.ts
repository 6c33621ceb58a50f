import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLogger } from "../../src/core/log.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { withSpan } from "../../src/core/telemetry.ts";
import { startTelemetry } from "../../src/telemetry/start-telemetry.ts";
import { otlpReceiver } from "../../src/testing/otlp-receiver.ts";
import { fixture, openCli } from "../cli/cli-process.ts";
import { freePorts } from "../servers/free-ports.ts";

/** Takes every connection, reads what comes, and never says anything. */
let blackHole: AsyncDisposable & { readonly port: number; readonly open: ReadonlySet<Socket>; seen: number };
beforeEach(async () => {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    hole.seen += 1;
    open.add(socket.resume());
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const hole = {
    port: (server.address() as AddressInfo).port,
    open,
    seen: 0,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
  blackHole = hole;
});
afterEach(() => blackHole[Symbol.asyncDispose]());

test.each(["127.0.0.1:", "http://127.0.0.1:"])(
  "stopping does not wait for a collector at %s… that takes everything and answers nothing",
  async (scheme) => {
    const telemetry = await startTelemetry(
      loadSettings({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${scheme}${blackHole.port}` }),
    );
    await withSpan("work", {}, async () => undefined);
    // False says that it was given up with the collector still silent; it would be true once the SDK's own patience had ended.
    expect(await telemetry.shutdown(500)).toBe(false);
    expect(blackHole.seen).toBeGreaterThan(0);
  },
);

describe("a collector that was never there", () => {
  /** What the log says of sending one span, with all the time in the world. */
  const saidOf = async (endpoint: string, wasGone = false) => {
    const lines: string[] = [];
    const log = createLogger({ level: "INFO", pretty: false, write: (line) => lines.push(line) });
    const telemetry = await startTelemetry(
      loadSettings({
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint,
      }),
      { log, wasGone },
    );
    await withSpan("work", {}, async () => undefined);
    return { sent: await telemetry.shutdown(60_000), lines };
  };

  // True would say that the SDK was waited for, which tries again for 10 s.
  test("is given up where nobody listens, and that is said once", { timeout: 60_000 }, async () => {
    const [port = 0] = await freePorts(1);
    const { sent, lines } = await saidOf(`http://127.0.0.1:${port}`);
    expect(sent).toBe(false);
    expect(lines).toEqual([expect.stringContaining("Telemetry is not sent in full")]);
  });

  test.each(["127.0.0.1:", "http://127.0.0.1:"])(
    "is given up where %s… takes everything and says nothing, and that is said once",
    { timeout: 60_000 },
    async (scheme) => {
      const { sent, lines } = await saidOf(`${scheme}${blackHole.port}`);
      expect(sent).toBe(false);
      expect(lines).toEqual([expect.stringContaining("Telemetry is not sent in full")]);
    },
  );

  test.each(["127.0.0.1:", "http://127.0.0.1:"])(
    "is not told of again by who was told that nobody is at %s…, nor waited for",
    { timeout: 60_000 },
    async (scheme) => {
      const [port = 0] = await freePorts(1);
      for (const at of [blackHole.port, port]) {
        const { sent, lines } = await saidOf(`${scheme}${at}`, true);
        expect([sent, lines]).toEqual([false, []]);
      }
    },
  );

  test.each(["127.0.0.1:", "http://127.0.0.1:"])(
    "and is there again at %s… is sent to by who was told that nobody is",
    { timeout: 60_000 },
    async (scheme) => {
      await using receiver = await otlpReceiver();
      const { sent, lines } = await saidOf(`${scheme}${receiver.port}`, true);
      expect([sent, lines]).toEqual([true, []]);
      expect(receiver.spans.map(({ name }) => name)).toEqual(["work"]);
    },
  );

  test("is said once where gRPC finds nobody", { timeout: 60_000 }, async () => {
    const [port = 0] = await freePorts(1);
    const { lines } = await saidOf(`127.0.0.1:${port}`);
    expect(lines).toEqual([expect.stringContaining("Telemetry is not sent in full")]);
  });
});

describe("a run whose collector", () => {
  const ends = async (port: number, scheme: string) => {
    await using cli = await openCli();
    const env = {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${scheme}${port}`,
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${scheme}${port}`,
    };
    const args = ["run", fixture("pipeline.ts"), "--input", "l0", "--output", "out", "--json"];
    const { code, stdout, stderr } = await cli.run(args, env);
    const { status, framesOut } = JSON.parse(stdout) as { readonly status: string; readonly framesOut: number };
    const said = `${stdout}\n${stderr}`.split("\n").filter((line) => line.includes("Telemetry is not sent in full"));
    // The attempts name their tasks, the command none.
    const processes = new Set(said.map((line) => /"task\.name":"[^"]*"/.exec(line)?.[0]));
    const isSaid = processes.has(undefined);
    return { code, status, framesOut, isSaid, isSaidAgain: said.length > processes.size };
  };

  const ended = { code: 0, status: "done", framesOut: 2, isSaid: true, isSaidAgain: false };

  test("answers nothing ends as ever, and before the collector has said anything", { timeout: 180_000 }, async () => {
    expect(await ends(blackHole.port, "http://127.0.0.1:")).toEqual(ended);
    expect(blackHole.seen).toBeGreaterThan(0);
  });

  test("is not there ends as ever", { timeout: 180_000 }, async () => {
    const [port = 0] = await freePorts(1);
    expect(await ends(port, "127.0.0.1:")).toEqual(ended);
  });
});
