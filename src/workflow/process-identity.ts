import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { codeOf } from "../core/errors.ts";
import type { ProcessIdentity } from "./run-store.ts";

/** What a process is told apart by later: pids are given out again. */
export function identifyProcess(pid: number): ProcessIdentity {
  return { host: hostname(), pid, started: startOf(pid) ?? "" };
}

/** Whether this very process still runs; undefined when it is another machine's. */
export function isProcessAlive(identity: ProcessIdentity): boolean | undefined {
  if (identity.host !== hostname()) return undefined;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    // EPERM: there is one, of another user.
    return codeOf(error) === "EPERM";
  }
  const started = startOf(identity.pid);
  return started !== undefined && (identity.started === "" || started === identity.started);
}

/** Undefined for a process that is gone, or is a zombie that only waits to be reaped. */
function startOf(pid: number): string | undefined {
  if (process.platform !== "linux") {
    const { stdout, status } = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" });
    const [, state = "", started = ""] = /^\s*(\S+)\s+(.*?)\s*$/m.exec(stdout ?? "") ?? [];
    return status !== 0 || state.startsWith("Z") ? undefined : started;
  }
  try {
    // proc(5): the name in parentheses may hold anything; state is the 3rd field, the start time the 22nd.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return fields[0] === "Z" || fields[0] === "X" ? undefined : `${boot}/${fields[19] ?? ""}`;
  } catch {
    return undefined;
  }
}
