import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { silentLogger } from "../core/log.ts";
import { redactor } from "../core/redact.ts";
import type { Environment, Settings } from "../core/settings.ts";
import type { OpenedSdk } from "./open-sdk.ts";
import { type OtlpTarget, otlpTarget } from "./otlp-target.ts";

export interface TelemetryOptions {
  /** Told once when telemetry cannot be sent. */
  readonly log?: Logger;
  /** Whose secrets are taken out of what is sent. Default: the process's environment. */
  readonly env?: Environment;
  /**
   * Another process of this run found nobody at the collector's address, and said so: who has not answered half a second after
   * this began is not waited for here, nor told of.
   */
  readonly wasGone?: boolean;
}

/** What this process sends, and where to. */
export interface Telemetry extends AsyncDisposable {
  /** Undefined where nothing is sent. */
  readonly traces: OtlpTarget | undefined;
  readonly metrics: OtlpTarget | undefined;
  /**
   * Whether somebody was at an address that something is sent to when this began, and answers there now. Asks for half a second at most.
   */
  isThere(): Promise<boolean>;
  /**
   * Sends what is left and stops. Resolves to false with something still unsent, which is then lost: once `timeoutMs` (default 2000) is
   * over, at once where nobody listens at the collector's address, after 500 ms where nobody has ever answered there; sockets and timers of the SDK may keep the process alive for some seconds more. Never throws. Disposing does it too.
   */
  shutdown(timeoutMs?: number): Promise<boolean>;
}

const flushTimeoutMs = 2000;

/**
 * Starts the OpenTelemetry SDK of this process as the settings say: traces and metrics go over OTLP to their endpoints, and the calls
 * to servers are traced. Loads and starts nothing where no endpoint is set. A process that has an SDK already keeps it. Nothing
 * that fails here ever fails the work: what cannot be sent is dropped, and said once.
 */
export async function startTelemetry(settings: Settings, options: TelemetryOptions = {}): Promise<Telemetry> {
  const { log = silentLogger, env = process.env, wasGone = false } = options;
  const targets = { traces: otlpTarget(settings, "traces"), metrics: otlpTarget(settings, "metrics") };
  let sdk: OpenedSdk | undefined;
  if (targets.traces !== undefined || targets.metrics !== undefined) {
    try {
      const { openSdk } = await import("./open-sdk.ts");
      sdk = await openSdk(settings, targets, { log, redact: redactor(env), wasGone });
    } catch (error) {
      log.warning("Telemetry could not be started; the work goes on without it", { error });
    }
  }
  let ending: Promise<boolean> | undefined;
  const shutdown = (timeoutMs = flushTimeoutMs): Promise<boolean> => {
    ending ??= sdk === undefined ? Promise.resolve(true) : end(sdk, timeoutMs, wasGone);
    return ending;
  };
  return {
    traces: sdk === undefined ? undefined : targets.traces,
    metrics: sdk === undefined ? undefined : targets.metrics,
    isThere: async () => (await sdk?.isThere()) ?? false,
    shutdown,
    async [Symbol.asyncDispose]() {
      await shutdown();
    },
  };
}

/** Whether everything was sent, or refused, in time. */
async function end(sdk: OpenedSdk, timeoutMs: number, wasGone: boolean): Promise<boolean> {
  let isOver = false;
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const giveUp = (reason: string): void => {
    sdk.sayTrouble(reason);
    resolve(false);
  };
  const onTimeout = (): void => {
    // Who may not wait at all was told before why.
    if (timeoutMs > 0) giveUp(`the collector did not take everything within ${timeoutMs} ms`);
    else resolve(false);
  };
  const timer = setTimeout(onTimeout, timeoutMs);
  const done = sdk.flush().then(
    () => true,
    (error: unknown) => {
      sdk.sayTrouble(messageOf(error));
      return true;
    },
  );
  void sdk.whyNobodyAnswers().then((reason) => {
    if (isOver) return;
    if (timeoutMs > 0 && !wasGone) giveUp(reason);
    else resolve(false);
  });
  try {
    return await Promise.race([done, late]);
  } finally {
    isOver = true;
    clearTimeout(timer);
    sdk.release();
  }
}
