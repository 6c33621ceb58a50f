import { createHash } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { access, readdir, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { codeOf, FirstlightError, messageOf } from "../core/errors.ts";

/** The frames of `--input`. */
export interface InputFolder {
  /** Absolute, links resolved: the input's name, and its bucket. */
  readonly folder: string;
  /** File names, sorted by code unit. */
  readonly frames: readonly string[];
  readonly sizeBytes: number;
  /** Frames of one name, packed and not: the same frame twice, it seems. */
  readonly twins: readonly (readonly string[])[];
  /** Files that are no frames by their names. */
  readonly otherFiles: number;
  /** Over name, size and time of change of every frame. */
  readonly digest: string;
}

const frameName = /^[^.].*\.(?:fits|fit|fts)(?:\.(?:gz|fz))?$/is;
const filesAtOnce = 64;

/**
 * Finds the frames in a folder, not in folders below it: `*.fits`, `*.fit`, `*.fts` in any case, also with `.gz` or `.fz`. Links
 * are followed, hidden files are not frames. Throws `INPUT_FOLDER`, `NO_INPUT_FRAMES` and `INPUT_FRAME_UNREADABLE`.
 */
export async function readInputFolder(path: string): Promise<InputFolder> {
  const folder = await findFolder(path);
  const names = (await list(folder)).sort();
  const frames: string[] = [];
  const digest = createHash("sha256");
  let otherFiles = 0;
  let sizeBytes = 0;
  const unreadable: Unreadable[] = [];
  for (let at = 0; at < names.length; at += filesAtOnce) {
    for (const { name, found, problem } of await Promise.all(
      names.slice(at, at + filesAtOnce).map((name) => look(folder, name)),
    )) {
      if (problem !== undefined) unreadable.push({ name, problem });
      if (found?.isDirectory() === true) continue;
      if (found === undefined || !frameName.test(name)) {
        otherFiles += 1;
        continue;
      }
      frames.push(name);
      sizeBytes += Number(found.size);
      digest.update(`${name}\0${found.size}\0${found.mtimeNs}\n`);
    }
  }
  if (unreadable.length > 0) throw framesUnreadable(folder, unreadable);
  if (frames.length === 0) throw noFrames(folder, otherFiles);
  return { folder, frames, sizeBytes, twins: twinsAmong(frames), otherFiles, digest: digest.digest("hex") };
}

function twinsAmong(frames: readonly string[]): readonly (readonly string[])[] {
  const byName = Map.groupBy(frames, (name) => name.replace(/\.(?:gz|fz)$/i, ""));
  return [...byName.values()].filter(({ length }) => length > 1);
}

async function findFolder(path: string): Promise<string> {
  const refuse = (found: string): FirstlightError =>
    new FirstlightError(
      "INPUT_FOLDER",
      `--input is to name a folder of frames; ${resolve(path)} ${found}. Check the path.`,
      {
        disposition: "invalid",
        fields: { folder: resolve(path) },
      },
    );
  const folder = await realpath(path).catch((error: unknown) => {
    throw refuse(codeOf(error) === "ENOENT" ? "does not exist" : `cannot be opened: ${messageOf(error)}`);
  });
  if (!(await stat(folder)).isDirectory()) throw refuse("is a file");
  return folder;
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw new FirstlightError(
      "INPUT_FOLDER",
      `The folder ${folder} of --input cannot be listed: ${messageOf(error)}. Give the user the right to read it.`,
      { disposition: "invalid", fields: { folder }, cause: error },
    );
  }
}

interface Unreadable {
  readonly name: string;
  readonly problem: string;
}

interface Look {
  readonly name: string;
  readonly found?: BigIntStats;
  readonly problem?: string;
}

async function look(folder: string, name: string): Promise<Look> {
  const path = join(folder, name);
  try {
    const found = await stat(path, { bigint: true });
    if (found.isFile() && frameName.test(name)) await access(path, constants.R_OK);
    return { name, found };
  } catch (error) {
    // A link to nothing, a file that went away since the folder was listed, or one that is not ours to read.
    return frameName.test(name) ? { name, problem: messageOf(error) } : { name };
  }
}

/** So many are told of one by one. */
const shown = 5;

function framesUnreadable(folder: string, unreadable: readonly Unreadable[]): FirstlightError {
  const lines = unreadable.slice(0, shown).map(({ name, problem }) => `\n  ${JSON.stringify(name)}: ${problem}`);
  const more = unreadable.length > shown ? `\n  and ${unreadable.length - shown} more` : "";
  return new FirstlightError(
    "INPUT_FRAME_UNREADABLE",
    `${unreadable.length === 1 ? "A frame" : `${unreadable.length} frames`} in ${folder} cannot be opened. Mend or remove what is named here:${lines.join("")}${more}`,
    { fields: { folder, unreadable } },
  );
}

function noFrames(folder: string, otherFiles: number): FirstlightError {
  const found = otherFiles === 0 ? "no file at all" : otherFiles === 1 ? "one other file" : `${otherFiles} other files`;
  return new FirstlightError(
    "NO_INPUT_FRAMES",
    `${folder} holds no frame (*.fits, *.fit, *.fts, also with .gz or .fz after it): ${found} lies in it, and folders below it are not searched. Name the folder that holds the frames.`,
    { fields: { folder, otherFiles } },
  );
}
