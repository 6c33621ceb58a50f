import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Berth, LaunchEnd } from "./berth.ts";
import type { Voyage } from "./draw.ts";
import { livingProcess } from "./living-process.ts";
import { isSameKill, type Kill, type Note } from "./phases.ts";
import { stateAt } from "./redis-state.ts";
import { differences, leftovers, recordedStatus, type State } from "./state.ts";

/** How a voyage went. */
export interface Log {
  readonly hits: readonly Kill[];
  /** Points that the run did not come by. */
  readonly missed: readonly Kill[];
  readonly launches: number;
  readonly problems: readonly string[];
}

/** How long a process may take to be seen gone after the run's end. */
const patienceMs = 10_000;

/** Runs to the end through all kills of a voyage, beginning anew after each that ends the runner, and compares with `wanted`. */
export async function sail(berth: Berth, voyage: Voyage, wanted: State): Promise<Log> {
  await berth.clear();
  const { workflow, retries, kills } = voyage;
  const hits = (): readonly Kill[] => berth.notes().filter((note) => note.type === "hit");
  const pending = (): readonly Kill[] => kills.filter((kill) => !hits().some((hit) => isSameKill(hit, kill)));
  const problems: string[] = [];
  const hunt = new AbortController();
  const hunted = Promise.all([huntTask(berth, kills, hunt.signal), reviveRedis(berth, hunt.signal)]);
  let end: LaunchEnd = { code: null, signal: null, stderr: "" };
  let launches = 0;
  for (; launches <= 2 * kills.length + 2 && recordedStatus(berth) !== "done"; launches += 1) {
    const [ofRunner, ...later] = pending().filter(({ process }) => process === "runner");
    const now = kills.filter((kill) => !later.includes(kill));
    const launched = berth.launch({ workflow, retries, kills: now });
    const timer =
      ofRunner?.phase === "any time, runner"
        ? setTimeout(() => strike(berth, ofRunner, () => launched.kill("SIGKILL")), ofRunner.nth)
        : undefined;
    end = await launched.end;
    clearTimeout(timer);
    const wasKilled = end.signal === "SIGKILL";
    if (!wasKilled && end.code === null) problems.push(`the runner ended by ${end.signal}`);
  }
  // Whatever was killed last: one more finds everything done, and cleans up.
  if (end.code !== 0) {
    end = await berth.launch({ workflow, retries }).end;
    launches += 1;
  }
  hunt.abort();
  await hunted;
  if (end.code !== 0) problems.push(`the run does not come to its end (exit code ${end.code}):\n${end.stderr}`);
  for (let waitedMs = 0; berth.living().length > 0 && waitedMs < patienceMs; waitedMs += 20) await sleep(20);
  for (const { pid } of berth.living()) problems.push(`process ${pid} is left`);
  for (const note of berth.notes()) if (note.type === "beside") problems.push(besideLine(note));
  problems.push(...(await leftovers(berth)), ...differences(await stateAt(berth), wanted));
  return { hits: hits(), missed: pending(), launches, problems };
}

/** The state of a run that nobody disturbs, how often each phase came in it, and how long it took. */
export async function sailUndisturbed(berth: Berth, workflow: Voyage["workflow"]) {
  await berth.clear();
  const startedMs = performance.now();
  const { code, stderr } = await berth.launch({ workflow, retries: 0 }).end;
  const elapsedMs = performance.now() - startedMs;
  const problems = await leftovers(berth);
  if (code !== 0 || problems.length > 0) {
    throw new Error(
      `The undisturbed run of ${workflow} went wrong (exit code ${code}): ${problems.join("; ")}\n${stderr}`,
    );
  }
  const census = new Map(
    berth.notes().flatMap((note) => (note.type === "count" ? [[note.name, note.counts] as const] : [])),
  );
  return { state: await stateAt(berth), census, elapsedMs };
}

/** Kills a task a random time after its process began. */
async function huntTask(berth: Berth, kills: readonly Kill[], signal: AbortSignal): Promise<void> {
  const kill = kills.find(({ phase }) => phase === "any time, task");
  if (kill === undefined) return;
  while (!signal.aborted) {
    const found = berth.notes().find((note) => note.type === "process" && note.name === kill.process);
    if (found?.type === "process") {
      await sleep(kill.nth);
      if (livingProcess(found.pid) === found.started) strike(berth, kill, () => process.kill(found.pid, "SIGKILL"));
      return;
    }
    await sleep(10);
  }
}

/** Starts the server again each time that it was killed. */
async function reviveRedis({ redis, notes }: Berth, signal: AbortSignal): Promise<void> {
  if (redis === undefined) return;
  for (let revived = 0; !signal.aborted; await sleep(20)) {
    const deaths = notes().filter((note) => note.type === "hit" && note.victim === "redis").length;
    if (deaths === revived) continue;
    revived = deaths;
    await redis.kill();
    await redis.start();
  }
}

function strike(berth: Berth, kill: Kill, work: () => void): void {
  work();
  const note: Note = { type: "hit", ...kill };
  appendFileSync(join(berth.root, "log"), `${JSON.stringify(note)}\n`);
}

function besideLine({ name, attempt, ghosts }: Extract<Note, { readonly type: "beside" }>): string {
  return `attempt ${attempt} of ${name} ran beside process ${ghosts.map(({ pid }) => pid).join(", ")}`;
}
