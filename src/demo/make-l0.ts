import { join } from "node:path";
import { makeFolders, writeFile } from "../core/file.ts";
import { encodeFits } from "../fits/encode-fits.ts";
import { Header } from "../fits/header.ts";
import { makeFrames } from "./camera.ts";
import type { CameraOptions } from "./camera-options.ts";

export interface MakeL0Options {
  readonly camera?: CameraOptions;
  readonly signal?: AbortSignal;
  readonly onFrame?: (made: number) => void;
}

/** Writes the raw frames of the synthetic camera into a folder, and names them. */
export async function makeL0(folder: string, options: MakeL0Options = {}): Promise<readonly string[]> {
  await makeFolders(folder);
  const names: string[] = [];
  for (const { fileName, header, image } of makeFrames(options.camera)) {
    options.signal?.throwIfAborted();
    await writeFile(join(folder, fileName), encodeFits([{ header: Header.from(header), image }], { checksum: true }));
    names.push(fileName);
    options.onFrame?.(names.length);
  }
  return names;
}
