import { randomUUID } from "node:crypto";
import { connect } from "amqplib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { recipeRunFailureMessage } from "../../src/services/messages.ts";
import { runWorkflow } from "../../src/workflow/run-workflow.ts";
import { workflow } from "../fixtures/workflows/stages.ts";
import { freePorts } from "../servers/free-ports.ts";
import { describeWithRabbitmq } from "../servers/with-server.ts";
import { makeRunnerFolder, type RunnerFolder } from "./runner-folder.ts";

let folder: RunnerFolder;
beforeEach(async () => {
  folder = await makeRunnerFolder();
  process.env.RUNNER_FIXTURE = folder.path;
});
afterEach(async () => {
  await folder.remove();
  delete process.env.RUNNER_FIXTURE;
});

const meshAt = (host: string, port: number) =>
  JSON.stringify({ "interservice-bus": { mesh_address: host, mesh_port: port } });
const run = (env: Readonly<Record<string, string>>, signal?: AbortSignal) =>
  runWorkflow(
    workflow,
    folder.options({
      inProcess: true,
      env: { ...folder.env, METADATA_STORE_DRIVER: "sqlite", ...env },
      ...(signal === undefined ? {} : { signal }),
    }),
  );
const logOf = (task: string) => folder.eventsOf("task-log").filter((event) => event.task === task);

describeWithRabbitmq("a run that fails, with a real bus", (url) => {
  test("tells the facility of every task that failed for good, as the Python stack does", async () => {
    const exchange = `firstlight.test.${randomUUID()}.x`;
    const { hostname, port } = new URL(url);
    const { queue, routingKey } = recipeRunFailureMessage.binding;
    const connection = await connect(url);
    const raw = await connection.createChannel();
    await folder.script({ Dark: ["retry", "retry"], Gain: ["fatal"] });
    const env = { MESH_CONFIG: meshAt(hostname, Number(port)), ISB_EXCHANGE: exchange };
    const first = await run(env);
    expect(first.status).toBe("failed");
    await run(env);

    const seen: { readonly id: unknown; readonly body: Record<string, unknown> }[] = [];
    for (;;) {
      const message = await raw.get(queue, { noAck: true });
      if (message === false) break;
      const body = JSON.parse(message.content.toString("utf8")) as Record<string, unknown>;
      if (body.conversationId !== String(first.recipeRunId) || message.fields.exchange !== exchange) continue;
      expect(message.fields).toMatchObject({ exchange, routingKey });
      seen.push({ id: message.properties.messageId, body });
    }
    await raw.deleteExchange(exchange);
    await connection.close();
    const bodyOf = (taskName: string) => ({
      workflowName: workflow.name,
      workflowVersion: workflow.version,
      taskName,
      conversationId: String(first.recipeRunId),
    });
    const tasks = seen.map(({ body }) => String(body.taskName));
    expect(tasks.toSorted()).toEqual(["Dark", "Gain", ...tasks.slice(2).toSorted()]);
    for (const { body } of seen) expect(body).toEqual(bodyOf(String(body.taskName)));
    // Another failure is another message.
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    expect(logOf("Gain").some(({ line }) => line.includes("Told the facility of the failure"))).toBe(true);
  });
});

describe("a run that fails", () => {
  test("ends as it would have where the bus cannot be reached, and warns", async () => {
    const [port = 0] = await freePorts(1);
    await folder.script({ Gain: ["fatal"] });
    const { status, tasks } = await run({ MESH_CONFIG: meshAt("127.0.0.1", port) });
    expect([status, tasks.find(({ task }) => task === "Gain")?.status]).toEqual(["failed", "failed"]);
    const lines = logOf("Gain").map(({ line }) => line);
    expect(lines.filter((line) => line.includes("could not be told of the failure"))).toHaveLength(1);
    const types = folder.events.map(({ type }) => type);
    expect(types.lastIndexOf("task-log")).toBeLessThan(types.indexOf("run-finished"));
  });

  test("tells nobody on a bus of this machine's own", async () => {
    await folder.script({ Gain: ["fatal"] });
    expect((await run({})).status).toBe("failed");
    expect(logOf("Gain").filter(({ line }) => line.includes("facility"))).toEqual([]);
  });
});
