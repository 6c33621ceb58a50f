import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isFirstlightError, messageOf } from "../../core/errors.ts";
import { type Logger, silentLogger } from "../../core/log.ts";
import type { Secret } from "../../core/secret.ts";
import type { OwnMetadataStore } from "../metadata-store.ts";
import { explorerPage } from "./explorer-page.ts";
import { metadataResolvers } from "./metadata-resolvers.ts";
import { metadataSchema } from "./metadata-schema.ts";

export interface MetadataHandlerOptions {
  readonly store: OwnMetadataStore;
  /** What the header Authorization must be. */
  readonly authToken: Secret;
  readonly log?: Logger;
}

/** Answers requests of Node's HTTP server. */
export type MetadataHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Nothing here comes from elsewhere, and nothing goes elsewhere. */
const pagePolicy =
  "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * The metadata store as a GraphQL server at `/graphql`, for whoever has the token, and a page to explore it at `/`. Loads
 * graphql-yoga.
 */
export async function metadataHandler({
  store,
  authToken,
  log = silentLogger,
}: MetadataHandlerOptions): Promise<MetadataHandler> {
  const { createGraphQLError, createSchema, createYoga } = await import("graphql-yoga");
  const yoga = createYoga({
    schema: createSchema({ typeDefs: metadataSchema, resolvers: metadataResolvers(store) }),
    graphqlEndpoint: "/graphql",
    landingPage: false,
    graphiql: false,
    logging: false,
    // A page of another origin has no business here.
    cors: false,
    multipart: false,
    maskedErrors: {
      // What is not ours to say goes into the log, and not to the client.
      maskError(error) {
        const cause = error instanceof Error && "originalError" in error ? error.originalError : error;
        if (isFirstlightError(cause)) return createGraphQLError(cause.message, { extensions: { code: cause.code } });
        if (cause === undefined && error instanceof Error) return error;
        log.error("A GraphQL call failed", { error: cause });
        return createGraphQLError("The metadata store failed; its log says why.", {
          extensions: { code: "INTERNAL_SERVER_ERROR" },
        });
      },
    },
  });
  const expected = digestOf(authToken.reveal());
  return (request, response) => {
    // Whatever stands there, `//` too: not all of it is a URL.
    const [pathname = "", search] = (request.url ?? "/").split("?", 2);
    const accepts = request.headers.accept ?? "";
    const wantsPage = request.method === "GET" && search === undefined && accepts.includes("text/html");
    if (wantsPage && (pathname === "/" || pathname === "/graphql")) {
      response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": pagePolicy });
      response.end(explorerPage());
    } else if (pathname !== "/graphql") {
      refuse(response, 404, "NOT_FOUND", `There is nothing at ${pathname}; GraphQL is at /graphql.`);
    } else if (!timingSafeEqual(digestOf(request.headers.authorization ?? ""), expected)) {
      refuse(response, 401, "UNAUTHENTICATED", "The header Authorization is not the token of this metadata store.");
    } else {
      Promise.try(() => yoga(request, response)).catch((error: unknown) => {
        log.error(`A GraphQL request failed: ${messageOf(error)}`);
        response.destroy();
      });
    }
  };
}

function digestOf(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify({ errors: [{ message, extensions: { code } }] }));
}
