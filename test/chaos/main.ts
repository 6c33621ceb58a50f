import { parseArgs } from "node:util";
import { chaosTable } from "./chaos-table.ts";
import { runChaos } from "./run-chaos.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "2" },
    only: { type: "string" },
  },
});
const startedMs = performance.now();
const result = await runChaos({
  kills: Number(values.kills),
  seed: Number(values.seed),
  workers: Number(values.workers),
  killsPerVoyage: 5,
  only: values.only === undefined ? undefined : Number(values.only),
  say: (line) => console.log(line),
});
console.log(`\n${chaosTable(result.hits)}\n`);
const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
console.log(
  `${result.hits.length} kills in ${result.voyages} runs, ${result.launches} launches of the runner, ${minutes} minutes, seed ${values.seed}: ${result.failures.length} runs went wrong`,
);
for (const { number } of result.failures) {
  console.log(`  again: npm run chaos -- --kills ${values.kills} --seed ${values.seed} --only ${number}`);
}
if (result.failures.length > 0) process.exitCode = 1;
