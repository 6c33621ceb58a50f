import { execFile } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { fixedClock } from "../../src/core/clock.ts";
import { sqliteBus } from "../../src/services/drivers/sqlite-bus.ts";
import { catalogFrameMessage } from "../../src/services/messages.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const { binding } = catalogFrameMessage;
const frame = (run: number, n: number) => catalogFrameMessage.create(run, { objectName: `${n}.fits`, bucket: "data" });

test("the messages of one recipe run are listed in order, with what has become of them", async () => {
  await using folder = await temporaryFolder();
  await using bus = sqliteBus({ path: join(folder.path, "bus.sqlite"), clock: fixedClock(new Date(0)) });
  await bus.declare([binding]);
  await bus.publish([frame(1, 0), frame(2, 1), frame(1, 2)]);
  for await (const delivery of bus.consume(binding.queue)) {
    await delivery.ack();
    break;
  }
  const stored = await Array.fromAsync(bus.messages?.({ conversationId: "1" }) ?? []);
  expect(stored.map(({ body, state }) => [body.objectName, state])).toEqual([
    ["0.fits", "acknowledged"],
    ["2.fits", "ready"],
  ]);
  expect(stored[0]).toMatchObject({ ...binding, publishedAt: "1970-01-01T00:00:00.000Z" });
  expect(await Array.fromAsync(bus.messages?.() ?? [])).toHaveLength(3);
});

test("a message published again is taken once, also after it was acknowledged", async () => {
  await using folder = await temporaryFolder();
  await using bus = sqliteBus({ path: join(folder.path, "bus.sqlite") });
  await bus.declare([binding]);
  await bus.publish([frame(1, 0), frame(1, 0)]);
  for await (const delivery of bus.consume(binding.queue)) {
    await delivery.ack();
    break;
  }
  await bus.publish([frame(1, 0)]);
  expect(await Array.fromAsync(bus.messages?.() ?? [])).toHaveLength(1);
});

test("what a process held when it was killed comes to the next one once its lease is over", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "bus.sqlite");
  await using bus = sqliteBus({ path, leaseMs: 300 });
  await bus.declare([binding]);
  await bus.publish([frame(1, 0)]);
  const driver = new URL("../../src/services/drivers/sqlite-bus.ts", import.meta.url).href;
  const script = `
    const { sqliteBus } = await import(${JSON.stringify(driver)});
    const bus = sqliteBus({ path: ${JSON.stringify(path)}, leaseMs: 300 });
    for await (const delivery of bus.consume("${binding.queue}")) process.kill(process.pid, "SIGKILL");`;
  const killed = promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  await expect(killed).rejects.toMatchObject({ signal: "SIGKILL" });
  for await (const delivery of bus.consume(binding.queue)) {
    expect(delivery.body.objectName).toBe("0.fits");
    expect(delivery.redelivered).toBe(true);
    await delivery.ack();
    break;
  }
});

test("a consumer that lives keeps its message past the lease", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "bus.sqlite");
  const leaseMs = 300;
  let nowMs = 1_000_000;
  const clock = { now: () => new Date(nowMs) };
  await using slow = sqliteBus({ path, clock, leaseMs });
  await using other = sqliteBus({ path, clock, leaseMs });
  await slow.declare([binding]);
  await slow.publish([frame(1, 0)]);
  for await (const delivery of slow.consume(binding.queue)) {
    nowMs += leaseMs - 1;
    await vi.waitUntil(() => leasedUntilMs(path) >= nowMs + leaseMs, { timeout: 60_000 });
    nowMs += 2;
    // The first message is before it in the queue: it would come first if it could be had.
    await slow.publish([frame(1, 1)]);
    for await (const { body, ack } of other.consume(binding.queue)) {
      expect(body.objectName).toBe("1.fits");
      await ack();
      break;
    }
    await delivery.ack();
    break;
  }
});

test("a message whose lease is over goes to another consumer", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "bus.sqlite");
  let nowMs = 1_000_000;
  const clock = { now: () => new Date(nowMs) };
  // It renews its lease every eight hours, and so not within this test.
  await using slow = sqliteBus({ path, clock, leaseMs: 86_400_000 });
  await using other = sqliteBus({ path, clock, leaseMs: 86_400_000 });
  await slow.declare([binding]);
  await slow.publish([frame(1, 0)]);
  for await (const delivery of slow.consume(binding.queue)) {
    nowMs += 86_400_001;
    for await (const stolen of other.consume(binding.queue)) {
      expect([stolen.messageId, stolen.redelivered]).toEqual([delivery.messageId, true]);
      await stolen.ack();
      break;
    }
    await expect(delivery.ack()).rejects.toMatchObject({ code: "BUS_DELIVERY_EXPIRED" });
    break;
  }
});

function leasedUntilMs(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(database.prepare("SELECT leased_until_ms FROM messages").get()?.leased_until_ms);
  } finally {
    database.close();
  }
}
