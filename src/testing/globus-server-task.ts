import { randomUUID } from "node:crypto";
import { open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf, messageOf } from "../core/errors.ts";
import { makeFolders } from "../core/file.ts";
import { fileFacts } from "../core/file-facts.ts";
import { pathIn } from "./globus-server-listing.ts";

/** What is posted to `/transfer`, as far as it is heeded. */
export interface TransferBody {
  readonly submission_id: string;
  readonly label: string;
  readonly source_endpoint: string;
  readonly destination_endpoint: string;
  readonly sync_level?: number | null;
  readonly verify_checksum?: boolean;
  readonly DATA: readonly {
    readonly source_path: string;
    readonly destination_path: string;
    readonly recursive?: boolean;
  }[];
}

/** A file that is about to be copied: its paths on this machine, and which try this is, from 1. */
export interface GlobusServerFile {
  readonly taskId: string;
  readonly source: string;
  readonly destination: string;
  readonly attempt: number;
}

export interface GlobusServerTask {
  readonly taskId: string;
  readonly clientId: string;
  readonly body: TransferBody;
  /** The latest last. */
  readonly events: readonly GlobusServerEvent[];
  document(): GlobusTaskDocument;
  /** Stops before the next file, as an administrator's pause or an expired consent does. */
  pause(status: "ACTIVE" | "INACTIVE", why: string): void;
  resume(): void;
  cancel(): void;
  /** Resolves when it does nothing more. */
  readonly ended: Promise<void>;
}

export interface GlobusServerEvent {
  readonly DATA_TYPE: "event";
  readonly code: string;
  readonly is_error: boolean;
  readonly description: string;
  readonly details: string;
  readonly time: string;
}

export interface GlobusTaskDocument {
  readonly DATA_TYPE: "task";
  readonly task_id: string;
  readonly type: "TRANSFER";
  readonly status: "ACTIVE" | "INACTIVE" | "SUCCEEDED" | "FAILED";
  readonly label: string;
  readonly files: number;
  readonly files_transferred: number;
  readonly files_skipped: number;
  readonly bytes_transferred: number;
  readonly faults: number;
  readonly is_paused: boolean;
  readonly nice_status: string | null;
  readonly nice_status_short_description: string | null;
  readonly fatal_error: { readonly code: string; readonly description: string } | null;
}

interface TaskSetup {
  /** Of a task that a server goes on with which was killed. */
  readonly taskId?: string | undefined;
  readonly clientId: string;
  readonly body: TransferBody;
  readonly collections: Readonly<Record<string, string>>;
  readonly onFile: ((file: GlobusServerFile) => Promise<string | undefined> | string | undefined) | undefined;
  readonly triesPerFile: number;
}

const stripBytes = 64 * 1024;

/** Begins a task of the server: copies file by file, in place, and keeps the document that Globus shows of it. */
export function globusServerTask(setup: TaskSetup): GlobusServerTask {
  const { taskId = randomUUID(), clientId, body, collections, onFile, triesPerFile } = setup;
  const events: GlobusServerEvent[] = [];
  const stop = new AbortController();
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  const state = {
    DATA_TYPE: "task" as const,
    task_id: taskId,
    type: "TRANSFER" as const,
    status: "ACTIVE" as GlobusTaskDocument["status"],
    label: body.label,
    files: body.DATA.length,
    files_transferred: 0,
    files_skipped: 0,
    bytes_transferred: 0,
    faults: 0,
    is_paused: false,
    nice_status: "OK" as string | null,
    nice_status_short_description: "OK" as string | null,
    fatal_error: null as GlobusTaskDocument["fatal_error"],
  };
  const tell = (code: string, is_error: boolean, description: string, details = ""): void => {
    events.push({ DATA_TYPE: "event", code, is_error, description, details, time: new Date().toISOString() });
  };
  const end = (status: "SUCCEEDED" | "FAILED", code: string, description: string): void => {
    if (status === "FAILED") state.fatal_error = { code, description };
    Object.assign(state, { status, is_paused: false, nice_status: null, nice_status_short_description: null });
    tell(code, status === "FAILED", description);
  };
  const aborted = new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve()));

  async function copy(source: string, destination: string): Promise<void> {
    const wanted = await fileFacts(source);
    if (body.sync_level === 3) {
      const present = await fileFacts(destination).catch(() => undefined);
      if (present?.sha256 === wanted.sha256) {
        state.files_skipped += 1;
        return;
      }
    }
    await makeFolders(dirname(destination));
    await using from = await open(source, "r");
    await using to = await open(destination, "w");
    const strip = new Uint8Array(stripBytes);
    for (;;) {
      if (stop.signal.aborted) return;
      const { bytesRead } = await from.read(strip, 0, stripBytes, null);
      if (bytesRead === 0) break;
      await to.write(strip, 0, bytesRead);
      state.bytes_transferred += bytesRead;
    }
    if (body.verify_checksum === true && (await fileFacts(destination)).sha256 !== wanted.sha256) {
      throw Object.assign(new Error("checksum differs"), { code: "VERIFY_CHECKSUM" });
    }
    state.files_transferred += 1;
  }

  async function run(): Promise<void> {
    tell("STARTED", false, "started");
    const pairs = await pairsOf(body, collections);
    state.files = pairs.length;
    for (const { source, destination } of pairs) {
      for (let attempt = 1; ; attempt += 1) {
        await Promise.race([gate.promise, aborted]);
        const fault = await Promise.race([onFile?.({ taskId, source, destination, attempt }), aborted]);
        if (stop.signal.aborted) return end("FAILED", "CANCELED", "canceled by the user");
        try {
          if (fault !== undefined) throw Object.assign(new Error(`${source}: ${fault}`), { code: fault });
          await copy(source, destination);
          break;
        } catch (error) {
          const code = globusCodeOf(error);
          state.faults += 1;
          tell(
            code,
            true,
            code.toLowerCase().replaceAll("_", " "),
            `Error (transfer)\nFile: ${source}\nMessage: ${messageOf(error)}`,
          );
          if (attempt >= triesPerFile) return end("FAILED", code, `${source} could not be transferred`);
        }
      }
      if (stop.signal.aborted) return end("FAILED", "CANCELED", "canceled by the user");
    }
    tell("PROGRESS", false, "progress");
    end("SUCCEEDED", "SUCCEEDED", "succeeded");
  }

  return {
    taskId,
    clientId,
    body,
    events,
    document: () => ({ ...state }),
    pause(status, why) {
      gate = Promise.withResolvers<void>();
      Object.assign(state, { status, is_paused: true, nice_status: why, nice_status_short_description: why });
      tell("PAUSED", false, "paused");
    },
    resume() {
      Object.assign(state, { status: "ACTIVE", is_paused: false, nice_status: "OK" });
      tell("UNPAUSED", false, "unpaused");
      gate.resolve();
    },
    cancel: () => stop.abort(),
    ended: run().catch((error: unknown) => end("FAILED", "INTERNAL_ERROR", messageOf(error))),
  };
}

/** A task that had ended before the server was killed. */
export function endedGlobusTask(
  { taskId, clientId, body }: Pick<GlobusServerTask, "taskId" | "clientId" | "body">,
  document: GlobusTaskDocument,
  events: readonly GlobusServerEvent[],
): GlobusServerTask {
  const nothing = (): void => {};
  return {
    taskId,
    clientId,
    body,
    events,
    document: () => document,
    pause: nothing,
    resume: nothing,
    cancel: nothing,
    ended: Promise.resolve(),
  };
}

async function pairsOf(
  { DATA, source_endpoint, destination_endpoint }: TransferBody,
  collections: Readonly<Record<string, string>>,
): Promise<readonly { readonly source: string; readonly destination: string }[]> {
  const pairs: { source: string; destination: string }[] = [];
  for (const { source_path, destination_path, recursive } of DATA) {
    const source = pathIn(collections[source_endpoint] ?? "", source_path);
    const destination = pathIn(collections[destination_endpoint] ?? "", destination_path);
    if (recursive !== true) {
      pairs.push({ source, destination });
      continue;
    }
    for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      pairs.push({ source: path, destination: destination + path.slice(source.length) });
    }
  }
  return pairs;
}

function globusCodeOf(error: unknown): string {
  const code = String(codeOf(error) ?? "UNKNOWN");
  const known: Readonly<Record<string, string>> = {
    ENOENT: "FILE_NOT_FOUND",
    EACCES: "PERMISSION_DENIED",
    ENOSPC: "QUOTA_EXCEEDED",
  };
  return known[code] ?? code;
}
