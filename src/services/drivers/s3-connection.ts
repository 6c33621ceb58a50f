import type { S3 } from "@aws-sdk/client-s3";
import { FirstlightError, isFirstlightError } from "../../core/errors.ts";
import { type Logger, silentLogger } from "../../core/log.ts";
import { type RetryOptions, retry } from "../../core/retry.ts";
import type { Secret } from "../../core/secret.ts";
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

/** The client of one server, loaded and made at first use. */
export interface S3Connection extends AsyncDisposable {
  readonly log: Logger;
  /** For errors. */
  readonly address: string;
  /** The client itself, for what is no request. */
  client(): Promise<S3>;
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

export function s3Connection(options: S3ConnectionOptions): S3Connection {
  const { host, port, useSsl, log = silentLogger } = options;
  const address = `${useSsl ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const closing = new AbortController();
  let made: Promise<S3> | undefined;
  const client = (): Promise<S3> => {
    if (closing.signal.aborted) throw storeClosed();
    made ??= makeClient(address, options);
    return made;
  };
  return {
    log,
    address,
    client,
    async ask(request, work, signal, tries = options.retry.tries) {
      const s3 = await client();
      const signals = [closing.signal, signal, options.retry.signal].filter((one) => one !== undefined);
      const abortSignal = AbortSignal.any(signals);
      const { retry: retryOptions } = options;
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
        options.retry.signal?.throwIfAborted();
        if (closing.signal.aborted) throw storeClosed();
        throw isFirstlightError(error) ? error : s3Failed(request, address, error);
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      (await made?.catch(() => undefined))?.destroy();
    },
  };
}

/** Everything is said here, so that the SDK looks for none of it in the environment or in files of the user. */
async function makeClient(address: string, { useSsl, accessKey, secretKey, config }: S3ConnectionOptions): Promise<S3> {
  const [{ S3: Client }, { Agent }] = await Promise.all([
    import("@aws-sdk/client-s3"),
    useSsl ? import("node:https") : import("node:http"),
  ]);
  const agent = new Agent({ keepAlive: true, maxSockets: config.maxConnections });
  return new Client({
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
}

function storeClosed(): FirstlightError {
  return new FirstlightError("SERVICE_CLOSED", "The object store is closed.");
}
