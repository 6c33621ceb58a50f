import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { codeOf, FirstlightError, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { Secret } from "../core/secret.ts";
import { metadataHandler } from "../services/graphql/metadata-handler.ts";
import type { OwnMetadataStore } from "../services/metadata-store.ts";

export interface ServeMetadataOptions {
  /** `sqliteMetadataStore`, or that of `fakeServices`. It stays open. */
  readonly store: OwnMetadataStore;
  /** Default: any that is free. */
  readonly port?: number;
  /** Default: this machine only, 127.0.0.1. */
  readonly host?: string;
  /** What callers must send. Default `dev`, as that of `GQL_AUTH_TOKEN`. */
  readonly authToken?: string | Secret;
  readonly log?: Logger;
}

/** A metadata store that answers over GraphQL until it is disposed; what it was asked before is then answered. */
export interface MetadataServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Where it takes GraphQL: `http://127.0.0.1:4000/graphql`. */
  readonly url: string;
  /** A value of `MESH_CONFIG` with which tasks use it. */
  readonly meshConfig: string;
}

/** How long those who have not finished asking are waited for. */
const lastCallMs = 1000;

/**
 * Serves a metadata store over GraphQL, with the schema of the facility's: what a task with the driver `graphql` talks to, in
 * a test or on a laptop. Loads graphql-yoga.
 *
 * @throws FirstlightError SERVER_CANNOT_LISTEN
 */
export async function serveMetadata({
  store,
  port = 0,
  host = "127.0.0.1",
  authToken = "dev",
  log,
}: ServeMetadataOptions): Promise<MetadataServer> {
  const token = typeof authToken === "string" ? new Secret(authToken) : authToken;
  const handler = await metadataHandler({ store, authToken: token, ...(log === undefined ? {} : { log }) });
  const server = createServer(handler);
  await listen(server, host, port);
  const listening = (server.address() as AddressInfo).port;
  const address = host.includes(":") ? `[${host}]` : host;
  return {
    host,
    port: listening,
    url: `http://${address}:${listening}/graphql`,
    meshConfig: JSON.stringify({ "internal-api-gateway": { mesh_address: host, mesh_port: listening } }),
    [Symbol.asyncDispose]: () => close(server),
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    const advice = codeOf(error) === "EADDRINUSE" ? "Take another port, or stop who has it." : "Take another address.";
    throw new FirstlightError(
      "SERVER_CANNOT_LISTEN",
      `Nothing can listen at ${host}, port ${port}: ${messageOf(error)}. ${advice}`,
      { disposition: "invalid", fields: { host, port }, cause: error },
    );
  }
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const lastCall = setTimeout(() => server.closeAllConnections(), lastCallMs);
  await closed;
  clearTimeout(lastCall);
}
