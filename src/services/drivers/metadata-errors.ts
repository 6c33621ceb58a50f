import type { z } from "zod";
import { FirstlightError } from "../../core/errors.ts";
import { hideCredentials } from "../../core/hide-credentials.ts";
import { hideSecrets } from "../../core/hide-secrets.ts";
import type { Secret } from "../../core/secret.ts";
import { shownValue } from "../../core/shown-value.ts";

/** A recipe run that no store knows under this id. */
export function recipeRunNotFound(recipeRunId: number, cause?: unknown): FirstlightError {
  return new FirstlightError(
    "RECIPE_RUN_NOT_FOUND",
    `The metadata store knows no recipe run ${shownValue(recipeRunId)}. Register it with its input dataset first.`,
    { fields: { recipeRunId }, cause },
  );
}

/** The query of a URL may hold a key. */
export const addressOf = hideCredentials;

export function metadataStoreClosed(url: string): FirstlightError {
  return new FirstlightError("SERVICE_CLOSED", `The metadata store ${addressOf(url)} is closed.`);
}

export function metadataUnreachable(
  url: string,
  operation: string,
  reason: string,
  cause?: unknown,
  retryAfterSeconds?: number,
): FirstlightError {
  return new FirstlightError(
    "METADATA_STORE_UNREACHABLE",
    `The metadata store at ${addressOf(url)} does not answer ${operation}: ${reason}. Check the entry internal-api-gateway in MESH_CONFIG, and that the gateway runs there.`,
    {
      disposition: "retry",
      fields: {
        url: addressOf(url),
        operation,
        reason,
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      },
      cause,
    },
  );
}

export function metadataAccessRefused(url: string, operation: string, reason: string): FirstlightError {
  return new FirstlightError(
    "METADATA_STORE_ACCESS_REFUSED",
    `The metadata store at ${addressOf(url)} refuses the token for ${operation}: ${reason}. Check GQL_AUTH_TOKEN.`,
    { disposition: "invalid", fields: { url: addressOf(url), operation, reason } },
  );
}

/**
 * @param status of HTTP: from 500 on it is the server's own trouble, which may pass
 * @param isInternal whether the server says so in an answer of GraphQL, whatever the status
 */
export function metadataRefused(
  url: string,
  operation: string,
  status: number,
  said: readonly string[],
  { isGraphql = true, isInternal = false } = {},
) {
  const reason = said.join("; ") || `HTTP ${status}`;
  return new FirstlightError(
    "METADATA_STORE_REFUSED",
    `The metadata store at ${addressOf(url)} has refused ${operation}: ${reason}. ${isGraphql ? "What it says is all that is known here; its own log may hold more." : "No GraphQL server speaks like that: check the entry internal-api-gateway in MESH_CONFIG."}`,
    {
      disposition: status >= 500 || isInternal ? "retry" : "fatal",
      fields: { url: addressOf(url), operation, status, errors: said },
    },
  );
}

/** One place where an answer is not what it should be. */
export interface Misfit {
  /** `recipeRuns[0].recipeInstance.inputDatasetId` */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

const shownMisfits = 5;

export function metadataSchemaUnfit(url: string, operation: string, misfits: readonly Misfit[], cause?: unknown) {
  const lines = misfits
    .slice(0, shownMisfits)
    .map(({ path, expected, found }) => `  ${path}: expected ${expected}; found ${found}`);
  if (misfits.length > shownMisfits) lines.push(`  and ${misfits.length - shownMisfits} more`);
  return new FirstlightError(
    "METADATA_STORE_SCHEMA",
    `The metadata store at ${addressOf(url)} does not have the schema that ${operation} needs:\n${lines.join("\n")}\nCheck that MESH_CONFIG leads to the metadata store, and that its version fits this one of firstlight.`,
    { disposition: "invalid", fields: { url: addressOf(url), operation, misfits }, cause },
  );
}

/** What in `value`, which stands at `path`, a schema does not accept. */
export function misfitsOf(path: string, value: unknown, error: z.ZodError, secret: Secret): readonly Misfit[] {
  return error.issues.map((issue) => ({
    path: issue.path.reduce<string>(
      (at, key) => (typeof key === "number" ? `${at}[${key}]` : `${at}.${String(key)}`),
      path,
    ),
    expected: "expected" in issue ? String(issue.expected) : issue.message,
    found: shown(
      issue.path.reduce<unknown>((at, key) => (isObject(at) ? Reflect.get(at, key) : undefined), value),
      secret,
    ),
  }));
}

const saidCharacters = 200;
const shortestSecret = 4;

/** The beginning of what a server says: what it was sent it must not make us print, and it does not command a terminal. */
export function withoutSecret(text: string, secret: Secret): string {
  const hide = hideSecrets([secret.reveal()], shortestSecret);
  return hide(text)
    .replaceAll(/\p{Cc}+/gu, " ")
    .slice(0, saidCharacters);
}

const shownCharacters = 80;

/** A value in few words; `secret` does not stand in them, nor a piece of it where they are cut. */
export function shown(value: unknown, secret: Secret): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) {
    return `an object with ${withoutSecret(Object.keys(value).slice(0, 8).join(", "), secret) || "nothing in it"}`;
  }
  const text = JSON.stringify(
    typeof value === "string" ? hideSecrets([secret.reveal()], shortestSecret)(value) : value,
  );
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
