import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { buryGhosts } from "../../src/workflow/bury-ghosts.ts";
import { identifyProcess, isProcessAlive } from "../../src/workflow/process-identity.ts";

afterEach(() => vi.restoreAllMocks());

/** A living process that the system refuses to kill, after `before`. */
async function ghostThatRefuses(code: string, before: (pid: number) => void = () => undefined) {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const ghost = identifyProcess(child.pid!);
  const kill = process.kill.bind(process);
  vi.spyOn(process, "kill").mockImplementation((pid, signal) => {
    if (pid !== ghost.pid || signal !== "SIGKILL") return kill(pid, signal);
    before(pid);
    throw Object.assign(new Error(`kill ${code}`), { code });
  });
  const end = async (): Promise<void> => {
    vi.restoreAllMocks();
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  };
  return { ghost, end };
}

test("a ghost that ends just before it is killed is buried", async () => {
  const { ghost, end } = await ghostThatRefuses("ESRCH", (pid) => void spawnedEnd(pid));
  await buryGhosts([ghost]);
  expect(isProcessAlive(ghost)).toBe(false);
  await end();
});

test("a ghost of another user is told of, with what to do", async () => {
  const { ghost, end } = await ghostThatRefuses("EPERM");
  await expect(buryGhosts([ghost])).rejects.toMatchObject({
    code: "GHOST_ALIVE",
    message: expect.stringContaining(`Process ${ghost.pid}`),
    fields: { pid: ghost.pid },
  });
  await end();
});

/** Ends a process past the stand-in, as the system would. */
function spawnedEnd(pid: number): void {
  spawn("kill", ["-9", String(pid)]);
}
