import { describe, expect, test } from "vitest";
import { otlpReceiver } from "../../src/testing/otlp-receiver.ts";
import { fixture, openCli } from "../cli/cli-process.ts";
import { describeWith } from "./fits-oracle.ts";
import { pythonProtobuf, runPython } from "./python/python-oracle.ts";

/** As `otlpReceiver` tells of them, but for times, which JSON carries as texts. */
interface SeenByPython {
  readonly spans: readonly Readonly<Record<string, unknown>>[];
  readonly points: readonly Readonly<Record<string, unknown>>[];
  readonly unknownBytes: number;
}

interface Bodies {
  readonly traces: string[];
  readonly metrics: string[];
}

describeWith(pythonProtobuf, () => {
  describe("Google's protobuf", () => {
    test("reads every byte of the spans and metrics of a run, and finds in them what our receiver finds", async () => {
      const bodies: Bodies = { traces: [], metrics: [] };
      await using collector = await otlpReceiver({
        onRequest: ({ signal, body }) => {
          bodies[signal].push(body.toString("base64"));
          return undefined;
        },
      });
      await using cli = await openCli();
      const run = ["run", fixture("pipeline.ts"), "--input", "l0", "--output", "out", "--in-process"];
      const { code, stderr } = await cli.run(run, collector.env("http/protobuf"));
      expect(code, stderr).toBe(0);
      expect([...collector.protocols]).toEqual(["http/protobuf"]);

      const seen = (await runPython("otlp.py", [], bodies)) as SeenByPython;
      expect(seen.unknownBytes).toBe(0);
      expect(seen.spans.length).toBeGreaterThan(15);
      expect(seen.points.length).toBeGreaterThan(15);
      expect(new Set(seen.points.map(({ kind }) => kind))).toContain("sum");
      expect(seen.spans).toEqual(
        collector.spans.map(({ startNs, endNs, parentSpanId = "", statusMessage = "", ...span }) => ({
          ...span,
          parentSpanId,
          statusMessage,
          startNs: String(startNs),
          endNs: String(endNs),
        })),
      );
      expect(seen.points).toEqual(collector.points);
    });

    test("finds bytes that it does not know, and bodies that are none", async () => {
      // Field 1, of three bytes, in which field 99 is the number 0; and a length beyond the end.
      const bodies = (...bytes: readonly number[]): Bodies => ({
        traces: [Buffer.from(bytes).toString("base64")],
        metrics: [],
      });
      expect(await runPython("otlp.py", [], bodies(0x0a, 3, 0x98, 0x06, 0))).toMatchObject({ unknownBytes: 3 });
      await expect(runPython("otlp.py", [], bodies(0x0a, 9))).rejects.toThrow("otlp.py");
    });
  });
});
