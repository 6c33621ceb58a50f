import { freePorts } from "../servers/free-ports.ts";
import { type MortalServer, mortalServer } from "./mortal-server.ts";

/** A metadata store over GraphQL that can be killed, and comes back at the same address with the same records. */
export interface MortalMetadataServer extends MortalServer {
  readonly url: string;
}

export async function mortalMetadataServer(path: string): Promise<MortalMetadataServer> {
  const [port] = await freePorts(1);
  return { url: `http://127.0.0.1:${port}/graphql`, ...mortalServer("serve-metadata.ts", [path, String(port)]) };
}
