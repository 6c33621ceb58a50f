import fs, { readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeFrame, Header } from "../../../src/fits/index.ts";
import {
  average,
  combine,
  extremes,
  meanAndDeviation,
  medianAcross,
  sigmaClippedMeanAcross,
  sum,
} from "../../../src/math/index.ts";

const shape = [40, 50];
const count = 9;
let folder: string;
const paths = { plain: [] as string[], tiled: [] as string[], masked: [] as string[] };

/** How many files of the folder the system says are open. */
function openNow(): number {
  let found = 0;
  for (const fd of readdirSync("/proc/self/fd")) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)) found += 1;
    } catch {
      // The one of the listing itself is gone.
    }
  }
  return found;
}

let most = 0;
const { openSync, promises } = fs;
const { open } = promises;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "firstlight-open-")));
  for (let k = 0; k < count; k += 1) {
    const image = { data: Uint16Array.from({ length: 2000 }, (_, i) => (i * 31 + k * 977) % 65_536), shape };
    const mask = { data: new Uint32Array(2000).fill(k % 3), shape };
    const frame = { header: new Header(), image };
    const put = async (kind: keyof typeof paths, bytes: Uint8Array) => {
      paths[kind].push(join(folder, `${kind}${k}.fits`));
      await writeFile(paths[kind][k] as string, bytes);
    };
    await put("plain", encodeFrame(frame));
    await put("tiled", encodeFrame(frame, { compression: "fpack" }));
    await put("masked", encodeFrame({ ...frame, mask, variance: { data: new Float32Array(2000).fill(2), shape } }));
  }
  // More are open only right after one was opened.
  fs.openSync = (...args) => {
    const fd = openSync(...args);
    most = Math.max(most, openNow());
    return fd;
  };
  promises.open = async (...args) => {
    const handle = await open(...args);
    most = Math.max(most, openNow());
    return handle;
  };
  syncBuiltinESMExports();
});
afterAll(async () => {
  fs.openSync = openSync;
  promises.open = open;
  syncBuiltinESMExports();
  await rm(folder, { recursive: true });
});

const matrix = { data: Float64Array.from({ length: 2 * count }, (_, i) => i), shape: [2, count] };

type Verb = (files: readonly string[], options: { readonly maxOpenFiles: number }) => Promise<unknown>;

test.skipIf(process.platform !== "linux").each<[string, Verb]>([
  ["average", average],
  ["sum", sum],
  ["meanAndDeviation", meanAndDeviation],
  ["extremes", extremes],
  ["medianAcross", medianAcross],
  ["sigmaClippedMeanAcross", sigmaClippedMeanAcross],
  ["combine", (files, options) => combine(files, matrix, options)],
])("%s never has more files open than maxOpenFiles, and as many where it may", async (_, verb) => {
  for (const [kind, files] of Object.entries(paths)) {
    for (const maxOpenFiles of [1, 4, 100]) {
      most = 0;
      await verb(files, { maxOpenFiles });
      expect(`${kind}: ${most}`).toBe(`${kind}: ${Math.min(count, maxOpenFiles)}`);
      expect(openNow()).toBe(0);
    }
  }
});
