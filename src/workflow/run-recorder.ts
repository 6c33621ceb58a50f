import type { Clock } from "../core/clock.ts";
import type { RunEvent, RunEventBody } from "./run-event.ts";
import type { RunChanges, RunLease } from "./run-store.ts";

/** Writes what happens into the record, then tells it. */
export interface RunRecorder {
  /** One step of the record with its events; they are told once it is written. */
  record(changes: Omit<RunChanges, "events">, ...events: readonly RunEventBody[]): Promise<void>;
  /** Tells without recording: progress and log lines. */
  announce(event: RunEventBody): void;
}

export function createRunRecorder(
  lease: RunLease,
  clock: Clock,
  onEvent: (event: RunEvent) => void = () => undefined,
): RunRecorder {
  const stamp = (event: RunEventBody): RunEvent => ({
    ...event,
    recipeRunId: lease.recipeRunId,
    at: clock.now().toISOString(),
  });
  return {
    async record(changes, ...bodies) {
      const events = bodies.map(stamp);
      await lease.write({ ...changes, events });
      for (const event of events) onEvent(event);
    },
    announce: (body) => onEvent(stamp(body)),
  };
}
