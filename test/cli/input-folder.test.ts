import { mkdir, mkdtemp, realpath, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readInputFolder } from "../../src/cli/input-folder.ts";
import { inputLine } from "../../src/cli/render/input-line.ts";
import { twinFrames } from "../../src/cli/twin-frames.ts";

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "firstlight-input-")));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = (...names: readonly string[]) => Promise.all(names.map((name) => writeFile(join(folder, name), "12345")));

test("frames are taken by their names in any case, sorted; other files are counted, folders and hidden files are not frames", async () => {
  await put("b.fits", "A.FIT", "c.fts", "d.fits.gz", "e.FITS.fz", "notes.txt", "x.fits.bak", "fits", "._b.fits");
  await mkdir(join(folder, "below.fits"));
  const input = await readInputFolder(folder);
  expect(input.frames).toEqual(["A.FIT", "b.fits", "c.fts", "d.fits.gz", "e.FITS.fz"]);
  expect(input).toMatchObject({ folder, otherFiles: 4, sizeBytes: 25 });
  expect(inputLine({ key: folder, digest: "", frames: 5, folder: input })).toBe(
    `5 frames, 25 B, in ${folder}; 4 other files left alone`,
  );
});

test("a frame that lies there packed and not packed is pointed out", async () => {
  await put("a.fits", "a.fits.gz", "a.fit", "b.FITS", "b.FITS.fz", "c.fits");
  const input = await readInputFolder(folder);
  expect(twinFrames({ key: folder, digest: "", frames: 6, folder: input })).toEqual([
    "a.fits and a.fits.gz look like one frame twice, and so do 1 more: each is taken. Remove one of them if so.",
  ]);
  await rm(join(folder, "a.fits.gz"));
  await rm(join(folder, "b.FITS"));
  const single = await readInputFolder(folder);
  expect(twinFrames({ key: folder, digest: "", frames: 4, folder: single })).toEqual([]);
  expect(twinFrames({ key: "metadata store", digest: "", frames: 4, folder: undefined })).toEqual([]);
});

test("a line break in a name makes no frame another file", async () => {
  await writeFile(join(folder, "sky\n2.fits"), "x");
  expect(await readInputFolder(folder)).toMatchObject({ frames: ["sky\n2.fits"], otherFiles: 0 });
});

test("frames that cannot be opened are named together", async () => {
  for (const name of ["a", "b", "c", "d", "e", "f", "g"]) await symlink("nowhere", join(folder, `${name}.fits`));
  await expect(readInputFolder(folder)).rejects.toMatchObject({
    code: "INPUT_FRAME_UNREADABLE",
    message: expect.stringMatching(/^7 frames in .*"a\.fits": ENOENT.*"e\.fits": .*and 2 more$/s),
  });
});

test("links are followed, of the folder and of frames, and a link to nothing is named", async () => {
  await mkdir(join(folder, "real"));
  await writeFile(join(folder, "real/frame"), "x");
  await mkdir(join(folder, "l0"));
  await symlink(join(folder, "real/frame"), join(folder, "l0/a.fits"));
  await symlink(join(folder, "l0"), join(folder, "alias"));
  expect(await readInputFolder(join(folder, "alias"))).toMatchObject({
    folder: join(folder, "l0"),
    frames: ["a.fits"],
  });
  await rm(join(folder, "real/frame"));
  await expect(readInputFolder(join(folder, "l0"))).rejects.toMatchObject({
    code: "INPUT_FRAME_UNREADABLE",
    message: expect.stringContaining("a.fits"),
  });
});

test("the digest follows name, size and time of every frame, and nothing else", async () => {
  await put("a.fits", "b.fits");
  await utimes(join(folder, "a.fits"), 1000, 1000);
  await utimes(join(folder, "b.fits"), 1000, 1000);
  const digest = async (): Promise<string> => (await readInputFolder(folder)).digest;
  const first = await digest();
  await put("notes.txt");
  expect(await digest()).toBe(first);
  await utimes(join(folder, "b.fits"), 1001, 1001);
  const touched = await digest();
  expect(touched).not.toBe(first);
  await utimes(join(folder, "b.fits"), 1000, 1000);
  expect(await digest()).toBe(first);
  await put("c.fits");
  expect(await digest()).not.toBe(first);
});

test("a folder without frames, none, or no folder is refused, saying what was found", async () => {
  await put("notes.txt");
  await expect(readInputFolder(folder)).rejects.toMatchObject({
    code: "NO_INPUT_FRAMES",
    fields: { folder, otherFiles: 1 },
    message: expect.stringContaining("one other file lies in it"),
  });
  await expect(readInputFolder(join(folder, "nowhere"))).rejects.toMatchObject({
    code: "INPUT_FOLDER",
    message: expect.stringContaining("nowhere does not exist"),
  });
  await expect(readInputFolder(join(folder, "notes.txt"))).rejects.toMatchObject({
    code: "INPUT_FOLDER",
    message: expect.stringContaining("is a file"),
  });
});
