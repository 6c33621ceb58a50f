import { describe, inject, test } from "vitest";

/**
 * A suite that needs Redis, given its address. Without one it is skipped, and says why; where `CI` is set it fails.
 * The servers are started for test files that mention them, see `global-setup.ts`.
 */
export function describeWithRedis(name: string, suite: (url: string) => void): void {
  describeWith("Redis", inject("redisUrl"), name, suite);
}

/** A suite that needs RabbitMQ, given its address with user and password; see `describeWithRedis`. */
export function describeWithRabbitmq(name: string, suite: (url: string) => void): void {
  describeWith("RabbitMQ", inject("amqpUrl"), name, suite);
}

/** A suite that needs Ceph's S3 gateway, given its address with keys and cluster; see `startRgw` and `describeWithRedis`. */
export function describeWithRgw(name: string, suite: (url: string) => void): void {
  describeWith("S3 gateway", inject("rgwUrl"), name, suite);
}

function describeWith(title: string, url: string | undefined, name: string, suite: (url: string) => void): void {
  if (url !== undefined) {
    describe(name, () => suite(url));
    return;
  }
  const reason = inject("missingServers")?.[title] ?? "it was not started for this run";
  if (process.env.CI === undefined || process.env.CI === "") {
    describe.skip(`${name} (no ${title}: ${reason})`, () => suite(""));
    return;
  }
  test(`${name}: needs ${title}`, () => {
    throw new Error(`No ${title}, and CI is set: ${reason}`);
  });
}
