import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { openFile } from "../../src/core/file.ts";
import { type Frame, readFrame } from "../../src/fits/index.ts";

export async function frameOf(path: string): Promise<Frame> {
  await using source = await openFile(path);
  return await readFrame(source, { checksum: true });
}

/** The pixels as numbers. */
export function valuesOf({ image }: Frame): Float64Array {
  return Float64Array.from(image.data as Float64Array);
}

/** The primary header's lines as they stand in the file, without END; read by hand, so that no reader can mend them. */
export async function linesOf(path: string): Promise<readonly string[]> {
  const text = (await readFile(path)).toString("latin1");
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += 80) {
    const line = text.slice(at, at + 80).trimEnd();
    if (line === "END") return lines;
    lines.push(line);
  }
  throw new Error(`${path} has no END card`);
}

/** The text after HISTORY. */
export function historyOf(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.startsWith("HISTORY ")).map((line) => line.slice(8));
}

/**
 * The keywords of L0 cards that stand verbatim in HISTORY and no longer in their place. Throws for a card that is in neither
 * place, or out of order.
 */
export function retiredCards(before: readonly string[], after: readonly string[]): readonly string[] {
  const retired: string[] = [];
  let at = 0;
  for (const line of before) {
    const found = after.indexOf(line, at);
    if (found >= 0) {
      at = found + 1;
      continue;
    }
    const start = after.indexOf(`HISTORY ${line.slice(0, 72)}`.trimEnd());
    const rest = line.slice(72);
    if (start < 0 || (rest !== "" && after[start + 1] !== `HISTORY ${rest}`)) throw new Error(`Lost card: ${line}`);
    retired.push(line.slice(0, 8).trim());
  }
  return retired;
}

interface Provenance {
  readonly wasDerivedFrom: Readonly<
    Record<string, { readonly "prov:generatedEntity": string; readonly "prov:usedEntity": string }>
  >;
}

/** Which input frames a product was made of, all the way back. */
export async function inputsOf(provenancePath: string, product: string): Promise<readonly string[]> {
  const { wasDerivedFrom } = JSON.parse(await readFile(provenancePath, "utf8")) as Provenance;
  const sources = new Map<string, Set<string>>();
  for (const { "prov:generatedEntity": made, "prov:usedEntity": used } of Object.values(wasDerivedFrom)) {
    sources.set(made, (sources.get(made) ?? new Set()).add(used));
  }
  const origins = new Set<string>();
  const follow = (entity: string): void => {
    const from = sources.get(entity);
    if (from === undefined) origins.add(nameOf(entity));
    else for (const each of from) follow(each);
  };
  for (const entity of sources.keys()) if (nameOf(entity) === basename(product)) follow(entity);
  return [...origins].sort();
}

function nameOf(entity: string): string {
  return basename(entity.replace(/@[0-9a-f]+$/, ""));
}
