import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../src/core/log.ts";
import { Secret } from "../../src/core/secret.ts";
import { type GlobusTransferOptions, globusTransfer } from "../../src/services/drivers/globus/globus-transfer.ts";
import type { Transfer } from "../../src/services/transfer.ts";
import { type GlobusServer, type GlobusServerOptions, globusServer } from "../../src/testing/globus-server.ts";

export const objectStoreEndpoint = "0b7c1f10-0000-4000-8000-000000000001";
export const scratchEndpoint = "0b7c1f10-0000-4000-8000-000000000002";
export const secretText = "hunter2-the-secret";
const clients = ["in-0", "in-1", "out-0"].map((clientId) => ({ clientId, clientSecret: secretText }));

export interface GlobusWorld extends AsyncDisposable {
  readonly server: GlobusServer;
  /** The root of the object store. */
  readonly objects: string;
  readonly scratch: string;
  /** What the transfers have logged. */
  readonly lines: readonly string[];
  open(options?: Partial<GlobusTransferOptions>): Transfer;
}

/** A Globus of one's own between two folders, and transfers that are quick to look and to try again. */
export async function globusWorld(options: Partial<GlobusServerOptions> = {}): Promise<GlobusWorld> {
  const folder = await mkdtemp(join(tmpdir(), "firstlight-globus-"));
  const [objects, scratch] = [join(folder, "objects"), join(folder, "scratch")];
  await mkdir(objects);
  await mkdir(scratch);
  const collections = { [objectStoreEndpoint]: objects, [scratchEndpoint]: "/" };
  const server = await globusServer({ collections, clients, ...options });
  const lines: string[] = [];
  const credential = (clientId: string) => ({ clientId, clientSecret: new Secret(secretText) });
  return {
    server,
    objects,
    scratch,
    lines,
    open: (more = {}) =>
      globusTransfer({
        objectStoreEndpoint,
        scratchEndpoint,
        inbound: [credential("in-0"), credential("in-1")],
        outbound: [credential("out-0")],
        authUrl: server.url,
        transferUrl: server.url,
        pollSeconds: [0.005, 0.02],
        retrySeconds: 0.001,
        scratchPath: scratch,
        log: createLogger({ level: "TRACE", pretty: false, write: (line) => void lines.push(line) }),
        ...more,
      }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
