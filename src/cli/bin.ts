#!/usr/bin/env node
// Any Node must be able to read this file, so it imports nothing before it knows which Node runs it.

const oldest = [24, 15];
const needed = oldest.join(".");

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > Number(oldest[0]) || (major === oldest[0] && minor >= Number(oldest[1]));
}

/** The Node of the npm package `node`: of the project one stands in, or of the one that holds this file. */
async function findNode(): Promise<string | undefined> {
  const { createRequire } = await import("node:module");
  const { existsSync, readFileSync } = await import("node:fs");
  const { join } = await import("node:path");
  for (const from of [join(process.cwd(), "package.json"), import.meta.url]) {
    try {
      const packageFile = createRequire(from).resolve("node/package.json");
      const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { version: string };
      const program = join(packageFile, "..", "bin", process.platform === "win32" ? "node.exe" : "node");
      if (isNewEnough(version) && existsSync(program)) return program;
    } catch {
      // Not installed there.
    }
  }
  return undefined;
}

async function runWith(program: string): Promise<void> {
  const { spawn } = await import("node:child_process");
  const child = spawn(program, [...process.execArgv, ...process.argv.slice(1)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`firstlight: ${program} cannot be run: ${error.message}\n`);
    process.exitCode = 2;
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code === null ? 1 : code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

if (isNewEnough(process.versions.node)) {
  await import("./main.ts");
} else {
  const program = await findNode();
  if (program !== undefined) await runWith(program);
  else {
    process.stderr.write(
      `firstlight needs Node ${needed} or newer; this is ${process.versions.node}. Run 'npm install --save-dev node@24' in this folder, or put a newer Node first on PATH.\n`,
    );
    process.exitCode = 2;
  }
}
