import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./free-ports.ts";
import { answers, keepProcesses } from "./kept-processes.ts";
import type { TestServer } from "./server.ts";

/** The node's own script. Debian's wrapper of the same name insists on root and on the system's data folder. */
export const rabbitmqScript = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/**
 * A RabbitMQ node on free ports of the loopback interface: own name, cookie, data folder and epmd, beside whatever else
 * runs on the machine, as any user.
 */
export async function startRabbitmq(epmd: string): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), "firstlight-rabbitmq-"));
  const [port = 0, distributionPort = 0, epmdPort = 0] = await freePorts(3);
  await writeFile(join(folder, "rabbitmq.conf"), "");
  await writeFile(join(folder, "enabled_plugins"), "[].\n");
  const env = {
    HOME: folder,
    RABBITMQ_NODENAME: `firstlight-test-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_PID_FILE: join(folder, "pid"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    RABBITMQ_CONF_ENV_FILE: join(folder, "none"),
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq"),
    // epmd is a process of ours, started first: a daemon that the node starts would stay behind.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false",
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: "127.0.0.1",
  };
  const kept = await keepProcesses({
    folder,
    port,
    commands: [
      { name: "epmd", command: epmd, args: ["-port", String(epmdPort), "-address", "127.0.0.1"] },
      { name: "rabbitmq", command: rabbitmqScript, args: [], env },
    ],
    timeoutMs: 90_000,
    ready: () => answers(port),
  });
  return { url: `amqp://guest:guest@127.0.0.1:${port}`, [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose]() };
}
