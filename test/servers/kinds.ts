import { findProgram, installDebianPackages, isExecutable, whyNotInstall } from "./debian.ts";
import { localhostRabbitmq, localhostRedis } from "./localhost.ts";
import { rabbitmqScript, startRabbitmq } from "./rabbitmq.ts";
import { startRedis } from "./redis.ts";
import { rgwPrograms, startRgw } from "./rgw.ts";
import type { TestServer } from "./server.ts";

/** A kind of server that tests run against. */
export interface Kind {
  readonly title: string;
  readonly key: "redisUrl" | "amqpUrl" | "rgwUrl";
  /** What a test file that needs this server mentions. */
  readonly mention: RegExp;
  readonly packages: readonly string[];
  isInstalled(): boolean;
  start(): Promise<TestServer>;
  useLocalhost(): Promise<TestServer>;
}

export const kinds: readonly Kind[] = [
  {
    title: "Redis",
    key: "redisUrl",
    mention: /redis/i,
    packages: ["redis-server"],
    isInstalled: () => findProgram("redis-server") !== undefined,
    start: () => startRedis(findProgram("redis-server") ?? "redis-server"),
    useLocalhost: localhostRedis,
  },
  {
    title: "RabbitMQ",
    key: "amqpUrl",
    mention: /amqp|rabbitmq/i,
    packages: ["rabbitmq-server"],
    isInstalled: () => isExecutable(rabbitmqScript) && findProgram("epmd") !== undefined,
    start: () => startRabbitmq(findProgram("epmd") ?? "epmd"),
    useLocalhost: localhostRabbitmq,
  },
  {
    title: "S3 gateway",
    key: "rgwUrl",
    mention: /rgw/i,
    packages: ["radosgw", "ceph-mon", "ceph-osd", "ceph-common"],
    isInstalled: () => rgwPrograms.every((name) => findProgram(name) !== undefined),
    start: startRgw,
    // Nobody has one on a default port.
    useLocalhost: startRgw,
  },
];

export const useLocalhost = process.env.FIRSTLIGHT_TEST_SERVERS === "localhost";

/** Installs what is not there. Resolves to why a kind is missing all the same, by its title. */
export async function installServers(needed: readonly Kind[]): Promise<Record<string, string>> {
  const missing: Record<string, string> = {};
  const absent = useLocalhost ? [] : needed.filter((kind) => !kind.isInstalled());
  if (absent.length === 0) return missing;
  const packages = absent.flatMap((kind) => kind.packages);
  let problem = whyNotInstall();
  if (problem === undefined) {
    say(`installing ${packages.join(" and ")} from Debian's packages, once (FIRSTLIGHT_TEST_INSTALL=0 forbids it) ...`);
    problem = await installDebianPackages(packages).then(
      () => undefined,
      (error: Error) => error.message,
    );
  }
  for (const kind of absent) {
    if (!kind.isInstalled())
      missing[kind.title] = `${kind.packages.join(", ")} is not installed; ${problem ?? "apt-get did not bring it"}`;
  }
  return missing;
}

export function say(line: string): void {
  process.stderr.write(`test servers: ${line}\n`);
}
