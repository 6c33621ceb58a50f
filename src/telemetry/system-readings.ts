import { readdirSync, readFileSync } from "node:fs";
import { cpus, freemem, totalmem } from "node:os";

/** One value of a metric, and what it is of. */
export interface Reading {
  readonly value: number;
  readonly attributes: Readonly<Record<string, string | number>>;
}

export interface SystemMetric {
  readonly kind: "counter" | "gauge" | "upDownCounter";
  readonly unit: string;
  readonly description: string;
  /** The values of `attribute` that a configuration may choose among; none where the metric is one number. */
  readonly states: readonly string[];
  readonly attribute: "state" | "type" | "direction";
  /** Empty where this machine does not tell. */
  readonly read: () => readonly Reading[];
}

const cpuStates = ["idle", "user", "system", "irq"];
const memoryStates = ["used", "free", "cached"];

/** Names and states are those of OpenTelemetry's system metrics for Python, as far as Node and /proc can tell them. */
const table = {
  "system.cpu.time": {
    kind: "counter",
    unit: "s",
    description: "Time of the machine's processors.",
    attribute: "state",
    states: cpuStates,
    read: () =>
      cpus().flatMap(({ times }, i) => states({ ...times, system: times.sys }, cpuStates, 1e-3, { cpu: i + 1 })),
  },
  "system.cpu.utilization": {
    kind: "gauge",
    unit: "1",
    description: "Share of the processors' time since the last reading.",
    attribute: "state",
    states: cpuStates,
    read: cpuShares(),
  },
  "system.memory.usage": {
    kind: "gauge",
    unit: "By",
    description: "Memory of the machine.",
    attribute: "state",
    states: memoryStates,
    read: () => states(memory(), memoryStates),
  },
  "system.memory.utilization": {
    kind: "gauge",
    unit: "1",
    description: "Share of the machine's memory.",
    attribute: "state",
    states: memoryStates,
    read: () => states(memory(), memoryStates, 1 / totalmem()),
  },
  "system.swap.usage": {
    kind: "gauge",
    unit: "By",
    description: "Swap space of the machine.",
    attribute: "state",
    states: ["used", "free"],
    read: () => {
      const { SwapTotal: total, SwapFree: free } = keyed("/proc/meminfo", 1024);
      return total === undefined || free === undefined ? [] : states({ used: total - free, free }, ["used", "free"]);
    },
  },
  "system.network.io": {
    kind: "counter",
    unit: "By",
    description: "Bytes that went over the machine's network.",
    attribute: "direction",
    states: ["transmit", "receive"],
    read: () =>
      tableLines("/proc/net/dev").flatMap(([device = "", receive, , , , , , , , transmit]) =>
        device.endsWith(":")
          ? states(
              { receive: Number(receive), transmit: Number(transmit) },
              ["transmit", "receive"],
              1,
              {
                device: device.slice(0, -1),
              },
              "direction",
            )
          : [],
      ),
  },
  "system.disk.io": {
    kind: "counter",
    unit: "By",
    description: "Bytes read from and written to the machine's disks.",
    attribute: "direction",
    states: ["read", "write"],
    read: () =>
      tableLines("/proc/diskstats").flatMap(([, , device = "", , , read, , , , write]) =>
        // The kernel counts sectors of 512 bytes, whatever those of the disk are.
        states({ read: Number(read), write: Number(write) }, ["read", "write"], 512, { device }, "direction"),
      ),
  },
  "process.cpu.time": {
    kind: "counter",
    unit: "s",
    description: "Time that this process computed.",
    attribute: "type",
    states: ["user", "system"],
    read: processTime,
  },
  "process.cpu.utilization": {
    kind: "gauge",
    unit: "1",
    description: "Share of one processor since the last reading; above 1 on several.",
    attribute: "state",
    states: [],
    read: processShare(),
  },
  "process.memory.usage": {
    kind: "upDownCounter",
    unit: "By",
    description: "Memory of this process.",
    attribute: "type",
    states: [],
    read: () => [one(process.memoryUsage.rss())],
  },
  "process.memory.virtual": {
    kind: "upDownCounter",
    unit: "By",
    description: "Addresses that this process has reserved.",
    attribute: "type",
    states: [],
    read: () => maybe(keyed("/proc/self/status", 1024).VmSize),
  },
  "process.context_switches": {
    kind: "counter",
    unit: "{switches}",
    description: "How often this process made way, and how often it had to.",
    attribute: "type",
    states: ["involuntary", "voluntary"],
    read: contextSwitches,
  },
  "process.open_file_descriptor.count": {
    kind: "upDownCounter",
    unit: "{descriptors}",
    description: "Files and sockets that this process has open.",
    attribute: "type",
    states: [],
    read: () => maybe(attempt(() => readdirSync("/proc/self/fd").length)),
  },
  "process.thread.count": {
    kind: "upDownCounter",
    unit: "{threads}",
    description: "Threads of this process.",
    attribute: "type",
    states: [],
    read: () => maybe(keyed("/proc/self/status", 1).Threads),
  },
  "process.runtime.memory": {
    kind: "upDownCounter",
    unit: "By",
    description: "Memory of this process, as Python tasks tell it.",
    attribute: "type",
    states: ["rss", "vms"],
    read: () => {
      const { VmSize: vms } = keyed("/proc/self/status", 1024);
      return states(
        { rss: process.memoryUsage.rss(), ...(vms === undefined ? {} : { vms }) },
        ["rss", "vms"],
        1,
        {},
        "type",
      );
    },
  },
  "process.runtime.cpu.time": {
    kind: "counter",
    unit: "s",
    description: "Time that this process computed, as Python tasks tell it.",
    attribute: "type",
    states: ["user", "system"],
    read: processTime,
  },
  "process.runtime.context_switches": {
    kind: "counter",
    unit: "{switches}",
    description: "Context switches of this process, as Python tasks tell them.",
    attribute: "type",
    states: ["involuntary", "voluntary"],
    read: contextSwitches,
  },
} as const satisfies Readonly<Record<string, SystemMetric>>;

/** By the names that `SYSTEM_METRIC_INSTRUMENTATION_CONFIG` gives them. */
export const systemMetrics: Readonly<Record<string, SystemMetric>> = table;

export const systemMetricNames: readonly string[] = Object.keys(table);

function one(value: number): Reading {
  return { value, attributes: {} };
}

function maybe(value: number | undefined): readonly Reading[] {
  return value === undefined ? [] : [one(value)];
}

function states(
  values: Readonly<Record<string, number>>,
  names: readonly string[],
  factor = 1,
  attributes: Readonly<Record<string, string | number>> = {},
  attribute: SystemMetric["attribute"] = "state",
): readonly Reading[] {
  return names.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [{ value: value * factor, attributes: { ...attributes, [attribute]: name } }];
  });
}

function memory(): Readonly<Record<string, number>> {
  const total = totalmem();
  const { MemFree: free = freemem(), Buffers: buffers = 0, Cached, MemAvailable } = keyed("/proc/meminfo", 1024);
  const used = total - (MemAvailable ?? free + buffers + (Cached ?? 0));
  return Cached === undefined ? { used, free } : { used, free, cached: Cached };
}

function cpuShares(): () => readonly Reading[] {
  let last = cpuTotals();
  return () => {
    const now = cpuTotals();
    const passed = Object.fromEntries(Object.entries(now).map(([name, ms]) => [name, ms - (last[name] ?? 0)]));
    last = now;
    const total = Object.values(passed).reduce((a, b) => a + b, 0);
    return total === 0 ? [] : states(passed, cpuStates, 1 / total);
  };
}

function cpuTotals(): Readonly<Record<string, number>> {
  const totals: Record<string, number> = {};
  for (const { times } of cpus()) {
    for (const [name, ms] of Object.entries({ ...times, sys: 0, system: times.sys })) {
      totals[name] = (totals[name] ?? 0) + ms;
    }
  }
  return totals;
}

function processTime(): readonly Reading[] {
  return states({ ...process.cpuUsage() }, ["user", "system"], 1e-6, {}, "type");
}

function processShare(): () => readonly Reading[] {
  let last = { atMs: performance.now(), ...process.cpuUsage() };
  return () => {
    const now = { atMs: performance.now(), ...process.cpuUsage() };
    const passedUs = (now.atMs - last.atMs) * 1000;
    const share = (now.user + now.system - last.user - last.system) / passedUs;
    last = now;
    return passedUs > 0 ? [one(share)] : [];
  };
}

function contextSwitches(): readonly Reading[] {
  const { involuntaryContextSwitches: involuntary, voluntaryContextSwitches: voluntary } = process.resourceUsage();
  return states({ involuntary, voluntary }, ["involuntary", "voluntary"], 1, {}, "type");
}

/** `Name: 12 kB` of a file of /proc; nothing where there is none, as on macOS. */
function keyed(path: string, factor: number): Readonly<Record<string, number>> {
  const text = attempt(() => readFileSync(path, "utf8")) ?? "";
  return Object.fromEntries(
    Array.from(text.matchAll(/^(\w+):\s+(\d+)/gm), ([, name = "", digits]) => [name, Number(digits) * factor]),
  );
}

function tableLines(path: string): readonly (readonly string[])[] {
  const text = attempt(() => readFileSync(path, "utf8")) ?? "";
  return text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim().split(/\s+/)]));
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
