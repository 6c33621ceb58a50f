import { afterEach, expect, test, vi } from "vitest";
import { createLogger } from "../../src/core/log.ts";
import { quickRetry } from "./graphql-store-at.ts";
import { s3StoreAt } from "./real/s3-store-at.ts";
import { type Reaction, scriptedHttp, silence } from "./scripted-http.ts";

afterEach(() => {
  vi.useRealTimers();
});

const begun: Reaction = (response) =>
  response
    .writeHead(200, { "Content-Type": "application/xml" })
    .end("<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>");
const parts = new Uint8Array(9 * 2 ** 20);

test.each<readonly [when: string, reactions: readonly [Reaction, ...Reaction[]]]>([
  ["before its upload has begun", [silence]],
  ["among its parts", [begun, silence]],
])(
  "a put in parts that is stopped %s waits no longer than closing for a server that is silent",
  async (_, reactions) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const seen = async (count: number): Promise<void> => {
      while (server.seen.length < count) await new Promise((resolve) => setImmediate(resolve));
    };
    await using server = await scriptedHttp(...reactions);
    const lines: string[] = [];
    const log = createLogger({ level: "WARNING", pretty: true, write: (line) => lines.push(line) });
    await using store = s3StoreAt(server.url.replace("://", "://key:secret@"), { retry: quickRetry, log });
    const stop = new AbortController();
    const putting = expect(store.put("data", "k", parts, { signal: stop.signal })).rejects.toThrow("enough");
    await seen(reactions.length);
    const before = server.seen.length;
    stop.abort(new Error("enough"));
    await seen(before + 1);
    vi.advanceTimersByTime(15_000);
    await putting;
    expect(lines.join("")).toMatch(/Parts of the object k may stay.*did not answer within 15 s/);
  },
);
