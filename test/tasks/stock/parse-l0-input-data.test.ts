import { open as openFile, rm, symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { bytes } from "../../../src/codecs/bytes.ts";
import { decodeQualityJson } from "../../../src/codecs/quality-json.ts";
import { real } from "../../../src/core/scalar.ts";
import { encodeFits } from "../../../src/fits/encode-fits.ts";
import { Header } from "../../../src/fits/header.ts";
import { fitsAccess, key } from "../../../src/parsing/fits-access.ts";
import { keyFlower } from "../../../src/parsing/key-flower.ts";
import { uniqueBud } from "../../../src/parsing/unique-bud.ts";
import { AssembleQualityData } from "../../../src/tasks/stock/assemble-quality-data.ts";
import { ParseL0InputData } from "../../../src/tasks/stock/parse-l0-input-data.ts";
import { syntheticFrame } from "../../../src/testing/synthetic-frame.ts";
import { type TmpRun, tmpRun } from "../../../src/testing/tmp-run.ts";
import { openFilesOf } from "../../fixtures/open-files.ts";
import { frameBytes, putFrames } from "./input-run.ts";

const table = fitsAccess({
  instrument: key("INSTRUME", z.string()),
  task: key("IPTASK", z.string()),
  exposure: key("XPOSURE", z.number()),
});

class Parse extends ParseL0InputData<typeof table> {
  override readonly fitsAccess = table;
  override constantBuds() {
    return [uniqueBud("INSTRUMENT", "instrument"), uniqueBud("EXPOSURE", "exposure")];
  }
  override tagFlowers() {
    return [keyFlower("TASK", "task"), keyFlower("EXP_TIME", "exposure")];
  }
}

const tagsOf = async (run: TmpRun, ...names: readonly string[]) => Promise.all(names.map((name) => run.tags(name)));
const filesOf = async (run: TmpRun, tags: readonly string[]) =>
  (await run.files(tags, bytes)).map(({ path }) => relative(run.folder, path));

const good = frameBytes();
const headerBytes = 2 * 2880;
const flipped = Uint8Array.from(good);
flipped[headerBytes + 100]! ^= 1;

/** Every way in which a file that is named as FITS may be none, among good ones. */
const bad = {
  // The pixels are whole, the last block is not.
  "cut-late.fits": good.subarray(0, good.length - 100),
  "cut.fits": good.subarray(0, headerBytes + 300),
  "damaged.fits": flipped,
  "empty.fits": new Uint8Array(),
  "notes.fits": new TextEncoder().encode("These are my notes of that night."),
  "table.fits": encodeFits([{ header: Header.from({ OBJECT: "nothing" }) }]),
};

describe("parsing", () => {
  test("makes constants of what all frames share and tags of what tells them apart", async () => {
    await using run = await tmpRun();
    await putFrames(run, { "night/a.fits": frameBytes({ cards: { IPTASK: "dark" } }), "b.fits": good });
    const progress: string[] = [];
    const report = await run.run(Parse, {
      onProgress: ({ current, total, unit }) => progress.push(`${current}/${total} ${unit}`),
    });
    expect(await run.constants()).toEqual(
      new Map<string, unknown>([
        ["EXPOSURE", real(20)],
        ["INSTRUMENT", "SYNTH"],
      ]),
    );
    expect(await tagsOf(run, "night/a.fits", "b.fits")).toEqual([
      ["EXP_TIME_20.0", "FRAME", "INPUT", "TASK_DARK"],
      ["EXP_TIME_20.0", "FRAME", "INPUT", "TASK_OBSERVE"],
    ]);
    expect(report.reads).toEqual(["b.fits", "night/a.fits"]);
    expect(progress).toEqual(["0/2 frames", "1/2 frames", "2/2 frames", "2/2 frames"]);
  });

  test("reads the header that goes with the pixels, also behind an empty primary, and in gzip", async () => {
    await using run = await tmpRun();
    const { header, image } = syntheticFrame();
    const behind = encodeFits([{ header: new Header() }, { header, image }], { checksum: true });
    await putFrames(run, { "behind.fits": behind, "packed.fits.gz": gzipSync(good) });
    await run.run(Parse);
    expect(await filesOf(run, ["TASK_OBSERVE"])).toEqual(["behind.fits", "packed.fits.gz"]);
  });

  test.runIf(process.platform === "linux")(
    "has no file open while a header is looked at, and none at the end",
    async () => {
      await using run = await tmpRun();
      const plain = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`${i}.fits`, good]));
      await putFrames(run, { ...plain, ...bad, "packed.fits.gz": gzipSync(good) });
      const open = (): number => openFilesOf(run.folder).length;
      const counts: number[] = [];
      class ParseWatched extends Parse {
        override constantBuds() {
          const seen = { kind: "bud", name: "SEEN", get: () => counts.length } as const;
          return [...super.constantBuds(), { ...seen, set: () => void counts.push(open()) }];
        }
      }
      await using held = await openFile(join(run.folder, "0.fits"));
      expect(open()).toBe(1);
      await held.close();
      await run.run(ParseWatched, { skipBadFrames: true });
      expect(new Set(counts)).toEqual(new Set([0]));
      expect([counts.length, open()]).toEqual([151, 0]);
    },
  );

  test("can be done again: what the first attempt set and tagged is gone before the second", async () => {
    await using run = await tmpRun();
    await putFrames(run, { "a.fits": good });
    await run.run(Parse);
    await run.run(Parse);
    expect(await tagsOf(run, "a.fits")).toEqual([["EXP_TIME_20.0", "FRAME", "INPUT", "TASK_OBSERVE"]]);
  });

  test("records provenance where the class asks for it", async () => {
    class ParseRecorded extends Parse {
      override readonly recordsProvenance = true;
    }
    await using run = await tmpRun();
    await run.services.metadataStore.register?.({ recipeRunId: 1, parts: [] });
    await putFrames(run, { "a.fits": good });
    await run.run(ParseRecorded);
    expect(await run.services.metadataStore.record?.(1)).toMatchObject({
      provenances: [{ taskName: "ParseRecorded" }],
    });
  });

  test("of no frame at all says what there is", async () => {
    await using run = await tmpRun();
    await run.put(good, ["INPUT"], { name: "bytes", encode: (value: Uint8Array) => value }, "a.fits");
    await expect(run.run(Parse)).rejects.toMatchObject({
      code: "NO_FILES_FOUND",
      message: expect.stringContaining("No file carries FRAME at all"),
    });
  });
});

describe("frames that are not whole", () => {
  test("fail the run, all named with the reason, before anything is set or tagged", async () => {
    await using run = await tmpRun();
    await putFrames(run, { ...bad, "good.fits": good });
    const error: Error = await run.run(Parse).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: "BAD_INPUT_FRAMES", fields: { total: 7 } });
    expect(error.message.split("\n")).toEqual([
      "6 of 7 input frames cannot be used:",
      "  cut-late.fits: the file ends 100 bytes before the end of its last block.",
      expect.stringMatching(
        /^ {2}cut\.fits: HDU 0, offset 5760: the header promises 512 bytes of data .* has 300 left/,
      ),
      expect.stringMatching(/^ {2}damaged\.fits: HDU 0: DATASUM and CHECKSUM do not fit the bytes/),
      expect.stringMatching(/^ {2}empty\.fits: the file is empty/),
      expect.stringMatching(/^ {2}notes\.fits: HDU 0, offset 0: this is not FITS: it starts with "These are"/),
      expect.stringMatching(/^ {2}table\.fits: no HDU holds an image/),
      expect.stringMatching(/skipBadFrames: true/),
    ]);
    expect(error.message).not.toContain(run.folder);
    expect(await run.constants()).toEqual(new Map());
    expect(await tagsOf(run, "good.fits")).toEqual([["FRAME", "INPUT"]]);
  });

  test("are left out where the workflow allows it: tagged, in a constant, and in the quality data", async () => {
    await using run = await tmpRun();
    await putFrames(run, { ...bad, "good.fits": good });
    await run.run(Parse, { skipBadFrames: true });
    expect(await filesOf(run, ["INPUT", "FRAME"])).toEqual(["good.fits"]);
    expect(await filesOf(run, ["REJECTED_FRAMES"])).toEqual(Object.keys(bad));
    expect(await filesOf(run, ["TASK_OBSERVE"])).toEqual(["good.fits"]);
    const rejected = (await run.constants()).get("REJECTED_FRAMES") as { file: string; problem: string }[];
    expect(rejected.map(({ file }) => file)).toEqual(Object.keys(bad));
    expect(rejected.find(({ file }) => file === "empty.fits")).toEqual({
      file: "empty.fits",
      problem: "the file is empty.",
    });

    await run.run(AssembleQualityData);
    const [quality] = await run.files(["QUALITY_DATA", "OUTPUT"], bytes);
    const metrics = decodeQualityJson(quality!.value, { schema: z.unknown(), name: "quality" });
    expect(JSON.stringify(metrics)).toContain("empty.fits: the file is empty.");
  });

  test("are named together with those that went away since they came in", async () => {
    await using run = await tmpRun();
    await putFrames(run, { "a.fits": good, "b.fits": good, "cut.fits": bad["cut.fits"] });
    await rm(join(run.folder, "a.fits"));
    const error: Error = await run.run(Parse).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: "BAD_INPUT_FRAMES", fields: { total: 3 } });
    expect(error.message.split("\n").slice(0, 3)).toEqual([
      "2 of 3 input frames cannot be used:",
      "  a.fits: it is not in scratch any more.",
      expect.stringMatching(/^ {2}cut\.fits: HDU 0/),
    ]);
    expect(error.message).not.toContain(run.folder);
  });

  test("that are links astray are named likewise, and left out where the workflow allows it", async () => {
    await using run = await tmpRun();
    await putFrames(run, { "a.fits": good, "b.fits": good, "c.fits": good, "d.fits": good });
    await using elsewhere = await tmpRun();
    await putFrames(elsewhere, { "empty.fits": new Uint8Array() });
    for (const [name, target] of [
      ["a.fits", "a.fits"],
      ["b.fits", join(elsewhere.folder, "empty.fits")],
    ] as const) {
      await rm(join(run.folder, name));
      await symlink(target, join(run.folder, name));
    }
    const rejected = [
      { file: "a.fits", problem: "symbolic links lead from it in a circle." },
      { file: "b.fits", problem: "the file is empty." },
    ];
    await expect(run.run(Parse)).rejects.toMatchObject({ code: "BAD_INPUT_FRAMES", fields: { bad: rejected } });
    await run.run(Parse, { skipBadFrames: true, attempt: 2 });
    expect(await filesOf(run, ["INPUT", "FRAME"])).toEqual(["c.fits", "d.fits"]);
    expect((await run.constants()).get("REJECTED_FRAMES")).toEqual(rejected);
  });

  test("that went away are left out too where the workflow allows it", async () => {
    await using run = await tmpRun();
    await putFrames(run, { "a.fits": good, "b.fits": good, "empty.fits": new Uint8Array() });
    await rm(join(run.folder, "a.fits"));
    await run.run(Parse, { skipBadFrames: true });
    expect(await filesOf(run, ["INPUT", "FRAME"])).toEqual(["b.fits"]);
    expect(await filesOf(run, ["REJECTED_FRAMES"])).toEqual(["empty.fits"]);
    expect((await run.constants()).get("REJECTED_FRAMES")).toEqual([
      { file: "a.fits", problem: "it is not in scratch any more." },
      { file: "empty.fits", problem: "the file is empty." },
    ]);
  });

  test("are offered again to the next attempt", async () => {
    await using run = await tmpRun();
    await putFrames(run, { "empty.fits": new Uint8Array(), "good.fits": good });
    await run.run(Parse, { skipBadFrames: true });
    await expect(run.run(Parse)).rejects.toMatchObject({ code: "BAD_INPUT_FRAMES" });
    expect(await filesOf(run, ["INPUT", "FRAME"])).toEqual(["empty.fits", "good.fits"]);
    expect(await filesOf(run, ["REJECTED_FRAMES"])).toEqual([]);
  });

  test("fail the run when there is no other, also where they may be left out", async () => {
    await using run = await tmpRun();
    await putFrames(run, bad);
    await expect(run.run(Parse, { skipBadFrames: true })).rejects.toMatchObject({
      code: "BAD_INPUT_FRAMES",
      message: expect.stringMatching(/^6 of 6 input frames.*No good frame is left/s),
    });
    expect(await run.constants()).toEqual(new Map());
  });

  test("are found by their checksums only where the task takes them", async () => {
    class Trusting extends Parse {
      override readonly verifyChecksums = false;
    }
    await using run = await tmpRun();
    await putFrames(run, { "damaged.fits": flipped });
    await run.run(Trusting);
    expect(await filesOf(run, ["TASK_OBSERVE"])).toEqual(["damaged.fits"]);
  });

  test("beyond ten are counted in the message and all in the fields", async () => {
    await using run = await tmpRun();
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${i + 10}.fits`, new Uint8Array()]));
    await putFrames(run, many);
    await expect(run.run(Parse)).rejects.toMatchObject({
      message: expect.stringContaining("… and 2 more"),
      fields: { bad: { length: 12 } },
    });
  });
});

describe("frames that cannot be parsed together", () => {
  test("because they disagree on a constant: which files, which values", async () => {
    await using run = await tmpRun();
    await putFrames(run, {
      "night/a.fits": good,
      "night/b.fits": frameBytes({ cards: { XPOSURE: 30 } }),
      "night/c.fits": frameBytes({ cards: { XPOSURE: 30 } }),
    });
    const error: Error = await run.run(Parse).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: "STEM_DISAGREES" });
    expect(error.message).toMatch(/EXPOSURE.*20\.0.*night\/a\.fits.*30.*night\/b\.fits, night\/c\.fits/s);
    expect(error.message).not.toContain(run.folder);
    expect(await run.constants()).toEqual(new Map());
  });

  test("because a header lacks a key: which key, which file", async () => {
    await using run = await tmpRun();
    const { header, image } = syntheticFrame();
    header.delete("IPTASK");
    await putFrames(run, { "a.fits": good, "b.fits": encodeFits([{ header, image }]) });
    await expect(run.run(Parse)).rejects.toMatchObject({
      code: "HEADER_KEY_MISSING",
      message: expect.stringMatching(/^The header of b\.fits has no card IPTASK, which the attribute 'task' needs/),
      fields: { keyword: "IPTASK", file: "b.fits" },
    });
  });

  test("because a card holds the wrong type: which key, which file, which value", async () => {
    await using run = await tmpRun();
    await putFrames(run, { "b.fits": frameBytes({ cards: { XPOSURE: "long" } }) });
    await expect(run.run(Parse)).rejects.toMatchObject({
      code: "HEADER_KEY_INVALID",
      message: expect.stringMatching(/^The card XPOSURE of b\.fits, read as 'exposure', holds "long"/),
    });
  });
});
