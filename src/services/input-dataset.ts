import { z } from "zod";
import { FirstlightError, messageOf } from "../core/errors.ts";
import { formatPythonJson, parsePythonJson, plainJson } from "../core/python-json.ts";
import type { InputDatasetPartType } from "./metadata-store.ts";

/** Frames of one bucket. */
export interface InputFrames {
  readonly bucket: string;
  readonly objectKeys: readonly string[];
}

export interface InputParameter {
  readonly parameterName: string;
  readonly parameterValues: readonly InputParameterValue[];
}

export interface InputParameterValue {
  readonly parameterValueId: number;
  /** What the JSON text in the document holds. */
  readonly parameterValue: unknown;
  /** From when on the value holds. A document that names no time means for ever: the year 1. */
  readonly parameterValueStartDate: Date;
}

/** A parameter value that lies in a file of its own: `{"__file__": {"bucket", "objectKey"}}`. */
export interface FilePointer {
  readonly bucket: string;
  readonly objectKey: string;
  readonly tag?: string | undefined;
}

const forEver = "0001-01-01T00:00:00Z";

const json = z.string().transform((text, context) => {
  try {
    return plainJson(parsePythonJson(text));
  } catch (error) {
    context.addIssue({ code: "custom", message: messageOf(error) });
    return z.NEVER;
  }
});

/** ISO 8601. Times without a zone are UTC, which `Date` alone would take for local time. */
const time = z.string().transform((text, context) => {
  const date = new Date(/(Z|[+-]\d\d:?\d\d)$/i.test(text) || !text.includes("T") ? text : `${text}Z`);
  if (!Number.isNaN(date.getTime())) return date;
  context.addIssue({ code: "custom", message: `'${text}' is not a time in ISO 8601` });
  return z.NEVER;
});

const framesSchema = z.array(
  z
    .object({ bucket: z.string().min(1), object_keys: z.array(z.string().min(1)) })
    .transform(({ bucket, object_keys }): InputFrames => ({ bucket, objectKeys: object_keys })),
);

const parametersSchema = z.array(
  z.object({
    parameterName: z.string().min(1),
    parameterValues: z.array(
      z.object({
        parameterValueId: z.int(),
        parameterValue: json,
        parameterValueStartDate: time.prefault(forEver),
      }),
    ),
  }),
);

const filePointerSchema = z.object({
  __file__: z.object({ bucket: z.string().min(1), objectKey: z.string().min(1), tag: z.string().optional() }),
});

/**
 * Reads the document of the frames of an input dataset: `[{"bucket": …, "object_keys": [ … ]}]`.
 *
 * @throws FirstlightError INPUT_DATASET_INVALID naming the part and the place in it
 */
export function parseFrames(document: string, part: InputDatasetPartType = "observe_frames"): readonly InputFrames[] {
  return parse(document, part, framesSchema);
}

/**
 * Reads the document of the parameters of an input dataset.
 *
 * @throws FirstlightError INPUT_DATASET_INVALID naming the part and the place in it
 */
export function parseParameters(document: string): readonly InputParameter[] {
  return parse(document, "parameters", parametersSchema);
}

/** Reads the document of any part, only to see that it can be read. */
export function checkDocument(document: string, part: InputDatasetPartType): void {
  if (part === "parameters") parseParameters(document);
  else parseFrames(document, part);
}

/** The document of frames, as `parseFrames` reads it. */
export function formatFrames(frames: readonly InputFrames[]): string {
  return formatPythonJson(frames.map(({ bucket, objectKeys }) => ({ bucket, object_keys: objectKeys })));
}

/** The document of parameters, as `parseParameters` reads it. */
export function formatParameters(parameters: readonly InputParameter[]): string {
  return formatPythonJson(
    parameters.map(({ parameterName, parameterValues }) => ({
      parameterName,
      parameterValues: parameterValues.map((value) => {
        const start = value.parameterValueStartDate;
        return {
          parameterValueId: value.parameterValueId,
          parameterValue: formatPythonJson(value.parameterValue),
          parameterValueStartDate: start.getTime() === Date.parse(forEver) ? undefined : start.toISOString(),
        };
      }),
    })),
  );
}

/** Where a parameter value lies, if it is a file of its own. */
export function filePointer(value: unknown): FilePointer | undefined {
  const parsed = filePointerSchema.safeParse(value);
  return parsed.success ? parsed.data.__file__ : undefined;
}

/** Every file that the parameters point to. */
export function filePointers(parameters: readonly InputParameter[]): readonly FilePointer[] {
  return parameters
    .flatMap(({ parameterValues }) => parameterValues.map(({ parameterValue }) => filePointer(parameterValue)))
    .filter((pointer) => pointer !== undefined);
}

function parse<T>(document: string, part: InputDatasetPartType, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = plainJson(parsePythonJson(document));
  } catch (error) {
    throw invalid(part, messageOf(error), error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(part, z.prettifyError(parsed.error), parsed.error);
}

function invalid(part: InputDatasetPartType, problem: string, cause: unknown): FirstlightError {
  return new FirstlightError(
    "INPUT_DATASET_INVALID",
    `The part ${part} of the input dataset cannot be read:\n${problem}\nMend its document and register the input dataset again.`,
    { disposition: "invalid", fields: { part }, cause },
  );
}
