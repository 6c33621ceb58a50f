import type { RunEvent, RunEventBody } from "../../../src/workflow/run-event.ts";

/** An event of recipe run 3, `second` seconds after the hour. */
export function eventAt(second: number, body: RunEventBody): RunEvent {
  return { ...body, recipeRunId: 3, at: new Date(Date.UTC(2026, 2, 4, 5, 0, second)).toISOString() };
}

export const report = {
  task: "Dark",
  attempt: 1,
  startedAt: "2026-03-04T05:00:00.000Z",
  endedAt: "2026-03-04T05:00:02.500Z",
  elapsedMs: 2500,
  reads: ["a.fits"],
  writes: [],
  peakMemoryBytes: 1000,
};

export const broken = {
  code: "LAMP_BROKEN",
  message: "The lamp is broken.\nChange the lamp.",
  disposition: "fatal",
} as const;

export const started = eventAt(0, {
  type: "run-started",
  workflow: "l0_to_l1_eit",
  version: "1.0.0",
  drivers: [
    { service: "inventory", driver: "sqlite", because: "default" },
    { service: "bus", driver: "amqp", because: "BUS_DRIVER" },
  ],
  resumed: true,
  tasks: ["Load", "Dark", "Gain", "Save"],
});
