import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const policyPath = "/usr/sbin/policy-rc.d";

/** The absolute path of a program on PATH or in the system's folders, or undefined. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/usr/sbin", "/usr/local/bin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Why packages cannot be installed here, or undefined when they can. */
export function whyNotInstall(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  if (env.FIRSTLIGHT_TEST_INSTALL === "0") return "FIRSTLIGHT_TEST_INSTALL=0 forbids to install it";
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  if (!/^ID(_LIKE)?=.*debian/m.test(release)) return "this is not Debian; install it by hand";
  if (process.getuid?.() !== 0) return "only root can install it";
  if (existsSync(policyPath) && spawnSync(policyPath, ["redis-server", "start"]).status !== 101) {
    return `${policyPath} would let it start as a system service; install it by hand`;
  }
  return undefined;
}

/** Installs Debian packages without recommended ones and without starting any service. Throws with what apt-get said. */
export async function installDebianPackages(packages: readonly string[]): Promise<void> {
  const guard = () => rmSync(policyPath, { force: true });
  const guarded = !existsSync(policyPath);
  if (guarded) {
    writeFileSync(policyPath, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    process.once("exit", guard);
  }
  try {
    const install = ["install", "-y", "--no-install-recommends", ...packages];
    if ((await aptGet(install)) !== undefined) {
      // The package lists are missing or older than the archive.
      const problem = (await aptGet(["update"])) ?? (await aptGet(install));
      if (problem !== undefined) throw new Error(`apt-get could not install it:\n${problem}`);
    }
  } finally {
    if (guarded) {
      guard();
      process.off("exit", guard);
    }
  }
}

/** Undefined when it went well, else the last lines that it said. */
async function aptGet(args: readonly string[]): Promise<string | undefined> {
  const child = spawn("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=300", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return code === 0 ? undefined : said.trim().split("\n").slice(-6).join("\n");
}
