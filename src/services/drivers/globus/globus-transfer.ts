import { inTurn } from "../../../core/in-turn.ts";
import { type Logger, silentLogger } from "../../../core/log.ts";
import {
  requireCount,
  requireObject,
  requireObjects,
  requireText,
  requireWaits,
} from "../../../core/require-option.ts";
import { waitFor } from "../../../core/retry.ts";
import { requireSecret } from "../../../core/secret.ts";
import type { Transfer, TransferItem, TransferOptions, TransferProgress } from "../../transfer.ts";
import { serviceClosing } from "../service-closing.ts";
import { globusTaskFailed, missingSources, noClient, notArrived, transferClosed } from "../transfer-failed.ts";
import { distinctCopies, requireInScratch } from "../transfer-places.ts";
import { transferVerb } from "../transfer-verb.ts";
import { globusApi } from "./globus-api.ts";
import { globusInbound } from "./globus-inbound.ts";
import { globusLabel, newMark } from "./globus-label.ts";
import type { GlobusLeg, PlannedFile } from "./globus-leg.ts";
import { globusOutbound } from "./globus-outbound.ts";
import type { GlobusSession } from "./globus-session.ts";
import { eventsOf, findTasks, followTask, type GlobusTask, type MarkedTask, submitTask } from "./globus-task.ts";
import type { GlobusCredential } from "./globus-tokens.ts";

export interface GlobusTransferOptions {
  /** Id of the collection that shows the object store: its paths are `/bucket/key`. */
  readonly objectStoreEndpoint: string;
  /** Id of the collection that shows scratch, under the paths that it has on this machine. */
  readonly scratchEndpoint: string;
  /** Clients for transfers from the object store to scratch, of which a recipe run takes one by its id. */
  readonly inbound: readonly GlobusCredential[];
  /** The same from scratch to the object store. */
  readonly outbound: readonly GlobusCredential[];
  /** How often a call is tried again after an error that may pass. */
  readonly maxRetries?: number;
  /** The folder that every place in scratch lies in. */
  readonly scratchPath?: string;
  readonly log?: Logger;
  /** Where Globus Auth and Globus Transfer are, where they are not those of globus.org. */
  readonly authUrl?: string | undefined;
  readonly transferUrl?: string | undefined;
  /** Seconds between two looks at a task: at first, and at most. */
  readonly pollSeconds?: readonly [first: number, longest: number];
  /** The first wait before a call is tried again, in seconds. */
  readonly retrySeconds?: number;
  /** How many files one task of Globus is given; more become several tasks, one after the other. */
  readonly filesPerTask?: number;
}

/** How often the files of a task that has succeeded are looked for: a network file system may show them late. */
const looks = 3;
/** Errors of a task that trying again does not mend. */
const lasting = new Set(["CANCELED", "PERMISSION_DENIED", "FILE_NOT_FOUND"]);

/**
 * Copies by Globus Transfer, which holds source and copy against each other by checksum: `onFile` is not called. A task that is under
 * way for the same files, of an attempt that died, is waited for instead of handing in another.
 */
export function globusTransfer(options: GlobusTransferOptions): Transfer {
  requireObject("options of globusTransfer", options);
  requireText("objectStoreEndpoint (OBJECT_STORE_ENDPOINT)", options.objectStoreEndpoint);
  requireText("scratchEndpoint (SCRATCH_ENDPOINT)", options.scratchEndpoint);
  if (options.scratchPath !== undefined) requireText("scratchPath", options.scratchPath);
  requireCredentials("inbound", "GLOBUS_INBOUND_CLIENT_CREDENTIALS", options.inbound);
  requireCredentials("outbound", "GLOBUS_OUTBOUND_CLIENT_CREDENTIALS", options.outbound);
  const { pollSeconds = [1, 30] } = options;
  requireWaits("pollSeconds", pollSeconds);
  const { inbound, outbound, scratchPath, log = silentLogger, filesPerTask = 10_000 } = options;
  const call = globusApi({
    authUrl: options.authUrl ?? "https://auth.globus.org",
    transferUrl: options.transferUrl ?? "https://transfer.api.globus.org",
    maxRetries: options.maxRetries ?? 5,
    retrySeconds: options.retrySeconds ?? 0.5,
    log,
  });

  requireCount("maxRetries (GLOBUS_MAX_RETRIES)", options.maxRetries ?? 0, 0);
  requireCount("filesPerTask", filesPerTask, 1);

  /** Where two bring files to the same places, Globus would write one file twice at once. */
  const turn = inTurn();

  async function transfer(
    given: readonly TransferItem[],
    how: TransferOptions,
    pool: readonly GlobusCredential[],
    legOf: typeof globusInbound,
  ): Promise<void> {
    const items = await requireInScratch(given, scratchPath, how);
    if (items.length === 0) return;
    const client = pool[how.recipeRunId % pool.length];
    if (client === undefined) throw noClient(how);
    const session: GlobusSession = {
      call,
      client,
      signal: how.signal,
      landing: how.landing,
      log: log.child({ recipeRunId: how.recipeRunId }),
      pollSeconds,
    };
    const leg = legOf(session, options);
    const { files: planned, missing } = await leg.plan(items);
    const files = distinctCopies(planned, how);
    if (missing.length > 0) throw missingSources(missing, missing.length + files.length, how);
    let done: TransferProgress = { files: 0, totalFiles: files.length, bytes: 0 };
    for (let start = 0; start < files.length; start += filesPerTask) {
      const batch = files.slice(start, start + filesPerTask);
      const before = done;
      const onTask = (task: GlobusTask): void => how.onProgress?.(progressOf(task, batch, before));
      const places = batch.map(({ to }) => to);
      await turn(places, () => bring(session, leg, batch, how, onTask), how.signal);
      const bytes = batch.reduce((sum, { sizeBytes }) => sum + sizeBytes, before.bytes);
      done = { ...before, files: before.files + batch.length, bytes };
      how.onProgress?.(done);
    }
  }

  const closing = serviceClosing(transferClosed);
  return {
    name: "globus",
    toScratch: transferVerb("toScratch", closing, (items, how) => transfer(items, how, inbound, globusInbound)),
    toObjectStore: transferVerb("toObjectStore", closing, (items, how) =>
      transfer(items, how, outbound, globusOutbound),
    ),
    [Symbol.asyncDispose]: () => closing.close(),
  };
}

function requireCredentials(name: string, setting: string, credentials: readonly GlobusCredential[]): void {
  requireObjects(`${name} (${setting})`, credentials);
  for (const { clientId, clientSecret } of credentials) {
    requireText(`clientId (${setting})`, clientId);
    requireSecret(`clientSecret (${setting})`, clientSecret);
  }
}

/** Brings the files of one task to their places. */
async function bring(
  session: GlobusSession,
  leg: GlobusLeg,
  files: readonly PlannedFile[],
  how: TransferOptions,
  onTask: (task: GlobusTask) => void,
): Promise<void> {
  const { signal, log } = session;
  const { sourceCollection, destinationCollection } = leg;
  const label = globusLabel({ sourceCollection, destinationCollection, files }, how);
  let left = files;
  const found = await findTasks(session, label);
  let earlier = found.underWay;
  const marks = found.ended.map(({ mark }) => mark);
  const handIn = async (): Promise<MarkedTask> => {
    const mark = newMark();
    const ended = [...marks];
    marks.push(mark);
    const submission = { label: label.labelOf(mark), sourceCollection, destinationCollection };
    const taskId = await submitTask(session, { ...submission, files: await leg.prepare(left, mark, ended) });
    log.info(`Handed in the Globus task ${taskId}: ${left.length} files`, { taskId });
    return { taskId, mark };
  };
  try {
    while (left.length > 0) {
      if (earlier !== undefined) {
        log.info(`Found the Globus task ${earlier.taskId} under way; waiting for it`, { taskId: earlier.taskId });
        marks.push(earlier.mark);
      }
      const { taskId, mark } = earlier ?? (await handIn());
      const task = await followTask(session, taskId, onTask);
      if (task.status === "SUCCEEDED") left = await settled(session, leg, left, mark);
      else if (earlier === undefined) throw await failureOf(session, task, how);
      else log.warning(`The Globus task ${taskId} has failed; handing in another`, { taskId });
      const isOwn = earlier === undefined;
      earlier = undefined;
      if (!isOwn || left.length === 0) continue;
      // Another process that brings the same may have taken over what this task has left, and its own task may have ended since.
      const now = await findTasks(session, label);
      earlier = now.underWay ?? now.ended.find((one) => !marks.includes(one.mark));
      if (earlier !== undefined) continue;
      throw notArrived(
        taskId,
        left.map(({ to }) => to),
        leg.setting,
        how,
      );
    }
  } catch (error) {
    // Globus writes no more: the task was cancelled.
    if (signal?.aborted === true) await leg.discard(files, marks);
    throw error;
  }
}

async function settled(
  session: GlobusSession,
  leg: GlobusLeg,
  files: readonly PlannedFile[],
  mark: string,
): Promise<readonly PlannedFile[]> {
  let left = await leg.settle(files, mark);
  for (let look = 1; look < looks && left.length > 0; look += 1) {
    await waitFor(session.pollSeconds[0], session.signal);
    left = await leg.settle(left, mark);
  }
  return left;
}

async function failureOf(session: GlobusSession, task: GlobusTask, how: TransferOptions): Promise<Error> {
  const { fatal_error, canceled_by_admin_message } = task;
  // How the task has ended is known without them.
  const all = await eventsOf(session, task.task_id).catch(() => []);
  const events = all.filter(({ is_error }) => is_error);
  const told = events.toReversed().map(({ code, description, details }) => lineOf(code, description, details));
  const fatal = fatal_error == null ? [] : [lineOf(fatal_error.code, fatal_error.description)];
  const admin = canceled_by_admin_message == null ? [] : [canceled_by_admin_message];
  const mayPass = !lasting.has(fatal_error?.code ?? "");
  return globusTaskFailed(task.task_id, task.status, [...new Set([...fatal, ...admin, ...told])], mayPass, how);
}

function lineOf(...parts: readonly (string | null | undefined)[]): string {
  return parts
    .filter((part) => part != null && part !== "")
    .map((part) =>
      String(part)
        .trim()
        .replaceAll(/\s*\n\s*/g, "; "),
    )
    .join(": ");
}

/** How far all of it is: what was `before` this task, and what the task says of itself. */
function progressOf(
  { files_transferred, files_skipped, bytes_transferred }: GlobusTask,
  files: readonly PlannedFile[],
  before: TransferProgress,
): TransferProgress {
  const done = Math.min(files.length, (files_transferred ?? 0) + (files_skipped ?? 0));
  return { ...before, files: before.files + done, bytes: before.bytes + (bytes_transferred ?? 0) };
}
