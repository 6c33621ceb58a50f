import { once } from "node:events";
import { createLogger } from "../../core/log.ts";
import type { OwnMetadataStore } from "../../services/metadata-store.ts";
import { openServices } from "../../services/open-services.ts";
import { serveMetadata } from "../../testing/serve-metadata.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { shellWord } from "../render/shell-word.ts";
import { settingsOf } from "../run-target.ts";
import { usageError } from "../usage-error.ts";
import { jsonArgument, scratchArgument } from "./arguments.ts";

const greatestPort = 65535;
const loopback: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "::1"]);

export const serve = defineCommand({
  name: "metadata serve",
  summary: "Serve this machine's metadata store over GraphQL, with a page to explore it.",
  description:
    "The records of the driver sqlite, which lie in scratch, with the GraphQL schema of the facility's metadata store, for whoever sends the token of GQL_AUTH_TOKEN. In a browser its address shows a page to ask it with; that page needs no network. Ctrl-C stops it.",
  args: {
    port: {
      type: "string",
      valueHint: "N",
      default: "4000",
      description: "Where to listen; 0 takes any that is free.",
    },
    host: {
      type: "string",
      valueHint: "HOST",
      default: "127.0.0.1",
      description: "The address to listen at; 0.0.0.0 lets other machines in.",
    },
    scratch: scratchArgument,
    json: { ...jsonArgument, description: "Print one JSON document, once it listens." },
  },
  examples: [
    { shows: "A metadata store on this machine", command: "firstlight metadata serve" },
    {
      shows: "Ask it",
      command:
        "curl -H 'Authorization: dev' -H 'Content-Type: application/json' --data '{\"query\": \"{recipeRuns{recipeRunId}}\"}' http://127.0.0.1:4000/graphql",
    },
  ],
  async run(args, session) {
    const port = portOf(args.port);
    const { settings } = settingsOf(session.env, args.scratch);
    const { stdout, stderr } = session;
    using stop = session.watchStop();
    const log = createLogger({ level: session.leastLevel, pretty: stderr.isTerminal, write: stderr.write });
    // What is served is this machine's, also where MESH_CONFIG already leads here.
    await using services = openServices({ ...settings, metadataStoreDriver: "sqlite" }, { log });
    const store = services.metadataStore as OwnMetadataStore;
    // A file that cannot be used is told of now, and not to the first who asks.
    await store.runs();
    const { host } = args;
    await using server = await serveMetadata({ store, port, host, authToken: settings.gqlAuthToken, log });
    const records = `${settings.scratchBasePath}/.firstlight/metadata.sqlite`;
    if (args.json) {
      const { url, meshConfig } = server;
      const document = { url, host, port: server.port, records, meshConfig: JSON.parse(meshConfig) as unknown };
      stdout.document(document);
    } else {
      const { dim } = stdout.style;
      stdout.lines([
        `${stdout.style.bold("Metadata store")}: ${server.url}  (in a browser: a page to explore it)`,
        `  ${dim("Records")}  ${records}`,
        `  ${dim("Use it ")}  export MESH_CONFIG=${shellWord(server.meshConfig)}`,
        `  ${dim("Token  ")}  that of GQL_AUTH_TOKEN`,
        `  ${dim("Ctrl-C stops it.")}`,
      ]);
    }
    if (!loopback.has(host) && settings.gqlAuthToken.reveal() === "dev") {
      stderr.lines(["Other machines can reach it, and its token is the well-known one: set GQL_AUTH_TOKEN."]);
    }
    if (!stop.asked.aborted) await once(stop.asked, "abort");
    stderr.lines(["Stopped."]);
    return exitCodes.done;
  },
});

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= greatestPort) return port;
  throw usageError(`--port takes a whole number from 0 to ${greatestPort}; '${text}' is none.`);
}
