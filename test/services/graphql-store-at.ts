import { Secret } from "../../src/core/secret.ts";
import {
  type GraphqlMetadataStoreOptions,
  graphqlMetadataStore,
} from "../../src/services/drivers/graphql/graphql-metadata-store.ts";

/** A metadata store over GraphQL that tries three times, at once. */
export function graphqlStoreAt(url: string, options: Partial<GraphqlMetadataStoreOptions> = {}) {
  return graphqlMetadataStore({ url, authToken: new Secret("dev"), retry: quickRetry, ...options });
}

export const quickRetry = {
  delaySeconds: 0.01,
  backoff: 1,
  jitterSeconds: [0, 0],
  maxDelaySeconds: 1,
  tries: 3,
} as const;
