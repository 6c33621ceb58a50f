// What a thread of openWorkers runs: it calls what it is told to, and tells what came of it.
import { type MessagePort, parentPort } from "node:worker_threads";
import { tellError } from "./told-error.ts";
import type { Handover, WorkerAnswer, WorkerCall } from "./workers.ts";

if (parentPort !== null) listen(parentPort);

function listen(port: MessagePort): void {
  port.on("message", ({ id, module, name, data }: WorkerCall) => {
    answer(module, name, data).then(
      ({ value, transfer }) => port.postMessage({ id, value } satisfies WorkerAnswer, transfer),
      (error: unknown) => port.postMessage({ id, error: tellError(error) } satisfies WorkerAnswer),
    );
  });
}

async function answer(module: string, name: string, data: unknown): Promise<Handover> {
  const exported: Record<string, (data: unknown) => unknown> = await import(module);
  const value = await exported[name]?.(data);
  return isHandover(value) ? value : { value, transfer: [] };
}

function isHandover(value: unknown): value is Handover {
  return typeof value === "object" && value !== null && "transfer" in value && Array.isArray(value.transfer);
}
