import type { WorkflowName } from "./berth.ts";
import { corePhases, type Kill, type Phase, phases, type Side, serverPhases } from "./phases.ts";

/** How often each phase comes in a process: `process → phase → calls`. */
export type Census = ReadonlyMap<string, Readonly<Record<string, number>>>;

/** A run that is killed several times on its way to the end. */
export interface Voyage {
  readonly workflow: WorkflowName;
  /** With none, every kill of a task ends the runner too, and another one goes on. */
  readonly retries: number;
  readonly kills: readonly Kill[];
}

/** A point that has to be hit. */
export type Target = Pick<Kill, "phase" | "side" | "victim">;

export type Random = () => number;

/** Mulberry32: the same seed, the same kills. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** So many targets in a random order, every point as often as every other; the core phases count twice. */
export function drawTargets(kills: number, random: Random, { onRedis = false } = {}): Target[] {
  const names = Object.keys(phases) as Phase[];
  const points = names.flatMap((phase, i): Target[] => {
    if (corePhases.includes(phase)) return (["before", "after"] as const).map((side) => ({ phase, side }));
    return [{ phase, side: i % 2 === 0 ? "before" : "after" }];
  });
  const ofServer = serverPhases.flatMap((phase) =>
    (["before", "after"] as const).map((side): Target => ({ phase, side, victim: "redis" })),
  );
  if (onRedis) points.push(...ofServer);
  const targets: Target[] = [];
  for (let round = 0; targets.length < kills; round += 1) {
    const more = shuffle(points, random).map(
      (target): Target =>
        target.victim !== undefined || corePhases.includes(target.phase) || round % 2 === 0
          ? target
          : { ...target, side: other(target.side) },
    );
    targets.push(...more.slice(0, kills - targets.length));
  }
  return targets;
}

const other = (side: Side): Side => (side === "before" ? "after" : "before");

export interface VoyageDraw {
  readonly census: Readonly<Record<WorkflowName, Census>>;
  readonly random: Random;
  readonly killsPerVoyage: number;
  /** How long an undisturbed run takes. */
  readonly runMs: number;
}

/** Takes the next targets out of the list and makes a voyage of them. */
export function drawVoyage(targets: Target[], { census, random, killsPerVoyage, runMs }: VoyageDraw): Voyage {
  const taken: Target[] = [];
  const rest: Target[] = [];
  for (const target of targets.splice(0)) {
    const isTwice = taken.some(({ phase }) => phase === target.phase);
    (taken.length < killsPerVoyage && !isTwice ? taken : rest).push(target);
  }
  targets.push(...rest);
  const workflow = taken.some(({ phase }) => phase === "purge") || random() < 0.3 ? "torn" : "kept";
  const counts = census[workflow];
  const kills: Kill[] = [];
  // First what may be anywhere: a rollback needs an attempt that was killed before.
  for (const target of taken.toSorted((a, b) => Number(isRollback(a)) - Number(isRollback(b)))) {
    kills.push(...drawKill(target, counts, kills, { random, runMs }));
  }
  return { workflow, retries: random() < 0.3 ? 0 : kills.length, kills };
}

function drawKill(
  { phase, side, victim }: Target,
  census: Census,
  before: readonly Kill[],
  { random, runMs }: { readonly random: Random; readonly runMs: number },
): readonly Kill[] {
  const tasks = [...census.keys()].filter((name) => name !== "runner");
  const more = victim === undefined ? {} : { victim };
  const ms = (upTo: number): number => Math.ceil(random() * upTo);
  if (phase === "any time, runner") return [{ process: "runner", phase, side, nth: ms(runMs) }];
  if (phase === "any time, task") return [{ process: pick(tasks, random), phase, side, nth: ms(500) }];
  if (isRollback({ phase })) {
    // The later an attempt was killed, the more there is to undo.
    const late = before.find(
      (kill) => undoable.includes(kill.phase) && kill.process !== "runner" && kill.victim === undefined,
    );
    const process = late?.process ?? pick(["Parse", "Calibrate", "Judge", "WriteL1"], random);
    const kill: Kill = { process, phase, side, nth: 1 + Math.floor(random() * 4), ...more };
    if (late !== undefined) return [kill];
    const calls = census.get(process)?.tag ?? 1;
    return [{ process, phase: "tag", side: "after", nth: calls }, kill];
  }
  const processes = [...census].filter(([, counts]) => (counts[phase] ?? 0) > 0);
  const [process, counts] = pick(processes, random);
  // How often a lease is renewed depends on how fast the machine is.
  const calls = Math.min(counts[phase] ?? 1, phase === "lease renewal" ? 15 : Number.POSITIVE_INFINITY);
  return [{ process, phase, side, nth: 1 + Math.floor(random() * calls), ...more }];
}

const undoable: readonly Phase[] = ["temp write", "rename", "tag", "constant", "keep", "counter", "report"];

function isRollback({ phase }: Pick<Target, "phase">): boolean {
  return phase.startsWith("rollback");
}

function pick<Value>(values: readonly Value[], random: Random): Value {
  return values[Math.floor(random() * values.length)] as Value;
}

function shuffle<Value>(values: readonly Value[], random: Random): Value[] {
  const shuffled = [...values];
  for (let i = shuffled.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j] as Value, shuffled[i] as Value];
  }
  return shuffled;
}
