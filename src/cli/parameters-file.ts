import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { FirstlightError, messageOf } from "../core/errors.ts";
import { parsePythonJson, plainJson } from "../core/python-json.ts";
import { formatParameters, parseParameters } from "../services/input-dataset.ts";

/** The parameters of `--parameters`. */
export interface ParametersFile {
  /** The document of the input dataset's part `parameters`. */
  readonly document: string;
  readonly digest: string;
}

/**
 * Reads a JSON file of parameters: `{"name": value, …}`, in force at all times, or the document of an input dataset with a start time
 * for each value. Throws `PARAMETERS_FILE`.
 */
export async function readParametersFile(path: string): Promise<ParametersFile> {
  const refuse = (problem: string, cause: unknown): FirstlightError =>
    new FirstlightError(
      "PARAMETERS_FILE",
      `The parameters in ${resolve(path)} cannot be read: ${problem}\nWrite them as {"name": value, …}, or as the document of an input dataset.`,
      { disposition: "invalid", fields: { path: resolve(path) }, cause },
    );
  try {
    const document = documentOf(await readFile(path, "utf8"));
    parseParameters(document);
    return { document, digest: createHash("sha256").update(document).digest("hex") };
  } catch (error) {
    throw refuse(messageOf(error), error);
  }
}

function documentOf(text: string): string {
  const content = parsePythonJson(text);
  if (typeof content !== "object" || content === null || Array.isArray(content)) return text;
  const values = plainJson(content) as Readonly<Record<string, unknown>>;
  const always = new Date("0001-01-01T00:00:00Z");
  return formatParameters(
    Object.entries(values).map(([parameterName, parameterValue], index) => ({
      parameterName,
      parameterValues: [{ parameterValueId: index + 1, parameterValue, parameterValueStartDate: always }],
    })),
  );
}
