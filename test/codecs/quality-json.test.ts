import { describe, expect, test } from "vitest";
import { z } from "zod";
import { quality } from "../../src/codecs/quality.ts";
import { decodeQualityJson, encodeQualityJson } from "../../src/codecs/quality-json.ts";
import { bytesSource } from "../../src/core/byte-source.ts";
import { Real } from "../../src/core/scalar.ts";
import {
  decodeQualityRecord,
  encodeQualityRecord,
  frameSeriesRecord,
  qualityTags,
} from "../../src/quality/quality-record.ts";
import { thrown } from "../fixtures/thrown.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe("quality JSON", () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, new Real(Number.NaN)])(
    "refuses %s and says where it stands",
    (value) => {
      const error = thrown(() => encodeQualityJson([{ plot: { y: [1, value] } }], { name: "x.json" }));
      expect(error.code).toBe("QUALITY_NOT_FINITE");
      expect(error.fields).toEqual({ name: "x.json", path: "$[0].plot.y[1]" });
    },
  );

  test("reads NaN and Infinity, as Python's decoder does, and neither writes them again nor takes them for numbers", () => {
    const bytes = new TextEncoder().encode('{"a": NaN, "b": [1, -Infinity]}');
    const document = decodeQualityJson(bytes);
    expect(document).toEqual({ a: Number.NaN, b: [1, Number.NEGATIVE_INFINITY] });
    expect(thrown(() => encodeQualityJson(document)).code).toBe("QUALITY_NOT_FINITE");
    expect(thrown(() => decodeQualityJson(bytes, { schema: z.object({ a: z.number() }) })).code).toBe(
      "QUALITY_INVALID",
    );
  });

  test("refuses a NaN inside a typed array, and an invalid date", () => {
    expect(thrown(() => encodeQualityJson({ y: Float32Array.of(1, Number.NaN) })).fields).toMatchObject({
      path: "$.y[1]",
    });
    expect(thrown(() => encodeQualityJson({ at: new Date(Number.NaN) })).code).toBe("QUALITY_NOT_FINITE");
  });

  test.each([
    ["a map", new Map([["a", 1]]), "at $.plot[0] is a Map"],
    ["a set", new Set([1]), "at $.plot[0] is a Set"],
    ["a view of bytes", new DataView(new ArrayBuffer(2)), "at $.plot[0] is a DataView"],
    ["an object of a class", new URL("http://a/"), "at $.plot[0] is a URL"],
  ])("refuses %s, which would come out empty", (_what, value, problem) => {
    const error = thrown(() => encodeQualityJson({ plot: [value] }, { name: "x.json" }));
    expect(error.code).toBe("QUALITY_INVALID");
    expect(error.message).toContain(problem);
  });

  test("refuses what contains itself, and writes twice what is there twice", () => {
    const part: Record<string, unknown> = { y: 1 };
    expect(text(encodeQualityJson({ a: part, b: part }))).toBe('{"a": {"y": 1}, "b": {"y": 1}}');
    part.self = [part];
    expect(thrown(() => encodeQualityJson(part)).message).toContain("at $.self[0] contains itself");
  });

  test("writes dates as iso_date, and typed arrays as lists", () => {
    const document = { at: new Date("2022-10-24T19:47:33.218Z"), y: Float32Array.of(0.5, 2) };
    expect(text(encodeQualityJson(document))).toBe('{"at": {"iso_date": "2022-10-24T19:47:33.218Z"}, "y": [0.5, 2]}');
  });

  test("reads back what it wrote, through its codec too", async () => {
    const document = [{ x: [{ iso_date: "2022-10-24T19:47:33.218001" }], y: [0.5], warnings: null }];
    expect(decodeQualityJson(encodeQualityJson(document))).toEqual(document);
    const bytes = await quality.encode(document);
    expect(await quality.decode(bytesSource(bytes), { path: "x.json" })).toEqual(document);
  });

  test("names the file that is no quality document", async () => {
    const source = bytesSource(new TextEncoder().encode("{"), "q.json");
    await expect(quality.decode(source, { path: "q.json" })).rejects.toThrow("q.json is no such quality document");
  });
});

describe("a quality record", () => {
  test("keeps modulator state 0, and is series 1 only without one", () => {
    expect(frameSeriesRecord(["2022-01-01"], [1], 0).series_name).toBe(0);
    expect(frameSeriesRecord(["2022-01-01"], [1]).series_name).toBe(1);
  });

  test("goes through its bytes unchanged, under the names of the wire", () => {
    const record = frameSeriesRecord(["2022-01-01T00:00:00"], [1.5], 0);
    const bytes = encodeQualityRecord({ metric: "FRAME_AVERAGE", taskType: "DARK", record });
    expect(text(bytes)).toBe('{"x_values": ["2022-01-01T00:00:00"], "y_values": [1.5], "series_name": 0}');
    expect(decodeQualityRecord("FRAME_AVERAGE", bytes, "a.json")).toEqual(record);
  });

  test("with a NaN, or with fewer values than times, is refused", () => {
    const nan = frameSeriesRecord(["2022-01-01"], [Number.NaN]);
    expect(thrown(() => encodeQualityRecord({ metric: "FRAME_RMS", record: nan })).fields).toEqual({
      name: "FRAME_RMS",
      path: "$.y_values[0]",
    });
    const short = frameSeriesRecord(["2022-01-01"], []);
    expect(thrown(() => encodeQualityRecord({ metric: "FRAME_RMS", record: short })).code).toBe("QUALITY_INVALID");
  });

  test("of another metric is refused by the name of its file", () => {
    const bytes = encodeQualityRecord({ metric: "RANGE", record: { name: "x", warnings: [] } });
    const error = thrown(() => decodeQualityRecord("TASK_TYPES", bytes, "a.json"));
    expect(error).toMatchObject({ code: "QUALITY_INVALID", fields: { name: "a.json" } });
  });

  test("is tagged with its metric and its task", () => {
    expect(qualityTags({ metric: "FRAME_RMS", taskType: "dark" })).toEqual(["QUALITY_FRAME_RMS", "QUALITY_TASK_DARK"]);
    expect(qualityTags({ metric: "RANGE" })).toEqual(["QUALITY_RANGE"]);
  });
});
