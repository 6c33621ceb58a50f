import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeBerth, type WorkflowName } from "./berth.ts";
import { type Census, drawTargets, drawVoyage, randomFrom, type Target, type Voyage } from "./draw.ts";
import type { Kill } from "./phases.ts";
import { restartableRedis } from "./restartable-redis.ts";
import { sail, sailUndisturbed } from "./sail.ts";
import type { State } from "./state.ts";

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  /** Voyages at the same time. */
  readonly workers: number;
  /** Of each voyage. */
  readonly killsPerVoyage: number;
  /** The inventory is in a Redis of each worker's own, which is killed too. */
  readonly onRedis?: boolean;
  /** Only this one. */
  readonly only?: Voyage | undefined;
  readonly say?: (line: string) => void;
}

export interface ChaosResult {
  readonly hits: readonly Kill[];
  readonly voyages: number;
  readonly launches: number;
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly voyage: Voyage;
  readonly problems: readonly string[];
}

/** Targets that were missed are drawn again, but not for ever. */
const rounds = 6;

/** Kills runners and tasks until there were that many kills, and says what did not hold. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { kills, seed, workers, killsPerVoyage, onRedis = false, only, say = () => undefined } = options;
  const root = await mkdtemp(join(tmpdir(), "firstlight-chaos-"));
  await using servers = new AsyncDisposableStack();
  const hits: Kill[] = [];
  const failures: Failure[] = [];
  let [voyages, launches] = [0, 0];
  try {
    const crews = await Promise.all(
      Array.from({ length: workers }, async (_, i) => {
        const redis = onRedis ? servers.use(await restartableRedis()) : undefined;
        await redis?.start();
        const berth = await makeBerth(join(root, String(i)), redis);
        const kept = await sailUndisturbed(berth, "kept");
        const torn = await sailUndisturbed(berth, "torn");
        return { berth, kept, torn };
      }),
    );
    const [first] = crews;
    if (first === undefined) return { hits, voyages, launches, failures };
    const census: Record<WorkflowName, Census> = { kept: first.kept.census, torn: first.torn.census };
    const random = randomFrom(seed);
    let targets = only === undefined ? drawTargets(kills, random, { onRedis }) : [];
    for (let round = 0; round === 0 || (round < rounds && targets.length > 0); round += 1) {
      const plan: Voyage[] = only === undefined ? [] : [only];
      while (targets.length > 0) {
        plan.push(drawVoyage(targets, { census, random, killsPerVoyage, runMs: first.kept.elapsedMs }));
      }
      const missed: Target[] = [];
      const queue = plan.map((voyage, i) => ({ voyage, number: voyages + i }));
      voyages += plan.length;
      await Promise.all(
        crews.map(async ({ berth, ...references }) => {
          for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
            const { voyage, number } = next;
            const startedMs = performance.now();
            const log = await sail(berth, voyage, references[voyage.workflow].state as State);
            hits.push(...log.hits);
            missed.push(...log.missed.map(({ process, nth, signal, ...target }) => target));
            launches += log.launches;
            if (log.problems.length > 0) failures.push({ voyage, problems: log.problems });
            say(voyageLine(number, voyage, log, performance.now() - startedMs));
            for (const problem of log.problems) say(`  FAILED: ${problem}`);
            if (only !== undefined)
              for (const note of berth.notes()) if (note.type !== "count") say(JSON.stringify(note));
          }
        }),
      );
      targets = only === undefined ? missed : [];
    }
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
  return { hits, voyages, launches, failures };
}

function voyageLine(
  number: number,
  { workflow, retries, kills }: Voyage,
  { missed, launches }: { readonly missed: readonly Kill[]; readonly launches: number },
  elapsedMs: number,
): string {
  const told = kills.map((kill) => `${missed.includes(kill) ? "(missed) " : ""}${killText(kill)}`).join("; ");
  return `voyage ${number} (${workflow}, ${retries} retries, ${launches} launches, ${(elapsedMs / 1000).toFixed(1)} s): ${told}`;
}

function killText({ process, phase, side, nth, victim }: Kill): string {
  if (victim !== undefined) return `${victim} ${side} ${phase} ${nth} of ${process}`;
  return phase.startsWith("any time") ? `${process} after ${nth} ms` : `${process} ${side} ${phase} ${nth}`;
}
