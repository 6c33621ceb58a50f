import { z } from "zod";
import { messageOf } from "../../../core/errors.ts";
import { waitFor } from "../../../core/retry.ts";
import type { GlobusLabel } from "./globus-label.ts";
import type { GlobusSession } from "./globus-session.ts";

/** https://docs.globus.org/api/transfer/task/#task_fields, as far as it is needed. */
const taskSchema = z.object({
  task_id: z.string(),
  status: z.enum(["ACTIVE", "INACTIVE", "SUCCEEDED", "FAILED"]),
  label: z.string().nullish(),
  files: z.number().nullish(),
  files_transferred: z.number().nullish(),
  files_skipped: z.number().nullish(),
  bytes_transferred: z.number().nullish(),
  nice_status: z.string().nullish(),
  nice_status_short_description: z.string().nullish(),
  canceled_by_admin_message: z.string().nullish(),
  fatal_error: z.object({ code: z.string().nullish(), description: z.string().nullish() }).nullish(),
  is_paused: z.boolean().nullish(),
});
export type GlobusTask = Readonly<z.output<typeof taskSchema>>;

const eventSchema = z.object({
  code: z.string(),
  is_error: z.boolean(),
  description: z.string().nullish(),
  details: z.string().nullish(),
  time: z.string(),
});
export type GlobusEvent = Readonly<z.output<typeof eventSchema>>;

/** One file to copy from a path of one collection to a path of the other. */
export interface GlobusFile {
  readonly source: string;
  readonly destination: string;
}

export interface GlobusSubmission {
  /** By which a task that is under way is found again; at most 128 characters. */
  readonly label: string;
  readonly sourceCollection: string;
  readonly destinationCollection: string;
  readonly files: readonly GlobusFile[];
}

/** Copy a file whose checksum differs, and none that is there already. */
const syncByChecksum = 3;
/** How long a task that is being handed in may take yet when the signal fires, in seconds. */
const submitSeconds = 20;
/** How long a cancelled task is waited for, in seconds. */
const cancelSeconds = 30;

/** Hands a task in, once: an answer that is lost is asked for again under the same id. */
export async function submitTask(
  { call, client, signal }: GlobusSession,
  { label, sourceCollection, destinationCollection, files }: GlobusSubmission,
): Promise<string> {
  const { value } = await call(
    client,
    { method: "GET", path: "/submission_id" },
    z.object({ value: z.string() }),
    signal,
  );
  const body = {
    DATA_TYPE: "transfer",
    submission_id: value,
    label,
    source_endpoint: sourceCollection,
    destination_endpoint: destinationCollection,
    verify_checksum: true,
    sync_level: syncByChecksum,
    fail_on_quota_errors: true,
    notify_on_succeeded: false,
    notify_on_failed: false,
    notify_on_inactive: false,
    DATA: files.map(({ source, destination }) => ({
      DATA_TYPE: "transfer_item",
      source_path: source,
      destination_path: destination,
      recursive: false,
    })),
  };
  // Cut off by the signal it would leave a task that nobody knows of, and cancels.
  using late = delayed(signal);
  const answer = z.object({ task_id: z.string() });
  return (await call(client, { method: "POST", path: "/transfer", body }, answer, late.signal)).task_id;
}

/** A task, and the mark that it has in its label. */
export interface MarkedTask {
  readonly taskId: string;
  readonly mark: string;
}

/** The tasks of one transfer, whoever has handed them in. */
export interface GlobusTasks {
  readonly underWay: MarkedTask | undefined;
  /** Well or not; the latest need not be the last. */
  readonly ended: readonly MarkedTask[];
}

export async function findTasks(
  { call, client, signal }: GlobusSession,
  { hash, labelOf, markOf }: GlobusLabel,
): Promise<GlobusTasks> {
  const limit = 1000;
  const listSchema = z.object({ DATA: z.array(taskSchema) });
  const ended: MarkedTask[] = [];
  for (let offset = 0; ; offset += limit) {
    // Globus takes `*` for anything there, and capitals for small letters.
    const query = { filter: `type:TRANSFER/label:~*${hash}*`, limit, offset };
    const { DATA } = await call(client, { method: "GET", path: "/task_list", query }, listSchema, signal);
    for (const { task_id: taskId, status, label } of DATA) {
      const mark = markOf(label ?? "");
      if (mark === undefined || label !== labelOf(mark)) continue;
      if (status === "ACTIVE" || status === "INACTIVE") return { underWay: { taskId, mark }, ended };
      ended.push({ taskId, mark });
    }
    if (DATA.length < limit) return { underWay: undefined, ended };
  }
}

/** Looks at a task until it has ended, says what happens to it, and resolves to its last state. Ended by the signal, it is cancelled. */
export async function followTask(
  session: GlobusSession,
  taskId: string,
  onState: (task: GlobusTask) => void,
): Promise<GlobusTask> {
  const { signal, log, pollSeconds } = session;
  const [first, longest] = pollSeconds;
  const known = new Set<string>();
  let areEventsTold = true;
  let state = "ACTIVE";
  try {
    for (let seconds = first; ; seconds = Math.min(longest, seconds * 1.5)) {
      const task = await readTask(session, taskId);
      if (areEventsTold) areEventsTold = await tellEvents(session, taskId, known);
      onState(task);
      signal?.throwIfAborted();
      if (task.status === "SUCCEEDED" || task.status === "FAILED") return task;
      const now = task.is_paused === true ? "paused" : task.status;
      if (now !== state && now !== "ACTIVE") {
        const why = task.nice_status_short_description ?? task.nice_status ?? "no reason given";
        log.warning(
          `The Globus task ${taskId} is ${now === "paused" ? "paused" : "inactive"} (${why}) and waits for somebody to let it go on: https://app.globus.org/activity/${taskId}`,
          { taskId },
        );
      }
      if (now === "ACTIVE" && state !== "ACTIVE") log.info(`The Globus task ${taskId} goes on`, { taskId });
      state = now;
      await waitFor(seconds, signal);
    }
  } catch (error) {
    if (signal?.aborted === true) await cancelTask(session, taskId);
    throw error;
  }
}

/** The events of a task, the latest last. */
export async function eventsOf(
  { call, client, signal }: GlobusSession,
  taskId: string,
): Promise<readonly GlobusEvent[]> {
  const path = `/task/${encodeURIComponent(taskId)}/event_list`;
  const listSchema = z.object({ DATA: z.array(eventSchema) });
  const { DATA } = await call(client, { method: "GET", path, query: { limit: 100 } }, listSchema, signal);
  return DATA.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

function readTask({ call, client, signal }: GlobusSession, taskId: string): Promise<GlobusTask> {
  return call(client, { method: "GET", path: `/task/${encodeURIComponent(taskId)}` }, taskSchema, signal);
}

/**
 * Says what is new. An error may pass: whether it did is seen by how the task ends. False when Globus does not tell the events, which is
 * no reason to give up a task that it tells of otherwise.
 */
async function tellEvents(session: GlobusSession, taskId: string, known: Set<string>): Promise<boolean> {
  let events: readonly GlobusEvent[];
  try {
    events = await eventsOf(session, taskId);
  } catch (error) {
    session.signal?.throwIfAborted();
    session.log.warning(`The events of the Globus task ${taskId} are not told from now on: ${messageOf(error)}`, {
      taskId,
    });
    return false;
  }
  for (const { time, code, is_error, description, details } of events) {
    const id = `${time} ${code} ${details}`;
    if (known.has(id)) continue;
    known.add(id);
    const line = `Globus task ${taskId}: ${description ?? code}`;
    const fields = { taskId, code, time, ...(details == null ? {} : { details }) };
    if (is_error) session.log.warning(line, fields);
    else session.log.debug(line, fields);
  }
  return true;
}

/** Ends a task, and waits until it has ended: until then it may still write. The signal has fired, so it rules no call here. */
async function cancelTask(session: GlobusSession, taskId: string): Promise<void> {
  const limit = AbortSignal.timeout(cancelSeconds * 1000);
  const own = { ...session, signal: limit };
  const path = `/task/${encodeURIComponent(taskId)}/cancel`;
  try {
    await own.call(own.client, { method: "POST", path }, z.object({ code: z.string() }), limit);
    for (;;) {
      const { status } = await readTask(own, taskId);
      if (status === "SUCCEEDED" || status === "FAILED") break;
      await waitFor(own.pollSeconds[0], limit);
    }
    session.log.info(`Cancelled the Globus task ${taskId}`, { taskId });
  } catch (error) {
    session.log.warning(
      `The Globus task ${taskId} could not be cancelled (${messageOf(error)}) and may go on: https://app.globus.org/activity/${taskId}`,
      { taskId },
    );
  }
}

/** A signal that fires some time after the given one. */
function delayed(signal: AbortSignal | undefined): Disposable & { readonly signal: AbortSignal } {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const fire = (): void => {
    timer = setTimeout(() => late.abort(signal?.reason), submitSeconds * 1000);
  };
  if (signal?.aborted === true) fire();
  else signal?.addEventListener("abort", fire, { once: true });
  return {
    signal: late.signal,
    [Symbol.dispose]() {
      signal?.removeEventListener("abort", fire);
      clearTimeout(timer);
    },
  };
}
