import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { sqliteBus } from "../../src/services/drivers/sqlite-bus.ts";
import { busConformance } from "../../src/testing/conformance/bus-conformance.ts";
import { describeWithRabbitmq } from "../servers/with-server.ts";
import { amqpBusAt } from "../services/amqp-bus-at.ts";

const folder = await mkdtemp(join(tmpdir(), "firstlight-bus-"));
afterAll(() => rm(folder, { recursive: true }));

describe("sqlite bus", () => {
  busConformance({ describe, test, expect }, async () => sqliteBus({ path: join(folder, "bus.sqlite") }));
});

describeWithRabbitmq("amqp bus", (url) => {
  const exchange = `firstlight.test.${randomUUID()}.x`;
  for (const queueType of ["classic", "quorum"] as const) {
    describe(`with ${queueType} queues`, () => {
      busConformance({ describe, test, expect }, async () => amqpBusAt(url, { exchange, queueType }));
    });
  }
});
