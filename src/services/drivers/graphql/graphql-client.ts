import { z } from "zod";
import { codeOf, isFirstlightError, messageOf } from "../../../core/errors.ts";
import { type Logger, silentLogger } from "../../../core/log.ts";
import { requireCount, requireRetry, requireText } from "../../../core/require-option.ts";
import { type RetryOptions, retry } from "../../../core/retry.ts";
import { retryAfterSeconds } from "../../../core/retry-after.ts";
import { requireSecret, type Secret } from "../../../core/secret.ts";
import { requireServerUrl } from "../../../core/server-url.ts";
import {
  addressOf,
  metadataAccessRefused,
  metadataRefused,
  metadataSchemaUnfit,
  metadataStoreClosed,
  metadataUnreachable,
  misfitsOf,
  shown,
  withoutSecret,
} from "../metadata-errors.ts";
import { type GraphqlOperation, graphqlRequest } from "./graphql-operation.ts";

export interface GraphqlClientOptions {
  /** `http://gateway:8080/graphql` */
  readonly url: string;
  /** Sent as it is in the header Authorization. */
  readonly authToken: Secret;
  /** Sent in the header Service-Name. Default `firstlight`. */
  readonly serviceName?: string;
  /** How a call without an answer is tried again. Tries without end count as 11, the Python stack's ten after the first. */
  readonly retry: RetryOptions;
  /** How long one try may take. Default 60 s. */
  readonly requestTimeoutMs?: number;
  readonly log?: Logger;
}

/** Calls of one GraphQL server. Connections are kept between them, by Node's own pool. */
export interface GraphqlClient extends Disposable {
  call<Response>(operation: GraphqlOperation<Response>): Promise<Response>;
}

const defaultTimeoutMs = 60_000;
const mostTries = 11;
/** What a gateway says while the server behind it comes up, is slow, or has too much to do. */
const passingStatuses: ReadonlySet<number> = new Set([404, 408, 425, 429, 502, 503, 504]);

export function graphqlClient(options: GraphqlClientOptions): GraphqlClient {
  const { url, log = silentLogger } = options;
  requireServerUrl("url (internal-api-gateway in MESH_CONFIG)", url);
  requireRetry(options.retry);
  if (options.serviceName !== undefined) requireText("serviceName", options.serviceName);
  requireCount("requestTimeoutMs", options.requestTimeoutMs ?? defaultTimeoutMs, 1);
  requireSecret("authToken (GQL_AUTH_TOKEN)", options.authToken);
  const closing = new AbortController();
  const signal =
    options.retry.signal === undefined ? closing.signal : AbortSignal.any([closing.signal, options.retry.signal]);
  const tries = options.retry.tries < 0 ? mostTries : options.retry.tries;
  return {
    async call(operation) {
      if (closing.signal.aborted) throw metadataStoreClosed(url);
      let tried = 0;
      const once = () => {
        tried += 1;
        return callOnce(options, operation, signal);
      };
      try {
        return await retry(once, {
          ...options.retry,
          tries,
          signal,
          retriable: (error) => isFirstlightError(error, "METADATA_STORE_UNREACHABLE"),
          leastDelaySeconds: askedFor,
          onWait(wait) {
            const { reason } = isFirstlightError(wait.error) ? wait.error.fields : { reason: messageOf(wait.error) };
            log.warning(
              `No answer to ${operation.base} from the metadata store at ${addressOf(url)} (${reason}); trying again in ${wait.delaySeconds.toFixed(1)} s. RETRY_CONFIG limits the tries, MESH_CONFIG names another store`,
              { attempt: wait.attempt },
            );
            options.retry.onWait?.(wait);
          },
        });
      } catch (error) {
        if (closing.signal.aborted) throw metadataStoreClosed(url);
        signal.throwIfAborted();
        if (!isFirstlightError(error, "METADATA_STORE_UNREACHABLE")) throw error;
        const after = tried === 1 ? "" : ` (${tried} tries)`;
        throw metadataUnreachable(url, operation.base, `${String(error.fields.reason)}${after}`, error.cause);
      }
    },
    [Symbol.dispose]: () => closing.abort(),
  };
}

/** The seconds after which the server wants to be asked again. */
function askedFor(error: unknown): number | undefined {
  const asked = isFirstlightError(error) ? error.fields.retryAfterSeconds : undefined;
  return typeof asked === "number" ? asked : undefined;
}

async function callOnce<Response>(
  options: GraphqlClientOptions,
  operation: GraphqlOperation<Response>,
  stop: AbortSignal,
): Promise<Response> {
  const { url } = options;
  const { base } = operation;
  const { status, text, retryAfter } = await post(options, operation, stop);
  const said = (): string => shown(withoutSecret(text, options.authToken).trim(), options.authToken);
  if (status === 401 || status === 403) throw metadataAccessRefused(url, base, `HTTP ${status}, ${said()}`);
  if (passingStatuses.has(status)) throw metadataUnreachable(url, base, `HTTP ${status}`, undefined, retryAfter);
  const answer = parseAnswer(text);
  if (answer === undefined) {
    if (status !== 200) throw metadataRefused(url, base, status, [`HTTP ${status}, ${said()}`], { isGraphql: false });
    const misfit = { path: base, expected: "an answer of GraphQL, a JSON object with data or errors", found: said() };
    throw metadataSchemaUnfit(url, base, [misfit]);
  }
  const { data, errors = [] } = answer;
  if (errors.length > 0) throw refusal(options, base, status, answer.data !== undefined, errors);
  const value = data?.[base];
  const parsed = operation.response.safeParse(value);
  if (parsed.success) return parsed.data;
  throw metadataSchemaUnfit(url, base, misfitsOf(base, value, parsed.error, options.authToken), parsed.error);
}

async function post(
  { url, authToken, serviceName = "firstlight", requestTimeoutMs = defaultTimeoutMs }: GraphqlClientOptions,
  operation: GraphqlOperation,
  stop: AbortSignal,
): Promise<{ readonly status: number; readonly text: string; readonly retryAfter: number | undefined }> {
  const token = authToken.reveal();
  // The error of a header that cannot be holds its value.
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(token)) {
    throw metadataAccessRefused(url, operation.base, "it holds characters that no HTTP header can carry");
  }
  const timeout = AbortSignal.timeout(requestTimeoutMs);
  try {
    const response = await fetch(url, {
      method: "POST",
      // A token goes to the address that it was meant for.
      redirect: "manual",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "Service-Name": serviceName,
        Authorization: token,
      },
      body: JSON.stringify(graphqlRequest(operation)),
      signal: AbortSignal.any([stop, timeout]),
    });
    const retryAfter = retryAfterSeconds(response.headers.get("retry-after"));
    return { status: response.status, text: await response.text(), retryAfter };
  } catch (error) {
    stop.throwIfAborted();
    const reason = timeout.aborted ? `no answer within ${requestTimeoutMs / 1000} s` : reasonOf(error);
    throw metadataUnreachable(url, operation.base, reason, error);
  }
}

const answerSchema = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        path: z.array(z.union([z.string(), z.number()])).nullish(),
        extensions: z.record(z.string(), z.unknown()).nullish(),
      }),
    )
    .nullish()
    .transform((errors) => errors ?? undefined),
});
type Answer = z.infer<typeof answerSchema>;

/** Undefined for what is no answer of a GraphQL server. */
function parseAnswer(text: string): Answer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { success, data } = answerSchema.safeParse(value);
  return success && (data.data !== undefined || data.errors !== undefined) ? data : undefined;
}

const refusedCodes: ReadonlySet<unknown> = new Set(["UNAUTHENTICATED", "UNAUTHORIZED", "FORBIDDEN"]);
/** What Yoga and Apollo, which send it with status 200, say instead of an error that a resolver did not foresee: the HTTP 500 of GraphQL. */
const internalCode = "INTERNAL_SERVER_ERROR";
const unfitCodes: ReadonlySet<unknown> = new Set(["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"]);
/** How the servers of the reference implementations, JavaScript's and Python's, begin to say that a query does not fit their schema. */
const unfitMessage =
  /^(Cannot query field|Unknown (argument|field|type|fragment)|Field ['"]|Argument ['"]|Syntax Error|Expected (value|type)|Enum ['"])/;

function refusal(
  { url, authToken }: GraphqlClientOptions,
  base: string,
  status: number,
  wasRun: boolean,
  errors: NonNullable<Answer["errors"]>,
) {
  const said = errors.map(({ message, path }) => {
    const text = withoutSecret(message, authToken);
    return path === null || path === undefined || path.length === 0
      ? text
      : `${text} (at ${withoutSecret(path.join("."), authToken)})`;
  });
  if (errors.some(({ extensions }) => refusedCodes.has(extensions?.code))) {
    return metadataAccessRefused(url, base, said.join("; "));
  }
  const unfit = wasRun
    ? []
    : errors.filter(({ message, extensions }) => unfitCodes.has(extensions?.code) || unfitMessage.test(message));
  if (unfit.length === 0) {
    const isInternal = errors.some(({ extensions }) => extensions?.code === internalCode);
    return metadataRefused(url, base, status, said, { isInternal });
  }
  return metadataSchemaUnfit(
    url,
    base,
    unfit.map(({ message }) => ({
      path: base,
      expected: "a server that takes this call",
      found: withoutSecret(message, authToken),
    })),
  );
}

/** `fetch` says only that it failed; why, its cause says. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return messageOf(cause) || String(codeOf(cause));
}
