import { describe, expect, test } from "vitest";
import {
  filePointers,
  formatFrames,
  formatParameters,
  parseFrames,
  parseParameters,
} from "../../src/services/input-dataset.ts";

describe("input dataset documents", () => {
  test("frames are read in the Python stack's spelling, and written in it", () => {
    const document = '[{"bucket": "raw", "object_keys": ["p/a.fits", "p/b.fits"]}]';
    const frames = parseFrames(document);
    expect(frames).toEqual([{ bucket: "raw", objectKeys: ["p/a.fits", "p/b.fits"] }]);
    expect(formatFrames(frames)).toBe(document);
  });

  test("parameter values are JSON in JSON, dated in UTC, from the year 1 where they have no date", () => {
    const document = `[{"parameterName": "a", "parameterValues": [
      {"parameterValueId": 1, "parameterValue": "[1, 2.5]"},
      {"parameterValueId": 2, "parameterValue": "{\\"b\\": NaN}", "parameterValueStartDate": "2020-01-02T03:04:05.25"},
      {"parameterValueId": 3, "parameterValue": "1", "parameterValueStartDate": "2020-01-02T03:04:05+01:00"}]}]`;
    const [parameter] = parseParameters(document);
    expect(parameter?.parameterValues.map((value) => value.parameterValue)).toEqual([[1, 2.5], { b: Number.NaN }, 1]);
    expect(parameter?.parameterValues.map((value) => value.parameterValueStartDate.toISOString())).toEqual([
      "0001-01-01T00:00:00.000Z",
      "2020-01-02T03:04:05.250Z",
      "2020-01-02T02:04:05.000Z",
    ]);
    expect(parseParameters(formatParameters(parseParameters(document)))).toEqual(parseParameters(document));
  });

  test("values that lie in files of their own are found", () => {
    const pointer = { bucket: "data", objectKey: "params/x.dat", tag: "PARAMETER_FILE_X" };
    const parameters = [
      {
        parameterName: "a",
        parameterValues: [
          { parameterValueId: 1, parameterValue: { __file__: pointer }, parameterValueStartDate: new Date(0) },
          { parameterValueId: 2, parameterValue: { file: pointer }, parameterValueStartDate: new Date(0) },
        ],
      },
    ];
    expect(filePointers(parseParameters(formatParameters(parameters)))).toEqual([pointer]);
  });

  test.each([
    ["not json", "not json", /observe_frames/],
    ["no list", "{}", /observe_frames[\s\S]*array/],
    ["a missing field", '[{"bucket": "raw"}]', /observe_frames[\s\S]*object_keys/],
  ])("%s is refused with the part and the place", (_, document, message) => {
    expect(() => parseFrames(document)).toThrow(
      expect.objectContaining({ code: "INPUT_DATASET_INVALID", message: expect.stringMatching(message) }),
    );
  });

  test("a parameter value that is no JSON, or a date that is none, is refused with its place", () => {
    const document = (value: string, date: string) =>
      `[{"parameterName": "a", "parameterValues": [{"parameterValueId": 1, "parameterValue": "${value}", "parameterValueStartDate": "${date}"}]}]`;
    const refused = (place: RegExp) =>
      expect.objectContaining({ code: "INPUT_DATASET_INVALID", message: expect.stringMatching(place) });
    expect(() => parseParameters(document("[1", "2020-01-01"))).toThrow(refused(/parameters[\s\S]*parameterValue\b/));
    expect(() => parseParameters(document("1", "soon"))).toThrow(refused(/parameterValueStartDate/));
  });
});
