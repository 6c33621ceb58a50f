import { bucketFolder, fileState, keyPath } from "../fs/fs-bucket.ts";
import { filesBelow, keyBelow } from "../transfer-sources.ts";
import type { GlobusLeg, PlannedFile } from "./globus-leg.ts";
import { listedSizes } from "./globus-listing.ts";
import type { GlobusSession } from "./globus-session.ts";

/**
 * From scratch to the object store. The path there is that of the Python stack, `bucket/key` without a slash before it, which Globus
 * takes from the collection's default folder. Whether an object shows in part is the collection's affair: one on S3 shows none.
 */
export function globusOutbound(
  session: GlobusSession,
  { objectStoreEndpoint, scratchEndpoint }: { readonly objectStoreEndpoint: string; readonly scratchEndpoint: string },
): GlobusLeg {
  return {
    sourceCollection: scratchEndpoint,
    destinationCollection: objectStoreEndpoint,
    setting: "OBJECT_STORE_ENDPOINT",

    async plan(items) {
      const missing: string[] = [];
      const files: PlannedFile[] = [];
      for (const item of items) {
        const sources = item.recursive === true ? await filesBelow(item.path) : [item.path];
        for (const from of sources) {
          const sizeBytes = (await fileState(from))?.size;
          if (sizeBytes === undefined) missing.push(from);
          else files.push({ from, to: objectOf(item.bucket, keyBelow(item, from)), sizeBytes });
        }
      }
      return { files, missing };
    },

    async prepare(files) {
      return files.map(({ from, to }) => ({ source: from, destination: to }));
    },

    async settle(files) {
      const paths = files.map(({ to }) => to);
      const sizes = await listedSizes(session, objectStoreEndpoint, paths);
      return files.filter(({ to, sizeBytes }) => sizes.get(to) !== sizeBytes);
    },

    async discard() {},
  };
}

function objectOf(bucket: string, key: string): string {
  return keyPath(bucketFolder("/", bucket), key).slice(1);
}
