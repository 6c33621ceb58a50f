import { randomInt } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { connect, type GetMessage } from "amqplib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sqliteMetadataStore } from "../../../src/services/drivers/sqlite-metadata-store.ts";
import { formatFrames } from "../../../src/services/input-dataset.ts";
import type { OwnMetadataStore } from "../../../src/services/metadata-store.ts";
import type { ObjectStore } from "../../../src/services/object-store.ts";
import { type OtlpReceiver, otlpReceiver } from "../../../src/testing/otlp-receiver.ts";
import { type MetadataServer, serveMetadata } from "../../../src/testing/serve-metadata.ts";
import { type Cli, fixture, openCli } from "../../cli/cli-process.ts";
import { filesBelow, leaks, leaksInFiles } from "../../fixtures/leaks.ts";
import { facility } from "../../servers/rabbitmq.ts";
import { describeWithRabbitmq, describeWithRedis, describeWithRgw } from "../../servers/with-server.ts";
import { frameBytes } from "../../tasks/stock/input-run.ts";
import { keysInRedis } from "./keys-in-redis.ts";
import { makeBucket, plainClient, s3StoreAt } from "./s3-store-at.ts";

const queues = ["catalog.frame.q", "catalog.object.q", "recipe.run.failure.q"] as const;
const token = "hush-a-token-of-the-facility";

describeWithRedis("with Redis,", (redisUrl) => {
  describeWithRabbitmq("RabbitMQ,", (amqpUrl) => {
    describeWithRgw("an S3 gateway, a GraphQL server and a collector,", (rgwUrl) => {
      // The settings know no virtual host, and the default one of a broker that others use is theirs.
      describe.skipIf(new URL(amqpUrl || "amqp://none").pathname.length > 1)("as the mesh names them,", () => {
        wholeRun({ redisUrl, amqpUrl, rgwUrl });
      });
    });
  });
});

function wholeRun({ redisUrl, amqpUrl, rgwUrl }: Readonly<Record<"redisUrl" | "amqpUrl" | "rgwUrl", string>>): void {
  const exchange = `whole-run-${randomInt(2 ** 30)}.x`;
  let cli: Cli;
  let records: OwnMetadataStore;
  let metadata: MetadataServer;
  let collector: OtlpReceiver;
  beforeEach(async () => {
    cli = await openCli();
    records = sqliteMetadataStore({ path: join(cli.folder, "facility.sqlite") });
    metadata = await serveMetadata({ store: records, authToken: token });
    collector = await otlpReceiver();
    await emptied();
  });
  afterEach(async () => {
    await emptied();
    for (const one of [collector, metadata, records, cli]) await one?.[Symbol.asyncDispose]();
  });

  /** The queues are gone, and what lay in them is told. */
  async function emptied(): Promise<readonly GetMessage[]> {
    const connection = await connect(amqpUrl);
    const messages: GetMessage[] = [];
    for (const queue of queues) {
      const channel = await connection.createChannel();
      channel.on("error", () => undefined);
      const there = await channel.checkQueue(queue).catch(() => undefined);
      if (there === undefined) continue;
      for (;;) {
        const message = await channel.get(queue, { noAck: true });
        if (message === false) break;
        messages.push(message);
      }
      await channel.deleteQueue(queue);
      await channel.close();
    }
    const channel = await connection.createChannel();
    await channel.deleteExchange(exchange);
    await connection.close();
    return messages;
  }

  const environment = (): Readonly<Record<string, string>> => {
    const at = (url: string) => ({ mesh_address: new URL(url).hostname, mesh_port: Number(new URL(url).port) });
    const otlp = { mesh_address: "127.0.0.1", mesh_port: collector.port };
    const { username: access, password: secret } = new URL(rgwUrl);
    return {
      MESH_CONFIG: JSON.stringify({
        "automated-processing-scratch-inventory": at(redisUrl),
        "interservice-bus": at(amqpUrl),
        "object-store-api": at(rgwUrl),
        "internal-api-gateway": at(metadata.url),
        "otlp-traces-endpoint": otlp,
        "otlp-metrics-endpoint": otlp,
      }),
      ISB_EXCHANGE: exchange,
      ISB_QUEUE_TYPE: "quorum",
      ISB_USERNAME: facility.username,
      ISB_PASSWORD: facility.password,
      OBJECT_STORE_ACCESS_KEY: access,
      OBJECT_STORE_SECRET_KEY: secret,
      GQL_AUTH_TOKEN: token,
      RETRY_CONFIG: '{"retry_tries": 3, "retry_delay": 0.1, "retry_jitter": 0}',
    };
  };

  /** A recipe run whose raw frames lie in the store. */
  async function registered(store: ObjectStore) {
    const recipeRunId = randomInt(2 ** 20, 2 ** 31 - 1);
    for (const bucket of ["raw", "data"]) await makeBucket(rgwUrl, bucket);
    const objectKeys = ["a.fits", "b.fits"].map((name) => `${recipeRunId}/${name}`);
    for (const [i, key] of objectKeys.entries()) await store.put("raw", key, frameBytes({ pixels: i + 1 }));
    const document = formatFrames([{ bucket: "raw", objectKeys }]);
    await records.register({ recipeRunId, parts: [{ type: "observe_frames", document }] });
    return { recipeRunId, objectKeys };
  }

  test("a recipe run that the facility has registered goes from raw frames to messages by one command", {
    timeout: 300_000,
  }, async () => {
    await using store = s3StoreAt(rgwUrl);
    const { recipeRunId, objectKeys } = await registered(store);
    const args = ["run", fixture("facility.ts"), "--recipe-run", String(recipeRunId), "--json"];
    const { code, stdout, stderr } = await cli.run(args, environment());
    expect(code, stderr).toBe(0);
    for (const driver of ["redis", "amqp", "s3", "graphql"]) expect(stderr).toContain(` ${driver} (MESH_CONFIG names `);
    const { datasetId, ...ended } = JSON.parse(stdout) as { readonly datasetId: string };
    expect(ended).toMatchObject({ recipeRunId, status: "done", framesIn: 2, framesOut: 2, output: "s3" });

    const prefix = `pid_1_1/${datasetId}/`;
    const objects = await Array.fromAsync(store.list("data", prefix));
    expect(objects.map(({ key }) => key.slice(prefix.length))).toEqual(["1.fits", "2.fits", "quality.json"]);
    const messages = await emptied();
    const bodies = messages.map(({ content }) => JSON.parse(content.toString("utf8")) as { objectName: string });
    expect(bodies.map(({ objectName }) => objectName).sort()).toEqual(objects.map(({ key }) => key));
    expect(await records.expectedObjectCount(datasetId)).toBe(3);
    const { status, provenances } = await records.record(recipeRunId);
    expect(status).toBe("COMPLETEDSUCCESSFULLY");
    expect(provenances.map(({ taskName }) => taskName)).toEqual(["Calibrate"]);
    expect(await readdir(join(cli.folder, "scratch"))).toEqual([".firstlight"]);

    const [traceId = ""] = new Set(collector.spans.map((span) => span.traceId));
    expect(new Set(collector.spans.map((span) => span.traceId)).size).toBe(1);
    for (const { properties } of messages) expect(properties.headers?.traceparent).toContain(traceId);
    const clients = collector.spans.filter(({ kind }) => kind === 3);
    const ports = new Set(clients.map(({ attributes }) => Number(attributes["server.port"])));
    for (const url of [redisUrl, rgwUrl, metadata.url]) expect([...ports]).toContain(Number(new URL(url).port));
    expect(collector.points.map(({ name }) => name)).toContain("dkist.processing.tasks.executed");

    const { password } = new URL(rgwUrl);
    const emitted = [stdout, stderr, ...collector.bodies.map((body) => body.toString("latin1"))].join("\n");
    for (const secret of [token, password]) expect(emitted).not.toContain(secret);
    await store.delete(
      "data",
      objects.map(({ key }) => key),
    );
    await store.delete("raw", objectKeys);
  });

  test("no secret is in anything that the servers of a run hold, whose tasks tell all that they know", {
    timeout: 300_000,
  }, async () => {
    await using store = s3StoreAt(rgwUrl);
    const { recipeRunId, objectKeys } = await registered(store);
    const args = ["run", fixture("indiscreet-facility.ts"), "--recipe-run", String(recipeRunId), "--json"];
    const { code, stdout, stderr } = await cli.run(args, {
      ...environment(),
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer hush-collector",
      DOCS_BASE_URL: "https://me:hush-docs@docs.example/",
      MYCAM_PASSWORD: 'hush-mycam-7f/3+d"\\ü',
      MYCAM_DSN: 'Server=db;Password=hush-dsn"7\\x;Database=d',
      MYCAM_PRIVATE_KEY: "-----BEGIN PRIVATE KEY-----\nhush-key1\nhush-key2\n-----END PRIVATE KEY-----",
      LOGURU_LEVEL: "TRACE",
    });
    expect(code, stderr).toBe(1);
    const { datasetId } = JSON.parse(stdout.slice(stdout.indexOf("{"))) as { readonly datasetId: string };

    const found: string[] = [];
    const search = (where: string, bytes: Uint8Array | string): void => void found.push(...leaks(where, bytes));
    const messages = await emptied();
    // Two frames, their quality, and two tasks that failed.
    expect(messages.map(({ fields }) => fields.routingKey).sort()).toEqual([
      ...["catalog.frame.m", "catalog.frame.m", "catalog.object.m"],
      ...["recipe.run.failure.m", "recipe.run.failure.m"],
    ]);
    for (const { content, properties, fields } of messages) {
      search(`a message to ${fields.routingKey}`, content);
      search(`properties of a message to ${fields.routingKey}`, JSON.stringify({ properties, fields }));
    }
    const prefix = `pid_1_1/${datasetId}/`;
    const objects = (await Array.fromAsync(store.list("data", prefix))).map(({ key }) => key);
    expect(objects).toHaveLength(3);
    const client = await plainClient(rgwUrl);
    for (const Key of objects) {
      const { Body, $metadata: _, ...properties } = await client.getObject({ Bucket: "data", Key });
      search(`the object ${Key}`, (await Body?.transformToByteArray()) ?? "");
      search(`what is told of the object ${Key}`, JSON.stringify({ Key, properties }));
    }
    client.destroy();
    await using inventory = await keysInRedis(`${redisUrl}/${recipeRunId % 15}`, `*${recipeRunId}*`);
    expect(inventory.text).toContain("pid_1_1");
    search("the inventory", inventory.text);
    search("the record of the run", JSON.stringify(await records.record(recipeRunId)));
    expect((await records.record(recipeRunId)).provenances).toHaveLength(1);
    expect(collector.spans.map(({ name }) => name)).toContain("asking with [secret]");
    expect(collector.points.map(({ name }) => name)).toContain("mycam.calls");
    expect(collector.headers.some((headers) => headers.authorization === "Bearer hush-collector")).toBe(true);
    for (const body of collector.bodies) search("what the collector got", body);
    search("the output", stdout);
    search("the log", stderr);
    expect(stderr).toContain("the password is [secret] or [secret]");
    const files = await filesBelow(cli.folder);
    expect(files.filter((path) => /report\..*\.json$/.test(path)).length).toBeGreaterThanOrEqual(1);
    // The tasks' own record of every command line of this machine is among them.
    expect(files.filter((path) => path.includes("DEBUG")).length).toBeGreaterThanOrEqual(1);
    expect([...found, ...(await leaksInFiles(files))]).toEqual([]);
    await store.delete("data", objects);
    await store.delete("raw", objectKeys);
  });
}
