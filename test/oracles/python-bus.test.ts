import { type Channel, type ChannelModel, connect } from "amqplib";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { formatPythonJson } from "../../src/core/python-json.ts";
import type { Bus, Delivery } from "../../src/services/bus.ts";
import {
  catalogFrameMessage,
  catalogObjectMessage,
  createQualityReportMessage,
  messageModels,
  recipeRunFailureMessage,
} from "../../src/services/messages.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import { tmpRun } from "../../src/testing/tmp-run.ts";
import { runWorkflow } from "../../src/workflow/run-workflow.ts";
import { workflow } from "../fixtures/workflows/stages.ts";
import { describeWithRabbitmq } from "../servers/with-server.ts";
import { amqpBusAt } from "../services/amqp-bus-at.ts";
import { makeRunnerFolder } from "../workflow/runner-folder.ts";
import { describeWith } from "./fits-oracle.ts";
import { pythonPika, runPython } from "./python/python-oracle.ts";

/** A message as pika shows it. */
interface SeenByPython {
  /** The very bytes, in base64. */
  readonly body: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** The body as `json.dumps` spells it again. */
  readonly dumped: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
  readonly properties: Readonly<Record<string, unknown>>;
}

const exchange = "master.direct.x";
const place = { bucket: "data", objectName: "pid_1_118/AAAAAA/Größe_☉.fits" };
const counted = { incrementDatasetCatalogReceiptCount: true, conversationId: "4711" };

/** Of each kind: the message as we make it, and its body as the catalog and the others expect it. */
const kinds = [
  {
    message: catalogFrameMessage.create(4711, place),
    routingKey: "catalog.frame.m",
    queue: "catalog.frame.q",
    body: { ...place, ...counted },
  },
  {
    message: catalogObjectMessage.create(4711, { ...place, objectType: "MOVIE", groupId: "AAAAAA" }),
    routingKey: "catalog.object.m",
    queue: "catalog.object.q",
    body: { ...place, objectType: "MOVIE", groupId: "AAAAAA", groupName: "DATASET", ...counted },
  },
  {
    message: createQualityReportMessage.create(4711, { ...place, datasetId: "AAAAAA" }),
    routingKey: "create.quality.report.m",
    queue: "create.quality.report.q",
    body: { ...place, datasetId: "AAAAAA", ...counted },
  },
  {
    message: recipeRunFailureMessage.create(4711, { workflowName: "w", workflowVersion: "1.0", taskName: "T" }),
    routingKey: "recipe.run.failure.m",
    queue: "recipe.run.failure.q",
    body: { workflowName: "w", workflowVersion: "1.0", taskName: "T", conversationId: "4711" },
  },
] as const;

describeWith(pythonPika, () => {
  describeWithRabbitmq("the interservice bus", (url) => {
    let connection: ChannelModel;
    let raw: Channel;
    beforeAll(async () => {
      connection = await connect(url);
      raw = await connection.createChannel();
    });
    afterAll(() => connection.close());

    describe.each(["classic", "quorum"] as const)("with %s queues", (queueType) => {
      const python = (verb: string, args: readonly string[] = [], input?: unknown) =>
        runPython("bus.py", [url, exchange, queueType, verb, ...args], input);
      const pythonTakes = async (kind: (typeof kinds)[number], count = 1, verb: "consume" | "peek" = "consume") =>
        (await python(verb, [kind.queue, kind.routingKey, String(count)])) as readonly SeenByPython[];
      const openBus = (): Bus => amqpBusAt(url, { exchange, queueType });
      // Queues of one name and another type would be refused.
      afterEach(() =>
        python(
          "delete",
          kinds.map(({ queue }) => queue),
        ),
      );

      test("Python takes what a task published: bodies and properties to the byte", async () => {
        class Publish extends WorkflowTaskBase<"bus"> {
          static override readonly uses = ["bus"] as const;
          override async run(): Promise<void> {
            await this.bus.declare(messageModels.map(({ binding }) => binding));
            await this.bus.publish(kinds.map(({ message }) => message));
          }
        }
        await using bus = openBus();
        await using run = await tmpRun({ services: { bus } });
        await run.run(Publish);
        for (const kind of kinds) {
          const [taken] = await pythonTakes(kind);
          expect(taken).toMatchObject({ value: kind.body, exchange, routingKey: kind.routingKey, redelivered: false });
          const body = Buffer.from(taken?.body ?? "", "base64").toString("utf8");
          expect(body).toBe(taken?.dumped);
          expect(body).toBe(formatPythonJson(kind.message.body));
          expect(taken?.properties).toEqual({
            content_type: "text/plain",
            content_encoding: "UTF-8",
            delivery_mode: 2,
            priority: 0,
            headers: {},
            message_id: kind.message.messageId,
          });
        }
      });

      test("Python takes what the runner tells of a task that failed, as the failure callback does", async () => {
        const folder = await makeRunnerFolder();
        process.env.RUNNER_FIXTURE = folder.path;
        onTestFinished(async () => {
          delete process.env.RUNNER_FIXTURE;
          await folder.remove();
        });
        await folder.script({ Gain: ["fatal"] });
        const { hostname, port } = new URL(url);
        const mesh = { "interservice-bus": { mesh_address: hostname, mesh_port: Number(port) } };
        const env = { ...folder.env, MESH_CONFIG: JSON.stringify(mesh), ISB_QUEUE_TYPE: queueType };
        const { recipeRunId } = await runWorkflow(workflow, folder.options({ inProcess: true, env }));
        const [taken] = await pythonTakes(kinds[3]);
        expect(taken).toMatchObject({ exchange, routingKey: "recipe.run.failure.m" });
        expect(taken?.value).toEqual({
          workflowName: workflow.name,
          workflowVersion: workflow.version,
          taskName: "Gain",
          conversationId: String(recipeRunId),
        });
        expect(Buffer.from(taken?.body ?? "", "base64").toString("utf8")).toBe(taken?.dumped);
        expect(taken?.properties).toMatchObject({ content_type: "text/plain", delivery_mode: 2, priority: 0 });
      });

      test("a task takes what Python published, in Python's spelling and in a compact one", async () => {
        const extra = { fieldOfTomorrow: [1, 2.5, null] };
        const sent = kinds.flatMap(({ routingKey, queue, body }) => [
          { routingKey, queue, body },
          { routingKey, queue, body: { ...body, ...extra }, compact: true },
        ]);
        await python("publish", [], sent);
        const taken: Pick<Delivery, "body" | "routingKey" | "redelivered">[] = [];
        class Listen extends WorkflowTaskBase<"bus"> {
          static override readonly uses = ["bus"] as const;
          override async run(): Promise<void> {
            await this.bus.declare(messageModels.map(({ binding }) => binding));
            for (const { queue } of kinds) {
              let waiting = 2;
              for await (const { body, routingKey, redelivered, ack } of this.bus.consume(queue)) {
                taken.push({ body, routingKey, redelivered });
                await ack();
                waiting -= 1;
                if (waiting === 0) break;
              }
            }
          }
        }
        await using bus = openBus();
        await using run = await tmpRun({ services: { bus } });
        await run.run(Listen);
        expect(taken).toEqual(sent.map(({ body, routingKey }) => ({ body, routingKey, redelivered: false })));
        // The models of both sides agree, the field that this version does not know included.
        expect(messageModels.map((model, i) => model.parse(taken[2 * i + 1]?.body))).toEqual(
          kinds.map(({ body }) => ({ ...body, ...extra })),
        );
        for (const { queue } of kinds) expect(await raw.checkQueue(queue)).toMatchObject({ messageCount: 0 });
      });

      test("on the wire a message of ours is one of Python's, but for its id", async () => {
        const [kind] = kinds;
        // In the order in which we make a body.
        const { routingKey, queue, message } = kind;
        await python("publish", [], [{ routingKey, queue, body: message.body, headers: { k: "v" } }]);
        await using bus = openBus();
        await bus.declare([message.binding]);
        await bus.publish([{ ...message, headers: { k: "v" } }]);
        const seen: { readonly content: string; readonly properties: object; readonly fields: object }[] = [];
        const { promise, resolve } = Promise.withResolvers<void>();
        const { consumerTag } = await raw.consume(queue, (delivered) => {
          if (delivered === null) return;
          const { content, properties, fields } = delivered;
          seen.push({
            content: content.toString("latin1"),
            properties: { ...properties, messageId: "" },
            fields: { ...fields, deliveryTag: 0 },
          });
          raw.ack(delivered);
          if (seen.length === 2) resolve();
        });
        await promise;
        await raw.cancel(consumerTag);
        expect(seen[1]).toEqual(seen[0]);
      });

      test("the same message has the same id from either side, so that a second one can be told", async () => {
        const [{ message, routingKey, queue, body }] = kinds;
        await python("publish", [], [{ routingKey, queue, body, compact: true }]);
        await using bus = openBus();
        await bus.publish([message]);
        const ids: string[] = [];
        for await (const delivery of bus.consume(queue)) {
          ids.push(delivery.messageId);
          await delivery.ack();
          if (ids.length === 2) break;
        }
        expect(ids).toEqual([message.messageId, message.messageId]);
      });

      test("what one side took and did not acknowledge comes to the other", async () => {
        const [kind] = kinds;
        await using bus = openBus();
        await bus.declare([kind.message.binding]);
        await bus.publish([kind.message]);
        expect(await pythonTakes(kind, 1, "peek")).toMatchObject([{ redelivered: false }]);
        for await (const delivery of bus.consume(kind.queue)) {
          expect(delivery).toMatchObject({ redelivered: true, body: kind.body });
          break;
        }
        expect(await pythonTakes(kind)).toMatchObject([{ redelivered: true, value: kind.body }]);
      });

      test("either side may declare first, and a queue of the other type is a conflict", async () => {
        const [first, second] = kinds;
        await python("publish", [], [{ ...first, message: undefined }]);
        await using bus = openBus();
        await bus.declare([first.message.binding, second.message.binding]);
        await python("publish", [], [{ ...second, message: undefined }]);
        await using other = amqpBusAt(url, { exchange, queueType: queueType === "classic" ? "quorum" : "classic" });
        await expect(other.declare([second.message.binding])).rejects.toMatchObject({ code: "BUS_TOPOLOGY_CONFLICT" });
      });
    });
  });
});
