import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePorts } from "./free-ports.ts";
import { answers, keepProcesses } from "./kept-processes.ts";
import type { TestServer } from "./server.ts";

/** The node's own script. Debian's wrapper of the same name insists on root and on the system's data folder. */
export const rabbitmqScript = "/usr/lib/rabbitmq/bin/rabbitmq-server";
const controlScript = "/usr/lib/rabbitmq/bin/rabbitmqctl";

/**
 * A RabbitMQ node on free ports of the loopback interface: own name, cookie, data folder and epmd, beside whatever else
 * runs on the machine, as any user.
 */
export async function startRabbitmq(epmd: string): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), "firstlight-rabbitmq-"));
  const definitions = join(folder, "definitions.json");
  await writeFile(definitions, JSON.stringify(users));
  const node = await rabbitmqNode(epmd, folder, `load_definitions = ${definitions}\n`);
  const kept = await keepProcesses({ ...node, folder, timeoutMs: startTimeoutMs, ready: () => answers(node.port) });
  return { url: urlAt(node.port), [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose]() };
}

/** Not of a RabbitMQ on the default port, which tests leave as it is. The password begins as `test/fixtures/leaks.ts` looks for secrets. */
export const facility = { username: "facility", password: "hush-bus-password" } as const;

const everything = { vhost: "/", configure: ".*", write: ".*", read: ".*" };
const users = {
  vhosts: [{ name: "/" }],
  users: [
    { name: "guest", password: "guest", tags: "administrator" },
    { name: facility.username, password: facility.password, tags: "" },
  ],
  permissions: ["guest", facility.username].map((user) => ({ user, ...everything })),
};

/** A node that can be killed (SIGKILL) and started again over the same data at the same port. */
export interface RestartableRabbitmq extends TestServer {
  start(): Promise<void>;
  kill(): Promise<void>;
  /** What an operator says to it by `rabbitmqctl`, and what that answers. */
  control(...args: readonly string[]): Promise<string>;
}

/** @param settings lines of `rabbitmq.conf` */
export async function restartableRabbitmq(
  epmd: string,
  settings: (folder: string) => Promise<string> = async () => "",
): Promise<RestartableRabbitmq> {
  const data = await mkdtemp(join(tmpdir(), "firstlight-rabbitmq-data-"));
  const node = await rabbitmqNode(epmd, data, await settings(data));
  let kept: AsyncDisposable | undefined;
  const kill = async (): Promise<void> => {
    await kept?.[Symbol.asyncDispose]();
    kept = undefined;
  };
  return {
    url: urlAt(node.port),
    async start() {
      const folder = await mkdtemp(join(tmpdir(), "firstlight-rabbitmq-"));
      kept = await keepProcesses({ ...node, folder, timeoutMs: startTimeoutMs, ready: () => answers(node.port) });
    },
    kill,
    async control(...args) {
      const { stdout } = await promisify(execFile)(controlScript, ["-n", node.env.RABBITMQ_NODENAME, ...args], {
        env: { ...process.env, ...node.env },
      });
      return stdout;
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

const startTimeoutMs = 90_000;

function urlAt(port: number): string {
  return `amqp://guest:guest@127.0.0.1:${port}`;
}

async function rabbitmqNode(epmd: string, data: string, settings: string) {
  const [port = 0, distributionPort = 0, epmdPort = 0] = await freePorts(3);
  await writeFile(join(data, "rabbitmq.conf"), settings);
  await writeFile(join(data, "enabled_plugins"), "[].\n");
  const env = {
    HOME: data,
    RABBITMQ_NODENAME: `firstlight-test-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: join(data, "mnesia"),
    RABBITMQ_LOG_BASE: join(data, "log"),
    RABBITMQ_PID_FILE: join(data, "pid"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(data, "enabled_plugins"),
    RABBITMQ_CONF_ENV_FILE: join(data, "none"),
    RABBITMQ_CONFIG_FILE: join(data, "rabbitmq"),
    // epmd is a process of ours, started first: a daemon that the node starts would stay behind.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false",
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: "127.0.0.1",
  };
  const commands = [
    { name: "epmd", command: epmd, args: ["-port", String(epmdPort), "-address", "127.0.0.1"] },
    { name: "rabbitmq", command: rabbitmqScript, args: [], env },
  ];
  return { port, env, commands };
}
