import { z } from "zod";

/** One call of the metadata store's API. */
export interface GraphqlOperation<Response = unknown> {
  readonly kind: "query" | "mutation";
  /** The field of the schema's root that is called: `recipeRuns`. */
  readonly base: string;
  /** What is undefined is left out. */
  readonly params: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Objects, lists and scalars only: what is asked for is what is checked. */
  readonly response: z.ZodType<Response>;
}

/** The body of a POST. */
export interface GraphqlRequest {
  readonly query: string;
  readonly operationName?: string;
}

/**
 * Spells a call as the Python stack's client does: the values stand in the text, so that no type of the server's need be named, in
 * one argument whose name follows from the call (`filterParams`, `createParams`, `updateParams`).
 */
export function graphqlRequest({ kind, base, params, response }: GraphqlOperation): GraphqlRequest {
  const values = Object.entries(params).flatMap(([name, value]) =>
    // Strings of JSON are strings of GraphQL.
    value === undefined ? [] : [`${name}: ${JSON.stringify(value)}`],
  );
  const wrapper = kind === "query" ? "filterParams" : `${base.slice(0, "create".length)}Params`;
  const call = `{${base}(${wrapper}: {${values.join(", ")}})${selectionOf(response)}}`;
  return kind === "query" ? { query: call } : { query: `mutation ${base} ${call}`, operationName: base };
}

function selectionOf(schema: unknown): string {
  if (schema instanceof z.ZodArray) return selectionOf(schema.element);
  if (schema instanceof z.ZodNullable) return selectionOf(schema.unwrap());
  if (!(schema instanceof z.ZodObject)) return "";
  return `{${Object.entries(schema.shape)
    .map(([name, field]) => `${name}${selectionOf(field)}`)
    .join(" ")}}`;
}
