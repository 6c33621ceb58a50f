import type { Logger } from "../core/log.ts";

/**
 * Does work with resources that close after it, the last opened first, whatever happens. What goes wrong while they close is
 * logged and not thrown: it must not hide why the work failed, and takes nothing back of what the work has done.
 */
export async function withResources<Result>(
  log: Logger,
  work: (opened: AsyncDisposableStack) => Promise<Result>,
): Promise<Result> {
  const opened = new AsyncDisposableStack();
  try {
    return await work(opened);
  } finally {
    await opened.disposeAsync().catch((error: unknown) => {
      log.warning("What the attempt had opened could not be closed cleanly", { error });
    });
  }
}
