import { expect, test } from "vitest";
import { createLogger } from "../../src/core/log.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { withSpan } from "../../src/core/telemetry.ts";
import { startTelemetry } from "../../src/telemetry/start-telemetry.ts";
import { page, type Reaction, scriptedHttp } from "../services/scripted-http.ts";

/** The fields of `ExportTracePartialSuccess`: the count of spans that were rejected, and why. */
const partial: Reaction = (response) => {
  const why = Buffer.from("quota");
  const inside = Buffer.from([8, 5, 18, why.length, ...why]);
  response.writeHead(200, { "Content-Type": "application/x-protobuf" });
  response.end(Buffer.from([10, inside.length, ...inside]));
};

test.each<readonly [answers: string, reaction: Reaction, said: RegExp]>([
  [
    "HTTP 400",
    page(400, `no hunter2-hunter2\n\u001b[1m${"x".repeat(999)}`),
    /the collector answered HTTP 400 Bad Request: no (?!hunter2)\S+ \[1mx{100,190}…\. Check OTEL_EXPORTER_OTLP_TRACES_ENDPOINT .*\.$/,
  ],
  ["HTTP 401", page(401, "who?"), /HTTP 401 Unauthorized: who\?\. Check OTEL_EXPORTER_OTLP_HEADERS\.$/],
  [
    "that it took a part",
    partial,
    /refused a part: \{"rejectedSpans":5,"errorMessage":"quota"\}\. The collector's own log/,
  ],
  [
    "a page",
    page(200, "<html>portal</html>"),
    /with success, and what no collector answers: <html>portal<\/html>\. Check OTEL/,
  ],
])("of a collector that answers %s one readable line is said", async (_, reaction, said) => {
  await using server = await scriptedHttp(reaction);
  const lines: string[] = [];
  const log = createLogger({ level: "WARNING", pretty: false, write: (line) => lines.push(line) });
  const endpoint = server.url.replace(/graphql$/, "v1/traces");
  const env = { SOME_PASSWORD: "hunter2-hunter2" };
  const telemetry = await startTelemetry(loadSettings({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint }), { log, env });
  await withSpan("work", {}, async () => undefined);
  await telemetry.shutdown(60_000);
  expect(lines).toHaveLength(1);
  const line: unknown = JSON.parse(lines[0] ?? "");
  expect(line).toMatchObject({ message: expect.stringMatching(said) });
  expect(lines[0]).not.toMatch(/hunter2|stack|node_modules|\\u001b|OTLPExport/);
});
