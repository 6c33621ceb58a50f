import { readFile } from "node:fs/promises";
import type { TestProject, Vitest } from "vitest/node";
import { findProgram, installDebianPackages, isExecutable, whyNotInstall } from "./debian.ts";
import { plantForeignKeys } from "./foreign-keys.ts";
import { localhostRabbitmq, localhostRedis } from "./localhost.ts";
import { rabbitmqScript, startRabbitmq } from "./rabbitmq.ts";
import { startRedis } from "./redis.ts";
import { rgwPrograms, startRgw } from "./rgw.ts";
import type { TestServer } from "./server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Undefined when there is no Redis for this run; `missingServers` says why. */
    redisUrl: string | undefined;
    /** Undefined when there is no RabbitMQ for this run; `missingServers` says why. */
    amqpUrl: string | undefined;
    /** Undefined when there is no S3 gateway for this run; `missingServers` says why. See `startRgw` for what it carries. */
    rgwUrl: string | undefined;
    missingServers: Readonly<Record<string, string>>;
  }
}

interface Kind {
  readonly title: string;
  readonly key: "redisUrl" | "amqpUrl" | "rgwUrl";
  /** What a test file that needs this server mentions. */
  readonly mention: RegExp;
  readonly packages: readonly string[];
  isInstalled(): boolean;
  start(): Promise<TestServer>;
  useLocalhost(): Promise<TestServer>;
}

const kinds: readonly Kind[] = [
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

/**
 * Starts the servers that the selected test files mention, provides their addresses, and ends them after the tests. Once for all
 * projects: Vitest calls it for each, and for the one above them, from which they inherit what is provided.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (project !== project.vitest.getRootProject()) return undefined;
  const texts = await selectedTestFiles(project.vitest);
  const needed = kinds.filter(({ mention }) => texts.some((text) => mention.test(text)));
  const missing: Record<string, string> = {};
  await install(needed, missing);
  const started = await Promise.all(needed.map((kind) => begin(kind, missing)));
  for (const kind of kinds) project.provide(kind.key, started.find((one) => one?.kind === kind)?.server.url);
  project.provide("missingServers", missing);
  for (const [title, reason] of Object.entries(missing))
    say(`NO ${title.toUpperCase()}, its suites are skipped: ${reason}`);
  const redis = started.find((one) => one?.kind.key === "redisUrl");
  const foreign = redis === undefined ? undefined : await plantForeignKeys(redis.server.url);
  return async () => {
    await foreign?.remove().catch((error: unknown) => {
      process.exitCode = 1;
      say(String(error));
    });
    await Promise.all(started.map((one) => one?.server[Symbol.asyncDispose]()));
  };
}

const useLocalhost = process.env.FIRSTLIGHT_TEST_SERVERS === "localhost";

async function begin(kind: Kind, missing: Record<string, string>) {
  if (missing[kind.title] !== undefined) return undefined;
  const startedMs = performance.now();
  try {
    const server = await (useLocalhost ? kind.useLocalhost() : kind.start());
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    say(`${kind.title} at ${new URL(server.url).host} ${useLocalhost ? "is used as it is" : `(${seconds} s)`}`);
    return { kind, server };
  } catch (error) {
    missing[kind.title] = (error as Error).message;
    return undefined;
  }
}

async function install(needed: readonly Kind[], missing: Record<string, string>): Promise<void> {
  const absent = useLocalhost ? [] : needed.filter((kind) => !kind.isInstalled());
  if (absent.length === 0) return;
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
}

/** The texts of the test files of this run. Vitest keeps its file filters to itself; without them it is every file. */
async function selectedTestFiles(vitest: Vitest): Promise<readonly string[]> {
  const filters: unknown = Reflect.get(vitest, "filenamePattern");
  const names = Array.isArray(filters) ? filters.map(String) : [];
  const testFiles = (await Promise.all(vitest.projects.map((project) => project.globTestFiles(names)))).flatMap(
    (found) => found.testFiles,
  );
  // Those of the architecture speak of servers, and need none.
  const others = testFiles.filter((path) => !path.includes("/test/architecture/"));
  return Promise.all(others.map((path) => readFile(path, "utf8")));
}

function say(line: string): void {
  process.stderr.write(`test servers: ${line}\n`);
}
