import type { AgentOptions } from "node:http";
import type { S3 } from "@aws-sdk/client-s3";
import { isFirstlightError } from "../../../core/errors.ts";
import { type Logger, silentLogger } from "../../../core/log.ts";
import { requirePort, requireRetry, requireSignal } from "../../../core/require-option.ts";
import { type RetryOptions, retry } from "../../../core/retry.ts";
import { requireSecret, type Secret } from "../../../core/secret.ts";
import { plainHost, requireHost } from "../../../core/server-url.ts";
import { settingsInvalid } from "../../../core/settings-invalid.ts";
import { storeClosed } from "../object-errors.ts";
import { clearingMs } from "./s3-clearing.ts";
import type { S3ClientConfig } from "./s3-config.ts";
import { isPassing, reasonOf, type S3Request, s3Failed } from "./s3-errors.ts";

export interface S3ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly useSsl: boolean;
  readonly accessKey: Secret;
  readonly secretKey: Secret;
  readonly config: S3ClientConfig;
  /** How a request is tried again after the SDK's own quick attempts. */
  readonly retry: RetryOptions;
  readonly log?: Logger;
}

/** What one attempt of a request is given. */
export interface S3Attempt {
  readonly s3: S3;
  /** For the SDK's second argument. */
  readonly options: { readonly abortSignal: AbortSignal };
  /** From 1. */
  readonly attempt: number;
}

/** How requests are made. */
export interface S3Asking {
  /**
   * Does one request, again and again while that may help. Once the signal fires its reason is thrown. Throws what `s3Failed` makes of
   * the last error; a `FirstlightError` of `work` passes through.
   */
  ask<T>(
    request: S3Request,
    work: (attempt: S3Attempt) => Promise<T>,
    signal?: AbortSignal,
    tries?: number,
  ): Promise<T>;
}

/** The client of one server, loaded and made at first use. Disposing ends every request, and waits a while for what clears up after them. */
export interface S3Connection extends S3Asking, AsyncDisposable {
  readonly log: Logger;
  /** For errors. */
  readonly address: string;
  /** The client itself, for what is no request. */
  client(): Promise<S3>;
  /** For the requests that take back what failed: they go on for `clearingMs` once the connection is disposed of, or `retry.signal` fires. */
  readonly clearing: S3Asking;
  /** Does work that has to be cleared up after, for which disposing waits. */
  holding<T>(work: () => Promise<T>): Promise<T>;
}

export function s3Connection(options: S3ConnectionOptions): S3Connection {
  const { port, useSsl, log = silentLogger } = options;
  const host = plainHost(options.host);
  const address = `${useSsl ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  requireHost("host (object-store-api in MESH_CONFIG)", options.host);
  requirePort("port (object-store-api in MESH_CONFIG)", port);
  requireRetry(options.retry);
  requireSecret("accessKey (OBJECT_STORE_ACCESS_KEY)", options.accessKey);
  requireSecret("secretKey (OBJECT_STORE_SECRET_KEY)", options.secretKey);
  requireAccessKey(options.accessKey);
  const closing = new AbortController();
  /** Ends what clears up, too. */
  const ending = new AbortController();
  const held = new Set<Promise<unknown>>();
  let made: Promise<S3> | undefined;
  const client = (until: AbortSignal): Promise<S3> => {
    if (until.aborted) throw storeClosed();
    made ??= makeClient(address, options);
    return made;
  };
  const endSoon = (): void => {
    setTimeout(() => ending.abort(), clearingMs).unref();
  };
  const { retry: retryOptions } = options;
  const stopped = retryOptions.signal;
  if (stopped?.aborted === true) endSoon();
  else stopped?.addEventListener("abort", endSoon, { once: true });

  const asking = (until: AbortSignal, givesUp: AbortSignal | undefined): S3Asking => ({
    async ask(request, work, signal, tries = retryOptions.tries) {
      requireSignal(signal);
      const s3 = await client(until);
      const abortSignal = AbortSignal.any([until, signal, givesUp].filter((one) => one !== undefined));
      try {
        return await retry((attempt) => work({ s3, options: { abortSignal }, attempt }), {
          ...retryOptions,
          tries,
          signal: abortSignal,
          retriable: isPassing,
          onWait: (wait) => {
            log.warning(
              `No way to ${request.doing} (${reasonOf(wait.error)}); trying again in ${wait.delaySeconds.toFixed(1)} s. RETRY_CONFIG limits the tries, MESH_CONFIG names another object store`,
              { attempt: wait.attempt, address },
            );
            retryOptions.onWait?.(wait);
          },
        });
      } catch (error) {
        signal?.throwIfAborted();
        givesUp?.throwIfAborted();
        if (until.aborted) throw storeClosed();
        throw isFirstlightError(error) ? error : s3Failed(request, address, error);
      }
    },
  });

  return {
    log,
    address,
    client: () => client(closing.signal),
    ...asking(closing.signal, stopped),
    clearing: asking(ending.signal, undefined),
    async holding(work) {
      const mine = work();
      held.add(mine);
      try {
        return await mine;
      } finally {
        held.delete(mine);
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await unlessLonger(Promise.allSettled(held), clearingMs);
      stopped?.removeEventListener("abort", endSoon);
      ending.abort();
      (await made?.catch(() => undefined))?.destroy();
    },
  };
}

/** It goes out in a header of every request: one that no header can carry would fail as if the server were away. */
function requireAccessKey(accessKey: Secret): void {
  if (/^[!-~]+$/.test(accessKey.reveal())) return;
  const expected = "an access key of printable ASCII without blanks, and without the end of a line";
  throw settingsInvalid([{ name: "OBJECT_STORE_ACCESS_KEY", expected, found: "another text, which is not shown" }]);
}

/** Waits for `work`, but no longer than that. */
async function unlessLonger(work: Promise<unknown>, longestMs: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, longestMs);
  await Promise.race([work, late]);
  clearTimeout(timer);
}

/** Everything is said here, so that the SDK looks for none of it in the environment or in files of the user. */
async function makeClient(address: string, { useSsl, accessKey, secretKey, config }: S3ConnectionOptions): Promise<S3> {
  const [{ S3: Client }, { Agent, globalAgent }] = await Promise.all([
    import("@aws-sdk/client-s3"),
    useSsl ? import("node:https") : import("node:http"),
  ]);
  const agent = new Agent({ keepAlive: true, maxSockets: config.maxConnections, ...proxyOf(globalAgent) });
  const client = new Client({
    endpoint: address,
    region: config.region,
    credentials: { accessKeyId: accessKey.reveal(), secretAccessKey: secretKey.reveal() },
    forcePathStyle: config.forcePathStyle,
    maxAttempts: config.maxAttempts,
    retryMode: config.retryMode,
    requestChecksumCalculation: config.requestChecksums,
    responseChecksumValidation: config.responseChecksums,
    // It makes a connection of its own for each large body, and waits for an answer first.
    expectContinueHeader: false,
    useArnRegion: false,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    disableMultiregionAccessPoints: true,
    defaultsMode: "standard",
    userAgentAppId: undefined,
    customUserAgent: config.userAgent ?? "firstlight",
    requestHandler: {
      connectionTimeout: config.connectTimeoutMs,
      socketTimeout: config.readTimeoutMs,
      [useSsl ? "httpsAgent" : "httpAgent"]: agent,
    },
  });
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      dropIdsOfOthers(result.response);
      return result;
    },
    // Before the answer is read.
    { step: "deserialize", priority: "low", name: "firstlightIdOfS3" },
  );
  return client;
}

/** By its id an answer is known as one of S3; the SDK takes for it that of Amazon's other services, such as a gateway before the store. */
function dropIdsOfOthers(response: unknown): void {
  if (typeof response !== "object" || response === null || !("headers" in response)) return;
  const { headers } = response;
  if (typeof headers !== "object" || headers === null) return;
  for (const name of ["x-amzn-requestid", "x-amzn-request-id"]) Reflect.deleteProperty(headers, name);
}

/** The proxy that Node itself was told of (NODE_USE_ENV_PROXY), as `fetch` takes it. Its types do not know of an agent's options. */
function proxyOf(globalAgent: object): Pick<AgentOptions, "proxyEnv"> {
  const told: unknown = Reflect.get(globalAgent, "options");
  return typeof told === "object" && told !== null && "proxyEnv" in told && typeof told.proxyEnv === "object"
    ? { proxyEnv: told.proxyEnv as AgentOptions["proxyEnv"] }
    : {};
}
