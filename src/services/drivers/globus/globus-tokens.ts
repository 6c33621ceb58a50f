import { z } from "zod";
import { Secret } from "../../../core/secret.ts";

/** A confidential client of Globus Auth, as `GLOBUS_INBOUND_CLIENT_CREDENTIALS` lists them. */
export interface GlobusCredential {
  readonly clientId: string;
  readonly clientSecret: Secret;
}

/** What Globus Auth answers; the rest of it is not needed. A token that no header can carry would stand in the error about that. */
export const grantSchema = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  expires_in: z.number().positive(),
});

export interface GlobusTokens {
  /** A token that holds a while yet: the one at hand, or a new one. */
  tokenOf(client: GlobusCredential, signal: AbortSignal | undefined): Promise<Secret>;
  /** Forgets the client's token, which was refused. */
  drop(client: GlobusCredential): void;
  /** Asks for these scopes, too, from now on. */
  addScopes(client: GlobusCredential, scopes: readonly string[]): void;
}

/** Everything of the Transfer API. */
const transferScope = "urn:globus:auth:scope:transfer.api.globus.org:all";

/** A token this near to its end is not used any more. */
const marginMs = 60_000;

/** Keeps the token of each client. `grant` asks Globus Auth for one with these scopes (one text, spaces between them). */
export function globusTokens(
  grant: (
    client: GlobusCredential,
    scope: string,
    signal: AbortSignal | undefined,
  ) => Promise<z.output<typeof grantSchema>>,
): GlobusTokens {
  const held = new Map<string, { readonly token: Secret; readonly staleAtMs: number }>();
  const scopes = new Map<string, readonly string[]>();
  return {
    async tokenOf(client, signal) {
      const known = held.get(client.clientId);
      if (known !== undefined && Date.now() < known.staleAtMs) return known.token;
      const askedAtMs = Date.now();
      const scope = [transferScope, ...(scopes.get(client.clientId) ?? [])].join(" ");
      const { access_token, expires_in } = await grant(client, scope, signal);
      const lifeMs = expires_in * 1000;
      const token = new Secret(access_token);
      held.set(client.clientId, { token, staleAtMs: askedAtMs + lifeMs - Math.min(marginMs, lifeMs / 10) });
      return token;
    },
    drop({ clientId }) {
      held.delete(clientId);
    },
    addScopes({ clientId }, more) {
      scopes.set(clientId, [...new Set([...(scopes.get(clientId) ?? []), ...more])]);
      held.delete(clientId);
    },
  };
}
