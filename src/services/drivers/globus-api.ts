import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { codeOf, messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { type GlobusRefusal, globusAccessRefused, globusRefused, globusUnreachable } from "./globus-errors.ts";
import { type GlobusCredential, globusTokens, grantSchema } from "./globus-tokens.ts";

export interface GlobusApiOptions {
  /** Of Globus Auth: `https://auth.globus.org`. */
  readonly authUrl: string;
  /** Of Globus Transfer, without the version: `https://transfer.api.globus.org`. */
  readonly transferUrl: string;
  /** How often a call is tried again after an error that may pass. */
  readonly maxRetries: number;
  /** The first wait before a call is tried again, in seconds; each is twice the one before. */
  readonly retrySeconds: number;
  readonly log: Logger;
}

export interface GlobusCall {
  readonly method: "GET" | "POST";
  /** Below the version: `/submission_id`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
}

/** A call of the Transfer API as a client, whose answer has this shape. */
export type CallGlobus = <Answer>(
  client: GlobusCredential,
  call: GlobusCall,
  answer: z.ZodType<Answer>,
  signal: AbortSignal | undefined,
) => Promise<Answer>;

const version = "/v0.10";
/** Longer than Globus itself lets a listing take. */
const timeoutMs = 120_000;
const longestWaitSeconds = 60;
const longestRetryAfterSeconds = 300;

/** https://docs.globus.org/api/transfer/overview/#errors; Globus Auth says `error` and `error_description`. */
const errorSchema = z.object({
  code: z.string().optional(),
  message: z.string().optional(),
  error: z.string().optional(),
  error_description: z.string().optional(),
  required_scopes: z.array(z.string()).optional(),
});

interface GlobusAnswer {
  readonly status: number;
  readonly ok: boolean;
  readonly text: string;
  readonly retryAfterSeconds: number | undefined;
}

/** Speaks HTTP with Globus: tokens are had and renewed here, and errors that may pass are tried again. */
export function globusApi(options: GlobusApiOptions): CallGlobus {
  const { authUrl, transferUrl, maxRetries, retrySeconds, log } = options;

  /** Tries a request until its answer is one to act on: a success, or an error that will not pass. */
  async function persist(
    name: string,
    request: (signal: AbortSignal) => Promise<Response>,
    signal: AbortSignal | undefined,
  ): Promise<GlobusAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      const found = await once(request, signal);
      if ("status" in found && !mayPass(found)) return found;
      const reason = "status" in found ? `${found.status}: ${reasonOf(found)}` : found.reason;
      if (attempt > maxRetries) {
        throw globusUnreachable(name, attempt, reason, "status" in found ? undefined : found.error);
      }
      const own = Math.min(longestWaitSeconds, retrySeconds * 2 ** (attempt - 1) * (1 + Math.random() / 4));
      const asked = "status" in found ? found.retryAfterSeconds : undefined;
      const seconds = Math.min(longestRetryAfterSeconds, Math.max(own, asked ?? 0));
      log.warning(`Globus does not answer ${name} (${reason}); trying again in ${seconds.toFixed(1)} s`, { attempt });
      await pause(seconds, signal);
    }
  }

  const tokens = globusTokens(async (client, scope, signal) => {
    const name = "POST /v2/oauth2/token";
    const authorization = `Basic ${Buffer.from(`${client.clientId}:${client.clientSecret.reveal()}`).toString("base64")}`;
    const found = await persist(
      name,
      (limit) =>
        fetch(new URL("/v2/oauth2/token", authUrl), {
          method: "POST",
          headers: { authorization, accept: "application/json" },
          body: new URLSearchParams({ grant_type: "client_credentials", scope }),
          redirect: "error",
          signal: limit,
        }),
      signal,
    );
    if (found.ok) return parse(grantSchema, found, name);
    const refusal = { ...refusalOf(name, found, client), reason: hide(reasonOf(found), client.clientSecret.reveal()) };
    throw globusAccessRefused(refusal);
  });

  return async (client, call, answer, signal) => {
    const name = `${call.method} ${call.path}`;
    const url = new URL(version + call.path, transferUrl);
    for (const [key, value] of Object.entries(call.query ?? {})) url.searchParams.set(key, String(value));
    const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) };
    let renewed = false;
    let consented = false;
    for (;;) {
      const token = await tokens.tokenOf(client, signal);
      const headers = {
        authorization: `Bearer ${token.reveal()}`,
        accept: "application/json",
        ...(call.body === undefined ? {} : { "content-type": "application/json" }),
      };
      const request = (limit: AbortSignal) =>
        fetch(url, { method: call.method, headers, ...body, redirect: "error", signal: limit });
      const found = await persist(name, request, signal);
      if (found.ok) return parse(answer, found, name);
      if (found.status === 401 && !renewed) {
        renewed = true;
        tokens.drop(client);
        continue;
      }
      const scopes = errorOf(found)?.required_scopes ?? [];
      if (found.status === 403 && scopes.length > 0 && !consented) {
        // A mapped collection wants a consent of its own, which a client gives itself by asking for the scope.
        consented = true;
        tokens.addScopes(client, scopes);
        continue;
      }
      const refusal = { ...refusalOf(name, found, client), reason: hide(reasonOf(found), token.reveal()) };
      throw found.status === 401 || found.status === 403 ? globusAccessRefused(refusal) : globusRefused(refusal);
    }
  };
}

async function once(
  request: (signal: AbortSignal) => Promise<Response>,
  signal: AbortSignal | undefined,
): Promise<GlobusAnswer | { readonly reason: string; readonly error: unknown }> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const response = await request(signal === undefined ? limit : AbortSignal.any([signal, limit]));
    const retryAfterSeconds = secondsOf(response.headers.get("retry-after"));
    return { status: response.status, ok: response.ok, text: await response.text(), retryAfterSeconds };
  } catch (error) {
    signal?.throwIfAborted();
    const cause = error instanceof Error ? error.cause : undefined;
    return { reason: cause === undefined ? messageOf(error) : messageOf(cause) || String(codeOf(cause)), error };
  }
}

function parse<Answer>(schema: z.ZodType<Answer>, { text, status }: GlobusAnswer, call: string): Answer {
  const read = schema.safeParse(jsonOf(text));
  if (read.success) return read.data;
  throw globusUnreachable(
    call,
    1,
    `its answer (${status}) is not what Globus answers: ${text.slice(0, 200)}`,
    undefined,
  );
}

/** 409: the same submission is being taken in. A collection's own no is a 502, too, as is its silence. */
function mayPass(found: GlobusAnswer): boolean {
  if (/\.(NotDirectory|NotFound|PermissionDenied)$/.test(errorOf(found)?.code ?? "")) return false;
  return [408, 409, 425, 429].includes(found.status) || found.status >= 500;
}

function refusalOf(call: string, found: GlobusAnswer, { clientId }: GlobusCredential): Omit<GlobusRefusal, "reason"> {
  return { call, status: found.status, globusCode: errorOf(found)?.code, clientId };
}

function reasonOf(found: GlobusAnswer): string {
  const error = errorOf(found);
  const parts = [error?.code ?? error?.error, error?.message ?? error?.error_description].filter(Boolean);
  return parts.length > 0 ? parts.join(", ") : found.text.slice(0, 200) || "no reason given";
}

function errorOf({ text }: GlobusAnswer): z.output<typeof errorSchema> | undefined {
  return errorSchema.safeParse(jsonOf(text)).data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whoever answers may quote what it was sent. */
function hide(text: string, secret: string): string {
  return text.replaceAll(secret, "[secret]");
}

/** Of a Retry-After header: seconds, or a date. */
function secondsOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/** Waits; throws the signal's reason, which says more than the timer's own error. */
export async function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(seconds * 1000, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
