import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Berth, makeBerth } from "./berth.ts";

/** A berth of a test's own: disposed, it is gone, with all that runs in it. */
export async function berthForTest(): Promise<Berth & AsyncDisposable> {
  const root = await mkdtemp(join(tmpdir(), "firstlight-chaos-"));
  const berth = await makeBerth(join(root, "0"));
  return {
    ...berth,
    async [Symbol.asyncDispose]() {
      for (const { pid } of berth.living()) process.kill(pid, "SIGKILL");
      await rm(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}
