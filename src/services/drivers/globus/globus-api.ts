import { inspect } from "node:util";
import { z } from "zod";
import { codeOf, messageOf } from "../../../core/errors.ts";
import { hideSecrets } from "../../../core/hide-secrets.ts";
import type { Logger } from "../../../core/log.ts";
import { waitFor } from "../../../core/retry.ts";
import { retryAfterSeconds } from "../../../core/retry-after.ts";
import { requireServerUrl } from "../../../core/server-url.ts";
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
/** How often a call whose token is refused gets another. */
const mostRenewals = 3;

/** https://docs.globus.org/api/transfer/overview/#errors; Globus Auth says `error` and `error_description`. */
const errorSchema = z.object({
  code: z.string().optional(),
  message: z.string().optional(),
  error: z.string().optional(),
  error_description: z.string().optional(),
  required_scopes: z.array(z.string()).optional(),
});

interface GlobusAnswer {
  /** Whether it may hold a token: such an answer is never quoted, but for what it says of an error. */
  readonly isGrant: boolean;
  readonly status: number;
  readonly ok: boolean;
  readonly text: string;
  /** What it asks for, in seconds. */
  readonly retryAfter: number | undefined;
}

/** Shorter ones are words that stand everywhere. */
const shortestSecret = 4;
const saidCharacters = 200;

/** Speaks HTTP with Globus: tokens are had and renewed here, and errors that may pass are tried again. */
export function globusApi(options: GlobusApiOptions): CallGlobus {
  const { authUrl, transferUrl, maxRetries, retrySeconds, log } = options;
  requireServerUrl("authUrl (GLOBUS_SDK_SERVICE_URL_AUTH)", authUrl);
  requireServerUrl("transferUrl (GLOBUS_SDK_SERVICE_URL_TRANSFER)", transferUrl);

  const secrets = new Set<string>();
  let hide = (text: string): string => text;
  /** From now on this is not told: whoever answers may quote what it was sent. */
  function conceal(...more: readonly string[]): void {
    if (more.every((secret) => secrets.has(secret))) return;
    for (const secret of more) secrets.add(secret);
    hide = hideSecrets(secrets, shortestSecret);
  }

  /** Tries a request until its answer is one to act on: a success, or an error that will not pass. */
  async function persist(
    name: string,
    request: (signal: AbortSignal) => Promise<Response>,
    signal: AbortSignal | undefined,
    isGrant = false,
  ): Promise<GlobusAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      const found = await once(request, signal, isGrant);
      if ("status" in found && !mayPass(found)) return found;
      const reason = "status" in found ? `${found.status}: ${reasonOf(found, hide)}` : hide(found.reason);
      if (attempt > maxRetries) {
        throw globusUnreachable(name, attempt, reason, "status" in found ? undefined : discreet(found.error));
      }
      const own = Math.min(longestWaitSeconds, retrySeconds * 2 ** (attempt - 1) * (1 + Math.random() / 4));
      const asked = "status" in found ? found.retryAfter : undefined;
      const seconds = Math.max(own, asked ?? 0);
      log.warning(`Globus does not answer ${name} (${reason}); trying again in ${seconds.toFixed(1)} s`, { attempt });
      await waitFor(seconds, signal);
    }
  }

  /** Undefined for an error that holds a secret: that of an answer which is no HTTP holds the whole answer. */
  function discreet(error: unknown): unknown {
    const told = inspect(error, { depth: 10, maxStringLength: null });
    return hide(told) === told ? error : undefined;
  }

  const tokens = globusTokens(async (client, scope, signal) => {
    const name = "POST /v2/oauth2/token";
    const pair = Buffer.from(`${client.clientId}:${client.clientSecret.reveal()}`).toString("base64");
    conceal(client.clientSecret.reveal(), pair);
    const authorization = `Basic ${pair}`;
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
      true,
    );
    if (!found.ok) throw globusAccessRefused(refusalOf(name, found, client, hide));
    const grant = parse(grantSchema, found, name, hide);
    conceal(grant.access_token);
    return grant;
  });

  return async (client, call, answer, signal) => {
    const name = `${call.method} ${call.path}`;
    const url = new URL(version + call.path, transferUrl);
    for (const [key, value] of Object.entries(call.query ?? {})) url.searchParams.set(key, String(value));
    const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) };
    let renewals = 0;
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
      if (found.ok) return parse(answer, found, name, hide);
      // A new one may be refused by a server that has come up since it was given, or another that does not know of it yet.
      if (found.status === 401 && renewals < mostRenewals) {
        renewals += 1;
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
      const refusal = refusalOf(name, found, client, hide);
      throw found.status === 401 || found.status === 403 ? globusAccessRefused(refusal) : globusRefused(refusal);
    }
  };
}

async function once(
  request: (signal: AbortSignal) => Promise<Response>,
  signal: AbortSignal | undefined,
  isGrant: boolean,
): Promise<GlobusAnswer | { readonly reason: string; readonly error: unknown }> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const response = await request(signal === undefined ? limit : AbortSignal.any([signal, limit]));
    const { status, ok } = response;
    const retryAfter = retryAfterSeconds(response.headers.get("retry-after"));
    return { isGrant, status, ok, text: await response.text(), retryAfter };
  } catch (error) {
    signal?.throwIfAborted();
    const cause = error instanceof Error ? error.cause : undefined;
    return { reason: cause === undefined ? messageOf(error) : messageOf(cause) || String(codeOf(cause)), error };
  }
}

type Hide = (text: string) => string;

function parse<Answer>(schema: z.ZodType<Answer>, found: GlobusAnswer, call: string, hide: Hide): Answer {
  const read = schema.safeParse(found.isGrant ? jsonOf(found.text) : withProse(jsonOf(found.text), hide));
  if (read.success) return read.data;
  const said = found.isGrant ? "not shown here, as a token may stand in it" : cut(hide(found.text));
  throw globusUnreachable(call, 1, `its answer (${found.status}) is not what Globus answers: ${said}`, undefined);
}

/** What Globus says in words, which are logged and thrown: they may quote what it was sent. */
const proseNames: ReadonlySet<string> = new Set([
  ...["canceled_by_admin_message", "code", "description", "details", "message", "nice_status"],
  ...["nice_status_details", "nice_status_short_description"],
]);

/** Hides secrets in the words of an answer, and leaves its ids and names, which are handed back to Globus, as they are. */
function withProse(value: unknown, hide: Hide): unknown {
  if (Array.isArray(value)) return value.map((one) => withProse(one, hide));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    name,
    typeof inner === "string" && proseNames.has(name) ? hide(inner) : withProse(inner, hide),
  ]);
  return Object.fromEntries(entries);
}

/** 409: the same submission is being taken in. A collection's own no is a 502, too, as is its silence. */
function mayPass(found: GlobusAnswer): boolean {
  if (/\.(NotDirectory|NotFound|PermissionDenied)$/.test(errorOf(found)?.code ?? "")) return false;
  return [408, 409, 425, 429].includes(found.status) || found.status >= 500;
}

function refusalOf(call: string, found: GlobusAnswer, { clientId }: GlobusCredential, hide: Hide): GlobusRefusal {
  const code = errorOf(found)?.code;
  const globusCode = code === undefined ? undefined : hide(code);
  return { call, status: found.status, globusCode, reason: reasonOf(found, hide), clientId };
}

/** Hidden before it is cut: half a secret is none that is found. */
function reasonOf(found: GlobusAnswer, hide: Hide): string {
  const error = errorOf(found);
  const parts = [error?.code ?? error?.error, error?.message ?? error?.error_description].filter(Boolean);
  if (parts.length > 0) return hide(parts.join(", "));
  return (found.isGrant ? "" : cut(hide(found.text))) || "no reason given";
}

function cut(text: string): string {
  return text.slice(0, saidCharacters);
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
