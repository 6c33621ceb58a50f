import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../src/core/log.ts";
import { Secret } from "../../src/core/secret.ts";
import { type GlobusTransferOptions, globusTransfer } from "../../src/services/drivers/globus/globus-transfer.ts";
import type { Transfer } from "../../src/services/transfer.ts";
import type { GlobusServerOptions } from "../../src/testing/globus-server.ts";
import { type GlobusJournal, readGlobusJournal } from "../../src/testing/globus-server-journal.ts";
import { freePorts } from "../servers/free-ports.ts";
import { type MortalServer, mortalServer } from "./mortal-server.ts";

/** How a Globus in a process of its own is to be, for `test/fixtures/serve-globus.ts`. */
export interface GlobusMischief extends Pick<GlobusServerOptions, "collections" | "clients" | "port" | "journalPath"> {
  readonly seed: number;
  /** The share of calls and of files with which something goes wrong that passes. */
  readonly harm: number;
  readonly callsPerSecond: number;
  /** Files whose names end in `gate` wait until this one is there. */
  readonly goIfThere: string;
  /** Files whose names end in `bad` cannot be read until this one is there. */
  readonly goodIfThere: string;
  /** Once it has taken in a task while this one is not there, it makes it, and kills itself instead of answering. */
  readonly diedAtSubmit: string;
}

export interface MortalGlobus extends MortalServer {
  /** The root of the object store. */
  readonly objects: string;
  readonly scratch: string;
  /** What the server has written down. */
  journal(): GlobusJournal;
  /** What the transfers have logged. */
  readonly lines: readonly string[];
  open(options?: Partial<GlobusTransferOptions>): Transfer;
  /** Lets something happen, now or from the beginning: see `GlobusMischief`. */
  let(happen: "go" | "good" | "die at submit"): Promise<void>;
}

const [objectStoreEndpoint, scratchEndpoint] = ["object-store", "scratch"];
const clientSecret = "hunter2-the-secret";

/** A Globus that can be killed, between two folders, and transfers that are quick to try again. */
export async function mortalGlobusServer(
  mischief: Partial<Pick<GlobusMischief, "seed" | "harm" | "callsPerSecond">> = {},
): Promise<MortalGlobus> {
  const folder = await mkdtemp(join(tmpdir(), "firstlight-globus-"));
  const at = (name: string): string => join(folder, name);
  const [objects, scratch] = [at("objects"), at("scratch")];
  await mkdir(objects);
  await mkdir(scratch);
  await writeFile(at("died"), "");
  const [port = 0] = await freePorts(1);
  const options: GlobusMischief = {
    collections: { [objectStoreEndpoint]: objects, [scratchEndpoint]: "/" },
    clients: [{ clientId: "me", clientSecret }],
    port,
    journalPath: at("journal"),
    goIfThere: at("go"),
    goodIfThere: at("good"),
    diedAtSubmit: at("died"),
    seed: 1,
    harm: 0,
    callsPerSecond: 1_000,
    ...mischief,
  };
  const lines: string[] = [];
  const server = mortalServer("serve-globus.ts", [JSON.stringify(options)]);
  const client = { clientId: "me", clientSecret: new Secret(clientSecret) };
  return {
    ...server,
    objects,
    scratch,
    lines,
    journal: () => readGlobusJournal(at("journal")),
    open: (more = {}) =>
      globusTransfer({
        objectStoreEndpoint,
        scratchEndpoint,
        inbound: [client],
        outbound: [client],
        authUrl: `http://localhost:${port}`,
        transferUrl: `http://localhost:${port}`,
        pollSeconds: [0.02, 0.1],
        retrySeconds: 0.02,
        // Waits double: these last for minutes, and a server is back within seconds.
        maxRetries: 12,
        scratchPath: scratch,
        log: createLogger({ level: "INFO", pretty: false, write: (line) => void lines.push(line) }),
        ...more,
      }),
    async let(happen) {
      if (happen === "die at submit") await rm(at("died"), { force: true });
      else await writeFile(at(happen), "");
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
