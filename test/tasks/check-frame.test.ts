import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { FirstlightError } from "../../src/core/errors.ts";
import { encodeFits, Header } from "../../src/fits/index.ts";
import { checkFrame } from "../../src/tasks/stock/bad-input-frames.ts";

test.each([["plain"], ["gzip"]])("who stops the check of a frame says nothing of the frame: %s", async (kind) => {
  const folder = await mkdtemp(join(tmpdir(), "firstlight-check-"));
  const bytes = encodeFits([{ header: Header.from({}), image: { data: new Int16Array(16), shape: [4, 4] } }], {
    checksum: true,
  });
  const path = join(folder, "a.fits");
  await writeFile(path, kind === "gzip" ? gzipSync(bytes) : bytes);
  const reason = new FirstlightError("RUN_LEASE_LOST", "The run was taken over.");
  const check = { checksums: true, start: new Uint8Array(32_768) };
  const stopped = checkFrame(path, "a.fits", { ...check, signal: AbortSignal.abort(reason) });
  await expect(stopped).rejects.toBe(reason);
  const signal = new AbortController().signal;
  expect(await checkFrame(path, "a.fits", { ...check, signal })).toBeInstanceOf(Header);
  await rm(folder, { recursive: true });
});
