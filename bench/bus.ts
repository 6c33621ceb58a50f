import { readdirSync, readFileSync } from "node:fs";
import { type ChannelModel, connect } from "amqplib";
import { Secret } from "firstlight";
import { amqpBus, type Bus, type BusMessage, catalogFrameMessage } from "firstlight/services";
import { runTask, WorkflowTaskBase } from "firstlight/tasks";
import { findProgram, isExecutable } from "../test/servers/debian.ts";
import { rabbitmqScript, startRabbitmq } from "../test/servers/rabbitmq.ts";
import {
  askPython,
  type Bench,
  type Contender,
  compare,
  growthTable,
  median,
  packagePeer,
  programPeer,
  pythonPeer,
  type Section,
  type Suite,
  type Table,
  timed,
} from "./harness.ts";

const count = 10_000;
const exchange = "master.direct.x";
const objectName = "pid_1_118/AAAAAA/VBI_2024_05_01T12_00_01_%d_AAAAAA_L1.fits";
const { binding } = catalogFrameMessage;

type QueueType = "classic" | "quorum";

function messages(length = count): readonly BusMessage[] {
  return Array.from({ length }, (_, n) =>
    catalogFrameMessage.create(1, { objectName: objectName.replace("%d", String(n)), bucket: "data" }),
  );
}

function busAt(url: string, queueType: QueueType): Bus {
  const { hostname, port, username, password } = new URL(url);
  return amqpBus({
    host: hostname,
    port: Number(port),
    username,
    password: new Secret(password),
    exchange,
    queueType,
    retry: { delaySeconds: 1, backoff: 1, jitterSeconds: [0, 0], maxDelaySeconds: 1, tries: 1 },
  });
}

/** Where a run goes wrong the broker is gone before this: its own error is the one to see. */
async function connected(url: string): Promise<ChannelModel> {
  const connection = await connect(url);
  connection.on("error", () => {});
  return connection;
}

/** Begins with an empty queue, and looks whether all came into it. */
async function inEmptyQueue(url: string, expected: number, work: () => Promise<number>): Promise<number> {
  const connection = await connected(url);
  const channel = await connection.createChannel();
  await channel.purgeQueue(binding.queue);
  const elapsed = await work();
  const { messageCount } = await channel.purgeQueue(binding.queue);
  await connection.close();
  if (messageCount !== expected) throw new Error(`${messageCount} messages in the queue, and not ${expected}`);
  return elapsed;
}

/** With a channel to publish over, as the peers have one before the clock runs. */
async function connectedBus(url: string, queueType: QueueType): Promise<Bus> {
  const bus = busAt(url, queueType);
  await bus.declare([binding]);
  await bus.publish(messages(1));
  return bus;
}

async function throughBus(url: string, queueType: QueueType): Promise<number> {
  await using bus = await connectedBus(url, queueType);
  const given = messages();
  return await inEmptyQueue(url, count, () => timed(() => bus.publish(given)));
}

/** As a task publishes: recorded in the inventory, published, marked. */
async function throughTask(url: string, queueType: QueueType, basePath: string): Promise<number> {
  const given = messages();
  let elapsed = 0;
  class Publish extends WorkflowTaskBase<"bus"> {
    static override readonly uses = ["bus"] as const;
    override async run(): Promise<void> {
      elapsed = await timed(() => this.bus.publish(given));
    }
  }
  await using bus = await connectedBus(url, queueType);
  return await inEmptyQueue(url, count, async () => {
    await runTask(Publish, { recipeRunId: 1, env: { SCRATCH_BASE_PATH: basePath }, services: { bus } });
    return elapsed;
  });
}

const properties = {
  persistent: true,
  mandatory: true,
  contentType: "text/plain",
  contentEncoding: "UTF-8",
  priority: 0,
};

/** amqplib by itself, with bodies and ids made beforehand: as many unconfirmed as `window` says. */
async function bare(url: string, window: number): Promise<number> {
  const connection = await connected(url);
  const channel = await connection.createConfirmChannel();
  const made = messages().map(({ body, messageId }) => ({ content: Buffer.from(JSON.stringify(body)), messageId }));
  const elapsed = await inEmptyQueue(url, count, () =>
    timed(async () => {
      const pending = made.values();
      const inTurn = async (): Promise<void> => {
        for (const { content, messageId } of pending) {
          await new Promise<void>((resolve, reject) => {
            channel.publish(exchange, binding.routingKey, content, { ...properties, messageId }, (error) =>
              error === null || error === undefined ? resolve() : reject(error),
            );
          });
        }
      };
      await Promise.all(Array.from({ length: window }, inTurn));
    }),
  );
  await connection.close();
  return elapsed;
}

/** Milliseconds for which the broker at this address has computed, on all cores; undefined where the system does not tell. */
function brokerCpuMs(url: string): number | undefined {
  try {
    const { port } = new URL(url);
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      if (!isBroker(pid, port)) continue;
      // Fields 14 and 15 of proc(5), in hundredths of a second; the name in brackets may hold blanks.
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
      return (Number(fields[11]) + Number(fields[12])) * 10;
    }
  } catch {
    // No Linux.
  }
  return undefined;
}

function isBroker(pid: string, port: string): boolean {
  try {
    const isBeam = readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("beam");
    return isBeam && readFileSync(`/proc/${pid}/environ`, "latin1").includes(`RABBITMQ_NODE_PORT=${port}\0`);
  } catch {
    // It has ended, or is somebody else's.
    return false;
  }
}

async function oneByOneInPython(url: string): Promise<number> {
  const asked = { url, exchange, routingKey: binding.routingKey, count, objectName };
  return await inEmptyQueue(url, count, async () => {
    const { elapsed } = askPython("publish-pika.py", asked) as { readonly elapsed: number };
    return elapsed;
  });
}

/** What one message costs in computing, by contender: own microseconds, the broker's. */
type Costs = Map<string, { readonly own: number; readonly broker: number }[]>;

async function compareOn(
  bench: Bench,
  url: string,
  queueType: QueueType,
  withPython: boolean,
): Promise<readonly Table[]> {
  await (async () => {
    const connection = await connected(url);
    const channel = await connection.createChannel();
    await channel.deleteQueue(binding.queue);
    await connection.close();
    await using bus = busAt(url, queueType);
    await bus.declare([binding]);
  })();
  const measure = `publish ${count.toLocaleString("en").replace(",", " ")} messages`;
  const costs: Costs = new Map();
  const contender = (name: string, isPeer: boolean, run: () => Promise<number>): Contender => ({
    name,
    isPeer,
    workers: "1 thread, broker",
    async run() {
      const [own, broker] = [process.cpuUsage(), brokerCpuMs(url)];
      const elapsed = await run();
      const { user, system } = process.cpuUsage(own);
      const after = brokerCpuMs(url);
      const cost = { own: (user + system) / count, broker: (((after ?? 0) - (broker ?? 0)) * 1000) / count };
      if (broker !== undefined && after !== undefined) costs.set(name, [...(costs.get(name) ?? []), cost]);
      return { [measure]: elapsed };
    },
  });
  const contenders = [
    contender("ours", false, () => throughBus(url, queueType)),
    contender("ours, in a task", false, () => throughTask(url, queueType, bench.folder)),
    contender(limit, false, () => bare(url, limitWindow)),
    contender("amqplib, one by one", true, () => bare(url, 1)),
    ...(withPython ? [contender("python3-pika, one by one", true, () => oneByOneInPython(url))] : []),
  ];
  const aims = [{ measure, contender: "ours", atLeast: 10 }];
  const table = await compare({ title: `To a ${queueType} queue`, unit: "ms", contenders, aims }, bench);
  if (costs.size === 0) return [table];
  const rows = [...costs]
    .filter(([name]) => !name.startsWith("python"))
    .map(([name, list]) => [name, median(list.map(({ own }) => own)), median(list.map(({ broker }) => broker))]);
  const title = `To a ${queueType} queue: what computes (medians)`;
  return [
    table,
    growthTable(title, ["by", "µs of this process for a message", "µs of the broker for a message"], rows),
  ];
}

/** As many as our bus has under way. */
const limitWindow = 2048;
const limit = "amqplib, 2 048 unconfirmed: the limit";

export const busSuite: Suite = {
  name: "bus",
  title: "Messages on the bus",
  diskBytes: 2 ** 30,
  minutes: 6,
  async run(bench): Promise<Section> {
    const epmd = findProgram("epmd");
    if (epmd === undefined || !isExecutable(rabbitmqScript)) throw new Error("RabbitMQ is not installed.");
    const pika = pythonPeer("pika");
    await using broker = await startRabbitmq(epmd);
    const tables = [
      ...(await compareOn(bench, broker.url, "classic", pika.version !== undefined)),
      ...(await compareOn(bench, broker.url, "quorum", pika.version !== undefined)),
    ];
    return {
      text: `Messages of catalog frames, persistent and mandatory, each confirmed by a RabbitMQ on this machine. Ours publishes a stream of
them, with a window of unconfirmed ones; in a task it records them in an inventory on sqlite first, and marks them afterwards. The peers
do what the Python stack does: they wait for the confirm of each message before the next. All publish the same messages with the same
properties, ids among them, and all of them, as a queue that is longer costs more. The aim is that of the bus; what a task does besides
has none. After each contender the messages in the queue are counted. The limit is amqplib by itself with bodies and ids made beforehand
and as many unconfirmed messages as ours: no outbox, nothing sent again, returned messages not looked at.
What computes includes making the messages, connecting, and counting them.`,
      peers: [
        packagePeer("amqplib"),
        { ...pika, name: "python3-pika" },
        programPeer("dpkg-query", ["-W", "rabbitmq-server"], /\t(\S+)/),
      ].map((peer) => (peer.name === "dpkg-query" ? { ...peer, name: "rabbitmq-server" } : peer)),
      tables,
      notes: [
        "Where even the limit misses ten round trips a message, the broker is the bound: it computes for a message what its row says, most of it in processes of which a queue or a channel has one, so that further cores do not make it faster. Tried besides, on a classic queue: windows of 1 024 to 10 000 unconfirmed messages differ less than rounds do, one of 512 takes 3 to 9 % more, those of 64 and 128 more than that; messages that are not mandatory make no difference, nor does Nagle's algorithm, nor how many go out at a turn; an id costs the broker 5 to 10 %, and stays; messages that are not persistent cost the broker less than half, which is no choice here. About 40 % of its computing is the collection of the memory of the queue's own process, as a trace of it shows (once in 137 messages, some 8 ms each, all of it and not only what is new). None of it is in the hand of a client. Nor is the outbox made to cost less by recording while one long publish goes on, instead of step by step: beside the way it is, in turn, no round was faster, and it computed a sixth more, as each message then comes by a promise of its own.",
      ],
    };
  },
};
