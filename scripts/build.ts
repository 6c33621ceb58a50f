// Emits dist/ from src/ and makes the command executable, which tsc does not. With --if-stale only where a source is newer: npm
// runs `prepare` also for the first `npx firstlight` in a checkout, and nobody should wait for the compiler then.
import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

const output = "dist/cli/bin.js";
const changedMs = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Folders count, as a file that is gone has left its mark on its folder. */
function newestSourceMs(): number {
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).map((path) => join("src", path));
  return Math.max(...["src", "tsconfig.json", "package.json", ...sources].map(changedMs));
}

if (!process.argv.includes("--if-stale") || changedMs(output) <= newestSourceMs()) {
  const begun = new Date();
  rmSync("dist", { recursive: true, force: true });
  const { status } = spawnSync("tsc", ["-p", "src"], { stdio: "inherit" });
  if (status !== 0) {
    // tsc emits in spite of errors.
    rmSync("dist", { recursive: true, force: true });
    process.exit(status ?? 1);
  }
  chmodSync(output, 0o755);
  // A source that was changed meanwhile is newer.
  utimesSync(output, begun, begun);
}
