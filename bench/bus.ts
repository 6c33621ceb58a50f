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
  packagePeer,
  programPeer,
  pythonPeer,
  type Section,
  type Suite,
  type Table,
  timed,
} from "./harness.ts";

const count = 10_000;
/** The peers publish every fiftieth message, and their time counts fifty times: a round trip costs what it costs. */
const peerShare = 50;
const exchange = "master.direct.x";
const objectName = "pid_1_118/AAAAAA/VBI_2024_05_01T12_00_01_%d_AAAAAA_L1.fits";
const { binding } = catalogFrameMessage;

type QueueType = "classic" | "quorum";

function messages(): readonly BusMessage[] {
  return Array.from({ length: count }, (_, n) =>
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

async function throughBus(url: string, queueType: QueueType): Promise<number> {
  await using bus = busAt(url, queueType);
  await bus.declare([binding]);
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
  await using bus = busAt(url, queueType);
  await bus.declare([binding]);
  return await inEmptyQueue(url, count, async () => {
    await runTask(Publish, { recipeRunId: 1, env: { SCRATCH_BASE_PATH: basePath }, services: { bus } });
    return elapsed;
  });
}

async function oneByOne(url: string): Promise<number> {
  const connection = await connected(url);
  const channel = await connection.createConfirmChannel();
  const options = {
    persistent: true,
    mandatory: true,
    contentType: "text/plain",
    contentEncoding: "UTF-8",
    priority: 0,
  };
  const given = messages().slice(0, count / peerShare);
  const elapsed = await inEmptyQueue(url, given.length, () =>
    timed(async () => {
      for (const { body } of given) {
        const content = Buffer.from(JSON.stringify(body));
        await new Promise<void>((resolve, reject) => {
          channel.publish(exchange, binding.routingKey, content, options, (error) =>
            error === null || error === undefined ? resolve() : reject(error),
          );
        });
      }
    }),
  );
  await connection.close();
  return elapsed * peerShare;
}

async function oneByOneInPython(url: string): Promise<number> {
  const asked = { url, exchange, routingKey: binding.routingKey, count: count / peerShare, objectName };
  return await inEmptyQueue(url, asked.count, async () => {
    const { elapsed } = askPython("publish-pika.py", asked) as { readonly elapsed: number };
    return elapsed * peerShare;
  });
}

async function compareOn(bench: Bench, url: string, queueType: QueueType, withPython: boolean): Promise<Table> {
  await (async () => {
    const connection = await connected(url);
    const channel = await connection.createChannel();
    await channel.deleteQueue(binding.queue);
    await connection.close();
    await using bus = busAt(url, queueType);
    await bus.declare([binding]);
  })();
  const measure = `publish ${count.toLocaleString("en").replace(",", " ")} messages`;
  const contender = (name: string, isPeer: boolean, run: () => Promise<number>): Contender => ({
    name,
    isPeer,
    workers: "1 thread, broker",
    run: async () => ({ [measure]: await run() }),
  });
  const contenders = [
    contender("ours", false, () => throughBus(url, queueType)),
    contender("ours, in a task", false, () => throughTask(url, queueType, bench.folder)),
    contender("amqplib, one by one", true, () => oneByOne(url)),
    ...(withPython ? [contender("python3-pika, one by one", true, () => oneByOneInPython(url))] : []),
  ];
  const aims = [
    { measure, contender: "ours", atLeast: 10 },
    { measure, contender: "ours, in a task", atLeast: 10 },
  ];
  return compare({ title: `To a ${queueType} queue`, unit: "ms", contenders, aims }, bench);
}

export const busSuite: Suite = {
  name: "bus",
  title: "Messages on the bus",
  diskBytes: 2 ** 30,
  minutes: 3,
  async run(bench): Promise<Section> {
    const epmd = findProgram("epmd");
    if (epmd === undefined || !isExecutable(rabbitmqScript)) throw new Error("RabbitMQ is not installed.");
    const pika = pythonPeer("pika");
    await using broker = await startRabbitmq(epmd);
    const tables = [
      await compareOn(bench, broker.url, "classic", pika.version !== undefined),
      await compareOn(bench, broker.url, "quorum", pika.version !== undefined),
    ];
    return {
      text: `Messages of catalog frames, persistent and mandatory, each confirmed by a RabbitMQ on this machine. Ours publishes a stream of
them, with a window of unconfirmed ones; in a task it records them in an inventory on sqlite first, and marks them afterwards. The peers
do what the Python stack does: they wait for the confirm of each message before the next. They publish every fiftieth message, and
that time counts fifty times. After each contender the messages in the queue are counted.`,
      peers: [
        packagePeer("amqplib"),
        { ...pika, name: "python3-pika" },
        programPeer("dpkg-query", ["-W", "rabbitmq-server"], /\t(\S+)/),
      ].map((peer) => (peer.name === "dpkg-query" ? { ...peer, name: "rabbitmq-server" } : peer)),
      tables,
      notes: [],
    };
  },
};
