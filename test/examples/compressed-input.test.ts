import { basename } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packTiles } from "../fits/tiles/pack-tiles.ts";
import { makeEitFrame } from "./eit-frames.ts";
import { frameOf } from "./eit-products.ts";
import { type CommandResult, type EitFolder, makeEitFolder } from "./run-eit.ts";

const frames = [makeEitFrame({ index: 0, missing: [[13, 9]] }), makeEitFrame({ index: 1, side: 256 })];
let plain: EitFolder;
let packed: EitFolder;

beforeAll(async () => {
  [plain, packed] = [await makeEitFolder(), await makeEitFolder()];
  await plain.put(frames);
  const bytes = await Promise.all(frames.map((frame) => packTiles(frame.bytes)));
  await packed.put(frames.map((frame, at) => ({ ...frame, name: `${frame.name}.fz`, bytes: bytes[at]! })));
});
afterAll(async () => {
  await plain.remove();
  await packed.remove();
});

test("tile-compressed frames are calibrated to the same products as frames that are not compressed", async () => {
  const run = (folder: EitFolder): Promise<CommandResult> => folder.command();
  for (const folder of [plain, packed]) expect(await run(folder)).toMatchObject({ code: 0 });
  const [expected, found] = [await plain.products(".fits"), await packed.products(".fits")];
  expect(found.map((path) => basename(path))).toEqual(expected.map((path) => basename(path)));
  expect(found).toHaveLength(frames.length);
  for (const [at, path] of found.entries()) {
    const [ours, theirs] = [await frameOf(path), await frameOf(expected[at]!)];
    expect(ours.image).toEqual(theirs.image);
    expect(ours.mask).toEqual(theirs.mask);
    const own = (frame: typeof ours) =>
      frame.header.cards.filter(({ keyword }) => !/^(DATE|CHECKSUM)$/.test(keyword)).map((card) => card.image);
    expect(own(ours)).toEqual(own(theirs));
  }
}, 60_000);

test("a tile-compressed frame that is damaged is found before anything is calibrated, and named", async () => {
  const folder = await makeEitFolder();
  try {
    const bytes = await packTiles(frames[0]!.bytes);
    await folder.put([{ ...frames[0]!, name: "cut.fits.fz", bytes: bytes.subarray(0, bytes.length - 2880) }]);
    const { code, stderr, stdout } = await folder.command();
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/cut\.fits\.fz/);
    expect(await folder.products(".fits")).toEqual([]);
  } finally {
    await folder.remove();
  }
}, 60_000);
