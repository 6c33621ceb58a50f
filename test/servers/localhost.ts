import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { answers } from "./kept-processes.ts";
import type { TestServer } from "./server.ts";

const run = promisify(execFile);

/** The Redis that runs on the default port. Tests share it with others: random recipe run ids, and never a flush. */
export async function localhostRedis(): Promise<TestServer> {
  if (!(await answers(6379))) throw new Error("FIRSTLIGHT_TEST_SERVERS=localhost, but nothing answers on port 6379");
  return { url: "redis://127.0.0.1:6379", async [Symbol.asyncDispose]() {} };
}

/** The RabbitMQ that runs on the default port, in a virtual host of the tests' own that is deleted afterwards. */
export async function localhostRabbitmq(): Promise<TestServer> {
  if (!(await answers(5672))) throw new Error("FIRSTLIGHT_TEST_SERVERS=localhost, but nothing answers on port 5672");
  const vhost = `firstlight-test-${randomUUID()}`;
  try {
    await run("rabbitmqctl", ["add_vhost", vhost]);
    await run("rabbitmqctl", ["set_permissions", "-p", vhost, "guest", ".*", ".*", ".*"]);
  } catch (error) {
    throw new Error(
      `rabbitmqctl could not make a virtual host (it wants root or the user rabbitmq): ${(error as Error).message}`,
    );
  }
  return {
    url: `amqp://guest:guest@127.0.0.1:5672/${vhost}`,
    async [Symbol.asyncDispose]() {
      await run("rabbitmqctl", ["delete_vhost", vhost]);
    },
  };
}
