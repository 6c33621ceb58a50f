import { link, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import type { TransferItem, TransferProgress } from "../../src/services/transfer.ts";
import type { GlobusFault, GlobusRequest } from "../../src/testing/globus-server.ts";
import { type GlobusWorld, globusWorld, objectStoreEndpoint, scratchEndpoint, secretText } from "./globus-world.ts";

const how = { label: "Recipe run 7: input", recipeRunId: 7 };

/** Objects `f0`, `f1`, … of the bucket, with their keys as content, and where they shall go. */
async function objectsOf({ objects, scratch }: GlobusWorld, count: number): Promise<readonly TransferItem[]> {
  const items = Array.from({ length: count }, (_, index) => ({
    bucket: "data",
    key: `p/f${index}`,
    path: join(scratch, "7", "p", `f${index}`),
  }));
  await mkdir(join(objects, "data", "p"), { recursive: true });
  for (const { key } of items) await writeFile(join(objects, "data", key), `bytes of ${key}`);
  return items;
}

const filesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

const allThere = async (items: readonly TransferItem[]): Promise<boolean> => {
  for (const { key, path } of items) if ((await readFile(path, "utf8")) !== `bytes of ${key}`) return false;
  return true;
};

/** Faults, one for each request that fits, in turn. */
function faults(fits: (request: GlobusRequest) => boolean, ...inTurn: readonly GlobusFault[]) {
  const left = [...inTurn];
  return (request: GlobusRequest): GlobusFault | undefined => (fits(request) ? left.shift() : undefined);
}

const thrownBy = (work: Promise<unknown>): Promise<Record<string, unknown> & Error> =>
  work.then(
    () => Promise.reject(new Error("nothing was thrown")),
    (error) => error,
  );

describe("on the wire", () => {
  test("to scratch, as one of the clients for that direction, files are copied beside their places and verified", async () => {
    await using world = await globusWorld();
    const items = await objectsOf(world, 2);
    await world.open().toScratch(items, how);
    expect(await filesIn(world.scratch)).toEqual(["7/p/f0", "7/p/f1"]);
    expect(await allThere(items)).toBe(true);
    const [task] = world.server.tasks;
    expect(task?.clientId).toBe("in-1");
    expect(task?.body).toMatchObject({
      source_endpoint: objectStoreEndpoint,
      destination_endpoint: scratchEndpoint,
      verify_checksum: true,
      sync_level: 3,
    });
    expect(task?.body.label).toMatch(/^Recipe run 7 input firstlight [0-9a-f]{16} [0-9a-f]{8}$/);
    expect(task?.body.DATA[0]).toMatchObject({ source_path: "/data/p/f0", recursive: false });
    expect(dirname(task?.body.DATA[0]?.destination_path ?? "")).toBe(join(world.scratch, "7", "p"));
  });

  test.each([
    ["Prüfung: α/β; “x”\n\t2!", "Pr fung x 2 firstlight"],
    ["", "Recipe run 7 firstlight"],
    [" \u{1f52d} ", "Recipe run 7 firstlight"],
    [`${"long ".repeat(40)}`, `${"long ".repeat(18)}l firstlight`],
    ["a-b_c, d", "a-b_c, d firstlight"],
  ])("of the label '%s' goes out what Globus takes", async (label, start) => {
    await using world = await globusWorld();
    const items = await objectsOf(world, 1);
    await world.open().toScratch(items, { ...how, label });
    const [task] = world.server.tasks;
    expect(task?.body.label).toMatch(/^[A-Za-z0-9 _,-]{1,128}$/);
    expect(task?.body.label.replace(/ \S+ \S+$/, "")).toBe(start);
  });

  test("two processes that bring the same files at once write none of the other's, also as different clients", async () => {
    const both = Promise.withResolvers<void>();
    let writing = 0;
    await using world = await globusWorld({
      onFile: async () => {
        writing += 1;
        if (writing === 2) both.resolve();
        await both.promise;
        return undefined;
      },
    });
    const items = await objectsOf(world, 1);
    const other = { inbound: [{ clientId: "in-0", clientSecret: new Secret(secretText) }] };
    await Promise.all([world.open().toScratch(items, how), world.open(other).toScratch(items, how)]);
    const [first, second] = world.server.tasks.map(({ body }) => body.DATA[0]?.destination_path);
    expect(world.server.tasks.map(({ clientId }) => clientId).sort()).toEqual(["in-0", "in-1"]);
    expect(first).not.toBe(second);
    expect(await filesIn(world.scratch)).toEqual(["7/p/f0"]);
    expect(await allThere(items)).toBe(true);
  });

  test("a process whose files another has taken over waits for that one's task", async () => {
    await using world = await globusWorld();
    const items = await objectsOf(world, 2);
    let other: Promise<void> | undefined;
    const land = async (temporary: string, path: string): Promise<void> => {
      // The task has ended, and none of its files has its name.
      other ??= world.open().toScratch(items, how);
      await until(() => world.server.tasks.length === 2);
      await rename(temporary, path);
    };
    await world.open().toScratch(items, { ...how, landing: { folder: world.scratch, land } });
    await other;
    expect(world.server.tasks[1]?.document()).toMatchObject({ files_skipped: 2, files_transferred: 0 });
    expect(await filesIn(world.scratch)).toEqual(["7/p/f0", "7/p/f1"]);
    expect(await allThere(items)).toBe(true);
  });

  test("the same files asked for twice at once come twice, one after the other", async () => {
    await using world = await globusWorld();
    const items = await objectsOf(world, 2);
    const transfer = world.open();
    await Promise.all([transfer.toScratch(items, how), transfer.toScratch(items, { ...how, label: "again" })]);
    expect(await filesIn(world.scratch)).toEqual(["7/p/f0", "7/p/f1"]);
    expect(await allThere(items)).toBe(true);
  });

  test("to the object store, as a client of the other direction, paths are spelt as the Python stack spells them", async () => {
    await using world = await globusWorld();
    const path = join(world.scratch, "product.fits");
    await writeFile(path, "product");
    await world.open().toObjectStore([{ bucket: "data", key: "p/d/product.fits", path }], how);
    const [task] = world.server.tasks;
    expect(task?.clientId).toBe("out-0");
    expect(task?.body.DATA[0]).toMatchObject({ source_path: path, destination_path: "data/p/d/product.fits" });
    expect(await readFile(join(world.objects, "data/p/d/product.fits"), "utf8")).toBe("product");
  });

  test("more files than a task is given become several tasks, and the progress is that of all", async () => {
    await using world = await globusWorld();
    const items = await objectsOf(world, 5);
    const states: TransferProgress[] = [];
    await world.open({ filesPerTask: 2 }).toScratch(items, { ...how, onProgress: (state) => states.push(state) });
    expect(world.server.tasks.map(({ body }) => body.DATA.length)).toEqual([2, 2, 1]);
    expect(new Set(world.server.tasks.map(({ body }) => body.label)).size).toBe(3);
    expect(states.at(-1)).toEqual({ files: 5, totalFiles: 5, bytes: 5 * "bytes of p/f0".length });
    expect(states.map(({ files }) => files)).toEqual(states.map(({ files }) => files).toSorted((a, b) => a - b));
    expect(await allThere(items)).toBe(true);
  });

  test("a file of the right length is compared where it lies, unless it has another name, too", async () => {
    await using world = await globusWorld();
    const items = await objectsOf(world, 2);
    const paths = items.map(({ path }) => path) as [string, string];
    await mkdir(dirname(paths[0]), { recursive: true });
    for (const path of paths) await writeFile(path, "wrong of same".slice(0, 13));
    const other = join(world.scratch, "other");
    await link(paths[1], other);
    await world.open().toScratch(items, how);
    expect(world.server.tasks[0]?.body.DATA.map(({ destination_path }) => paths.includes(destination_path))).toEqual([
      true,
      false,
    ]);
    expect(await allThere(items)).toBe(true);
    expect(await readFile(other, "utf8")).toBe("wrong of same");
  });
});

describe("calls that fail", () => {
  const anyTask = ({ path }: GlobusRequest) => path.startsWith("/task/");
  test.each<[string, GlobusFault]>([
    ["429, with the wait that it asks for", { status: 429, headers: { "retry-after": "0" }, body: "slow down" }],
    ["502", { status: 502, body: { code: "ExternalError", message: "bad gateway" } }],
    ["503", { status: 503, body: "<html>maintenance</html>" }],
    ["a cut connection", "cut"],
    ["an answer that is cut", "cut-answer"],
  ])("%s is tried again", async (_, fault) => {
    for (const fits of [
      anyTask,
      ({ path }: GlobusRequest) => path === "/v2/oauth2/token",
      ({ path }: GlobusRequest) => path === "/transfer",
      ({ path }: GlobusRequest) => path === "/submission_id",
      ({ path }: GlobusRequest) => path.startsWith("/operation/"),
    ]) {
      await using world = await globusWorld({ onRequest: faults(fits, fault, fault, fault) });
      const items = await objectsOf(world, 1);
      await world.open().toScratch(items, how);
      expect(await allThere(items)).toBe(true);
      expect(world.server.tasks).toHaveLength(1);
    }
  });

  test("the wait that a 429 asks for is kept", async () => {
    const onRequest = faults(anyTask, { status: 429, headers: { "retry-after": "1" } });
    await using world = await globusWorld({ onRequest });
    await world.open().toScratch(await objectsOf(world, 1), how);
    expect(world.lines.filter((line) => line.includes("trying again in 1.0 s"))).toHaveLength(1);
  });

  test("as often as GLOBUS_MAX_RETRIES says, and no oftener", async () => {
    await using world = await globusWorld({
      onRequest: ({ path }) => (path === "/task_list" ? { status: 503 } : undefined),
    });
    const error = await thrownBy(world.open({ maxRetries: 2 }).toScratch(await objectsOf(world, 1), how));
    expect(error).toMatchObject({ code: "GLOBUS_UNREACHABLE", disposition: "retry", fields: { tries: 3 } });
    expect(world.server.requests.filter(({ path }) => path === "/task_list")).toHaveLength(3);
  });

  test("nobody listening is said", async () => {
    await using world = await globusWorld();
    await using gone = await globusWorld();
    await gone.server[Symbol.asyncDispose]();
    const transfer = world.open({ authUrl: gone.server.url, maxRetries: 1 });
    const error = await thrownBy(transfer.toScratch(await objectsOf(world, 1), how));
    expect([error.code, error.message.includes("ECONNREFUSED")]).toEqual(["GLOBUS_UNREACHABLE", true]);
  });

  test.each(["not a url", "http://[::1", "auth.globus.org", "ftp://auth.globus.org", ""])(
    "an address that is none is refused at once, by its setting: '%s'",
    async (url) => {
      await using world = await globusWorld();
      for (const [name, setting] of [
        ["authUrl", "GLOBUS_SDK_SERVICE_URL_AUTH"],
        ["transferUrl", "GLOBUS_SDK_SERVICE_URL_TRANSFER"],
      ] as const) {
        expect(() => world.open({ [name]: url })).toThrowError(
          expect.objectContaining({ code: "SETTINGS_INVALID", message: expect.stringContaining(setting) }),
        );
      }
    },
  );

  test("a new token that is refused is replaced, too, three times in all", async () => {
    const isCall = ({ path }: GlobusRequest) => path === "/task_list";
    const expired = { status: 401, body: { code: "AuthenticationFailed", message: "Token is not active" } };
    await using world = await globusWorld({ onRequest: faults(isCall, expired, "cut", expired, expired) });
    const items = await objectsOf(world, 1);
    await world.open().toScratch(items, how);
    expect(await allThere(items)).toBe(true);
    await using other = await globusWorld({ onRequest: faults(isCall, expired, expired, expired, expired) });
    await expect(other.open().toScratch(await objectsOf(other, 1), how)).rejects.toMatchObject({
      code: "GLOBUS_ACCESS_REFUSED",
    });
  });

  test("a token that is refused is replaced, in the middle of a transfer, too", async () => {
    // Once: a token that is refused as soon as it was given means that the client itself is.
    let server: GlobusWorld["server"] | undefined;
    await using world = await globusWorld({
      onFile: () => {
        server?.expireTokens();
        server = undefined;
      },
    });
    server = world.server;
    const items = await objectsOf(world, 3);
    await world.open().toScratch(items, how);
    expect(await allThere(items)).toBe(true);
    expect(world.server.requests.filter(({ path }) => path === "/v2/oauth2/token").length).toBeGreaterThan(1);
  });

  test("a client that Globus does not know is refused by name, and its secret is not told", async () => {
    await using world = await globusWorld();
    const inbound = [{ clientId: "nobody", clientSecret: new Secret(secretText) }];
    const error = await thrownBy(world.open({ inbound }).toScratch(await objectsOf(world, 1), how));
    expect(error).toMatchObject({
      code: "GLOBUS_ACCESS_REFUSED",
      disposition: "invalid",
      fields: { clientId: "nobody" },
    });
    expect(error.message).toContain("GLOBUS_INBOUND_CLIENT_CREDENTIALS");
  });

  test("a collection that wants a consent gets it", async () => {
    const scope = `https://auth.globus.org/scopes/${objectStoreEndpoint}/data_access`;
    const body = { code: "ConsentRequired", message: "Missing required data_access consent", required_scopes: [scope] };
    const onRequest = faults(({ path }) => path.startsWith("/operation/"), { status: 403, body });
    await using world = await globusWorld({ onRequest });
    const items = await objectsOf(world, 1);
    await world.open().toScratch(items, how);
    expect(await allThere(items)).toBe(true);
    const grants = world.server.requests.filter(({ path }) => path === "/v2/oauth2/token");
    expect(new URLSearchParams(grants.at(-1)?.body).get("scope")).toContain(scope);
  });

  test("a collection that Globus does not know is named", async () => {
    await using world = await globusWorld();
    const error = await thrownBy(world.open({ objectStoreEndpoint: "x" }).toScratch(await objectsOf(world, 1), how));
    expect([error.code, error.message.includes("OBJECT_STORE_ENDPOINT")]).toEqual(["GLOBUS_REFUSED", true]);
  });

  test("a label that Globus refuses is named, and no collection", async () => {
    const reason = "invalid value for property 'label'";
    const body = { code: "ClientError.BadRequest", message: reason };
    const onRequest = faults(({ path }) => path === "/transfer", { status: 400, body });
    await using world = await globusWorld({ onRequest });
    const error = await thrownBy(world.open().toScratch(await objectsOf(world, 1), how));
    expect(error).toMatchObject({ code: "GLOBUS_REFUSED", message: expect.stringContaining(reason) });
    expect(error.message).toContain("another label");
    expect(error.message).not.toContain("ENDPOINT");
  });

  test("events that Globus does not tell end no transfer, be it a good one or a bad one", async () => {
    const isBad = ({ source }: { readonly source: string }) =>
      source.endsWith("f1") ? "PERMISSION_DENIED" : undefined;
    await using world = await globusWorld({
      onRequest: ({ path }) => (path.endsWith("/event_list") ? { status: 500 } : undefined),
      onFile: isBad,
    });
    const items = await objectsOf(world, 2);
    await world.open({ maxRetries: 1 }).toScratch(items.slice(0, 1), how);
    expect(await allThere(items.slice(0, 1))).toBe(true);
    expect(world.lines.filter((line) => line.includes("are not told"))).toHaveLength(1);
    const error = await thrownBy(world.open({ maxRetries: 1 }).toScratch(items.slice(1), how));
    expect(error).toMatchObject({ code: "TRANSFER_FAILED", message: expect.stringContaining("PERMISSION_DENIED") });
  });

  test("no secret and no token is in a log line or an error", async () => {
    const echo = ({ path }: GlobusRequest): GlobusFault | undefined =>
      path === "/transfer" ? { status: 400, body: { code: "ClientError.BadRequest", message: "no" } } : undefined;
    await using world = await globusWorld({ onRequest: echo });
    const error = await thrownBy(world.open().toScratch(await objectsOf(world, 1), how));
    const told = `${world.lines.join("")}${inspect(error, { depth: 20, showHidden: true })}${JSON.stringify(error)}${error.stack}`;
    expect(told).toContain("ClientError.BadRequest");
    expect(told).not.toContain(secretText);
    expect(told).not.toMatch(/Bearer|Basic /);
  });
});

describe("a task", () => {
  test("that meets an error which passes succeeds, and the error is told as a warning", async () => {
    await using world = await globusWorld({
      onFile: ({ attempt }) => (attempt === 1 ? "PERMISSION_DENIED" : undefined),
    });
    const items = await objectsOf(world, 2);
    await world.open().toScratch(items, how);
    expect(await allThere(items)).toBe(true);
    const warnings = world.lines.map((line) => JSON.parse(line)).filter(({ level }) => level === "WARNING");
    expect(warnings.map(({ code }) => code)).toEqual(["PERMISSION_DENIED", "PERMISSION_DENIED"]);
  });

  test("that fails is an error with its reasons, and no file has come to its place", async () => {
    await using world = await globusWorld({
      onFile: ({ source }) => (source.endsWith("f1") ? "ENDPOINT_ERROR" : undefined),
    });
    const items = await objectsOf(world, 3);
    const error = await thrownBy(world.open().toScratch(items, how));
    expect(error).toMatchObject({ code: "TRANSFER_FAILED", disposition: "retry" });
    for (const part of [
      "Recipe run 7: input",
      "FAILED",
      "ENDPOINT_ERROR",
      "p/f1",
      world.server.tasks[0]?.taskId ?? "?",
    ]) {
      expect(error.message).toContain(part);
    }
    expect((await filesIn(world.scratch)).filter((name) => !name.endsWith(".firstlight-tmp"))).toEqual([]);
  });

  test("that failed is gone on with: what had come is not copied again", async () => {
    let broken = true;
    await using world = await globusWorld({
      onFile: ({ source }) => (broken && source.endsWith("f2") ? "ENDPOINT_ERROR" : undefined),
    });
    const items = await objectsOf(world, 3);
    await thrownBy(world.open().toScratch(items, how));
    broken = false;
    await world.open().toScratch(items, how);
    expect(await allThere(items)).toBe(true);
    expect(world.server.tasks[1]?.document()).toMatchObject({ files_skipped: 2, files_transferred: 1 });
  });

  test("that is paused is waited for, and told of", async () => {
    const reached = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    await using world = await globusWorld({
      onFile: ({ source }) => {
        if (!source.endsWith("f1")) return undefined;
        reached.resolve();
        return go.promise.then(() => undefined);
      },
    });
    const items = await objectsOf(world, 2);
    const transferred = world.open().toScratch(items, how);
    await reached.promise;
    const [task] = world.server.tasks;
    task?.pause("INACTIVE", "CREDENTIALS_EXPIRED");
    await until(() => world.lines.some((line) => line.includes("CREDENTIALS_EXPIRED")));
    task?.resume();
    go.resolve();
    await transferred;
    expect(await allThere(items)).toBe(true);
  });

  test("is cancelled by the signal, and leaves nothing in scratch", async () => {
    const reached = Promise.withResolvers<void>();
    await using world = await globusWorld({
      onFile: ({ source }) => {
        if (!source.endsWith("f1")) return undefined;
        reached.resolve();
        return new Promise<undefined>(() => {});
      },
    });
    const stop = new AbortController();
    const transferred = world.open().toScratch(await objectsOf(world, 3), { ...how, signal: stop.signal });
    await reached.promise;
    stop.abort();
    await expect(transferred).rejects.toMatchObject({ name: "AbortError" });
    expect(world.server.tasks[0]?.document()).toMatchObject({ status: "FAILED", fatal_error: { code: "CANCELED" } });
    expect(await filesIn(world.scratch)).toEqual([]);
  });

  test("is cancelled by the end of the transfer service, which leaves nothing in scratch", async () => {
    const reached = Promise.withResolvers<void>();
    await using world = await globusWorld({
      onFile: () => {
        reached.resolve();
        return new Promise<undefined>(() => {});
      },
    });
    const transfer = world.open();
    const transferred = expect(transfer.toScratch(await objectsOf(world, 3), how)).rejects.toMatchObject({
      code: "SERVICE_CLOSED",
    });
    await reached.promise;
    await transfer[Symbol.asyncDispose]();
    await transferred;
    expect(world.server.tasks[0]?.document()).toMatchObject({ status: "FAILED", fatal_error: { code: "CANCELED" } });
    expect(await filesIn(world.scratch)).toEqual([]);
  });

  test("that is just being handed in when the signal fires is cancelled, too", async () => {
    const stop = new AbortController();
    await using world = await globusWorld({
      onRequest: ({ path }) => {
        if (path === "/transfer") stop.abort();
        return undefined;
      },
      onFile: () => new Promise<undefined>(() => {}),
    });
    const transferred = world.open().toScratch(await objectsOf(world, 1), { ...how, signal: stop.signal });
    await expect(transferred).rejects.toMatchObject({ name: "AbortError" });
    expect(world.server.tasks.map((task) => task.document().fatal_error?.code)).toEqual(["CANCELED"]);
  });

  test("that somebody cancels at Globus fails the transfer for good", async () => {
    let world: GlobusWorld | undefined;
    await using own = await globusWorld({ onFile: () => void world?.server.tasks[0]?.cancel() });
    world = own;
    const error = await thrownBy(own.open().toScratch(await objectsOf(own, 1), how));
    expect(error).toMatchObject({ code: "TRANSFER_FAILED", disposition: "fatal" });
    expect(error.message).toContain("CANCELED");
  });

  test("that succeeds without its files being in scratch is an error that names the collection", async () => {
    await using world = await globusWorld();
    const items = await objectsOf(world, 1);
    await using elsewhere = await globusWorld();
    const collections = { [objectStoreEndpoint]: world.objects, [scratchEndpoint]: elsewhere.objects };
    await using other = await globusWorld({ collections });
    const transfer = other.open({ scratchPath: world.scratch });
    const error = await thrownBy(transfer.toScratch(items, how));
    expect([error.code, error.message.includes("SCRATCH_ENDPOINT")]).toEqual(["TRANSFER_FAILED", true]);
    expect(error.message).toContain(items[0]?.path);
  });
});

describe("a transfer that died", () => {
  /** A transfer that is cut off from Globus once its second file is reached; the task goes on when `go` is called. */
  async function cutOff() {
    const go = Promise.withResolvers<void>();
    let silent = false;
    const world = await globusWorld({
      onRequest: ({ path }) => (silent && path.startsWith("/task/") ? "cut" : undefined),
      onFile: ({ source }) => {
        if (!source.endsWith("f1")) return undefined;
        silent = true;
        return go.promise.then(() => undefined);
      },
    });
    const items = await objectsOf(world, 2);
    const error = await thrownBy(world.open().toScratch(items, how));
    expect(error).toMatchObject({ code: "GLOBUS_UNREACHABLE", disposition: "retry" });
    silent = false;
    const resumed = (): void => {
      silent = false;
      go.resolve();
    };
    return { world, items, go: resumed };
  }

  test("finds its task under way, and hands in no other", async () => {
    const { world, items, go } = await cutOff();
    await using _ = world;
    const again = world.open().toScratch(items, how);
    await until(() => world.lines.some((line) => line.includes("under way")));
    go();
    await again;
    expect(world.server.tasks).toHaveLength(1);
    expect(await filesIn(world.scratch)).toEqual(["7/p/f0", "7/p/f1"]);
    expect(await allThere(items)).toBe(true);
  });

  test("hands in another for the files that were rolled back meanwhile", async () => {
    const { world, items, go } = await cutOff();
    await using _ = world;
    await rm(join(world.scratch, "7"), { recursive: true });
    const again = world.open().toScratch(items, how);
    await until(() => world.lines.some((line) => line.includes("under way")));
    go();
    await again;
    expect(world.server.tasks.map(({ body }) => body.DATA.length)).toEqual([2, 1]);
    expect(await allThere(items)).toBe(true);
  });

  test("is not found by a transfer of other files", async () => {
    const { world, items, go } = await cutOff();
    await using _ = world;
    await world.open().toScratch(items.slice(0, 1), how);
    expect(world.server.tasks).toHaveLength(2);
    go();
  });
});

describe("what cannot be", () => {
  test("places outside of scratch, also by a link, are refused before anything is asked of Globus", async () => {
    await using world = await globusWorld();
    const items = await objectsOf(world, 1);
    await symlink(world.objects, join(world.scratch, "out"));
    for (const path of [join(world.scratch, "..", "x"), join(world.scratch, "out", "x"), "x", world.scratch]) {
      const error = await thrownBy(world.open().toScratch([{ ...items[0]!, path }], how));
      expect(error).toMatchObject({ code: "TRANSFER_FAILED", disposition: "invalid" });
      expect(error.message).toContain(path.startsWith("/") ? path : "'x'");
    }
    expect(world.server.requests).toEqual([]);
  });

  test("two files of one place are named, and one file named twice comes once", async () => {
    await using world = await globusWorld();
    const [a, b] = (await objectsOf(world, 2)) as [TransferItem, TransferItem];
    const error = await thrownBy(world.open().toScratch([a, { ...b, path: a.path }], how));
    expect(error).toMatchObject({ code: "TRANSFER_FAILED", disposition: "invalid" });
    for (const part of ["/data/p/f0", "/data/p/f1", a.path]) expect(error.message).toContain(part);
    const { scratch } = world;
    for (const path of [`/${a.path}`, `${scratch}/7/./p/f0`, `${scratch}/7/q/../p//f0`, `${a.path}/`]) {
      const other = await thrownBy(world.open().toScratch([a, { ...b, path }], how));
      expect(other).toMatchObject({ code: "TRANSFER_FAILED", disposition: "invalid" });
    }
    expect(world.server.tasks).toEqual([]);
    await world.open().toScratch([a, b, a], how);
    expect(world.server.tasks[0]?.body.DATA).toHaveLength(2);
  });

  test("what is no item is refused by name", async () => {
    await using world = await globusWorld();
    for (const wrong of [null, undefined, 5, {}, { bucket: "data", key: "k" }]) {
      const error = await thrownBy(world.open().toScratch([wrong as unknown as TransferItem], how));
      expect(error).toMatchObject({ code: "TRANSFER_FAILED", disposition: "invalid" });
    }
  });

  test("keys and buckets that are none are refused", async () => {
    await using world = await globusWorld();
    const [item] = (await objectsOf(world, 1)) as [TransferItem];
    for (const [change, code] of [
      [{ key: "../x" }, "OBJECT_KEY_ILLEGAL"],
      [{ key: "" }, "OBJECT_KEY_ILLEGAL"],
      [{ bucket: ".." }, "OBJECT_BUCKET_ILLEGAL"],
      [{ bucket: "/etc" }, "TRANSFER_FAILED"],
    ] as const) {
      await expect(world.open().toScratch([{ ...item, ...change }], how)).rejects.toMatchObject({ code });
    }
  });

  test("a folder of this machine as the bucket is refused, with the driver that takes one", async () => {
    await using world = await globusWorld();
    const [item] = (await objectsOf(world, 1)) as [TransferItem];
    const error = await thrownBy(world.open().toScratch([{ ...item, bucket: world.objects }], how));
    expect(error).toMatchObject({ code: "TRANSFER_FAILED", disposition: "invalid", fields: { folder: world.objects } });
    expect(error.message).toContain("TRANSFER_DRIVER=fs");
  });

  test("a place that is a folder is a conflict, named", async () => {
    await using world = await globusWorld();
    const [item] = (await objectsOf(world, 1)) as [TransferItem];
    await mkdir(item.path, { recursive: true });
    await expect(world.open().toScratch([item], how)).rejects.toMatchObject({
      code: "OBJECT_KEY_CONFLICT",
      message: expect.stringContaining(item.path),
    });
  });

  test("nothing to bring asks nothing of Globus", async () => {
    await using world = await globusWorld();
    await world.open().toScratch([], how);
    expect(world.server.requests).toEqual([]);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}
