import { parseArgs } from "node:util";
import { chaosTable } from "./chaos-table.ts";
import type { Voyage } from "./draw.ts";
import { type Phase, phases } from "./phases.ts";
import { runChaos } from "./run-chaos.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "2" },
    redis: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
const kills = Number(values.kills);
const startedMs = performance.now();
const result = await runChaos({
  kills,
  seed: Number(values.seed),
  workers: Number(values.workers),
  killsPerVoyage: 5,
  onRedis: values.redis,
  only: values.only === undefined ? undefined : (JSON.parse(values.only) as Voyage),
  say: (line) => console.log(line),
});
console.log(`\n${chaosTable(result.hits)}\n`);
const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
console.log(
  `${result.hits.length} kills in ${result.voyages} runs, ${result.launches} launches of the runner, ${minutes} minutes, seed ${values.seed}: ${result.failures.length} runs went wrong`,
);
for (const { voyage } of result.failures) {
  console.log(
    `  again: npm run chaos -- --workers 1${values.redis ? " --redis" : ""} --only '${JSON.stringify(voyage)}'`,
  );
}
const isThin = (phase: Phase): boolean =>
  result.hits.filter((hit) => hit.phase === phase).length < Math.floor(kills / (values.redis ? 50 : 30));
const thin = values.only === undefined ? (Object.keys(phases) as Phase[]).filter(isThin) : [];
if (thin.length > 0) console.log(`too seldom hit: ${thin.join(", ")}`);
if (result.failures.length + thin.length > 0) process.exitCode = 1;
