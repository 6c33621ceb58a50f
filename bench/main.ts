// npm run bench [-- SUITE…] [--rounds N] [--rows TEXT]: measures, prints, and writes docs/benchmarks.md.
import { parseArgs } from "node:util";
import { busSuite } from "./bus.ts";
import { fitsSuite } from "./fits/suite.ts";
import { fewestRounds, runSuite, type Suite, writeSection } from "./harness.ts";
import { objectStoreSuite } from "./object-store.ts";
import { parseSuite } from "./parse.ts";
import { runnerSuite } from "./runner.ts";
import { tagsSuite } from "./tags.ts";

const suites: readonly Suite[] = [tagsSuite, parseSuite, runnerSuite, busSuite, objectStoreSuite, fitsSuite];
const usage = `npm run bench [-- ${suites.map(({ name }) => name).join(" | ")}] [-- --rounds N] [-- --rows TEXT]`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: String(fewestRounds) }, rows: { type: "string" } },
});
const rounds = Number(values.rounds);
const unknown = positionals.filter((name) => !suites.some((suite) => suite.name === name));
const { rows } = values;
if (rows !== undefined && !(positionals.length === 1 && positionals[0] === fitsSuite.name)) {
  console.error(`${usage}: only the suite ${fitsSuite.name} measures rows alone.`);
  process.exit(2);
}
if (unknown.length > 0 || !Number.isInteger(rounds) || rounds < fewestRounds) {
  console.error(`${usage}: expected the name of a suite, and at least ${fewestRounds} rounds.`);
  process.exit(2);
}
for (const suite of suites.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  const section = await runSuite(suite, rounds, rows);
  if (section === undefined) process.exitCode = 1;
  else writeSection(suite, section, rows !== undefined);
}
