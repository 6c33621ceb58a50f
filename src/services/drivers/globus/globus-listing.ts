import { z } from "zod";
import { codeOf, isFirstlightError } from "../../../core/errors.ts";
import type { GlobusSession } from "./globus-session.ts";

/** What lies in a folder of a collection: https://docs.globus.org/api/transfer/file_operations/#file_document. */
const listingSchema = z.object({
  DATA: z.array(z.object({ name: z.string(), type: z.string(), size: z.number().nullable() })),
});

/** The most that one answer holds. */
const pageLength = 100_000;
/** 20 calls a second are allowed to a client. */
const foldersAtOnce = 4;

export interface ListedFile {
  /** Below the folder that was listed, with `/` between the parts. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** The sizes of these files (by path) that are there. Each folder is listed once. */
export async function listedSizes(
  session: GlobusSession,
  collection: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  const folders = [...Map.groupBy(paths, folderOf)];
  const next = async (): Promise<void> => {
    for (let one = folders.pop(); one !== undefined; one = folders.pop()) {
      const [folder, inside] = one;
      const wanted = new Set(inside);
      for await (const { name, type, size } of entriesOf(session, collection, folder)) {
        const path = folder + name;
        if (type === "file" && wanted.has(path)) sizes.set(path, size ?? 0);
      }
    }
  };
  await Promise.all(Array.from({ length: foldersAtOnce }, next));
  return sizes;
}

/** Every file below a folder. Undefined when there is no such folder. */
export async function filesListedBelow(
  session: GlobusSession,
  collection: string,
  folder: string,
): Promise<readonly ListedFile[] | undefined> {
  const files: ListedFile[] = [];
  const pending = [""];
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    let any = false;
    for await (const { name, type, size } of entriesOf(session, collection, `${folder}/${below}`)) {
      any = true;
      if (type === "dir") pending.push(`${below}${name}/`);
      if (type === "file") files.push({ path: below + name, sizeBytes: size ?? 0 });
    }
    // An object store has no empty folders.
    if (below === "" && !any) return undefined;
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Nothing for a folder that is not there. */
async function* entriesOf(
  { call, client, signal }: GlobusSession,
  collection: string,
  folder: string,
): AsyncIterable<z.output<typeof listingSchema>["DATA"][number]> {
  for (let offset = 0; ; offset += pageLength) {
    const query = { path: folder, limit: pageLength, offset, show_hidden: 1 };
    const path = `/operation/endpoint/${encodeURIComponent(collection)}/ls`;
    let entries: z.output<typeof listingSchema>["DATA"];
    try {
      ({ DATA: entries } = await call(client, { method: "GET", path, query }, listingSchema, signal));
    } catch (error) {
      if (isMissingFolder(error)) return;
      throw error;
    }
    yield* entries;
    if (entries.length < pageLength) return;
  }
}

/** A collection that Globus does not know is `EndpointNotFound`, and no missing folder. */
function isMissingFolder(error: unknown): boolean {
  if (!isFirstlightError(error) || codeOf(error) !== "GLOBUS_REFUSED") return false;
  const { globusCode } = error.fields;
  return typeof globusCode === "string" && /(^|\.)(NotFound|NotDirectory)$/.test(globusCode);
}

/** The path up to and with its last slash. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}
