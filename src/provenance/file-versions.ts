import type { AttemptRecord, RecordedRead } from "./attempt-record.ts";

/** One content of one path. Without a digest: a file that no attempt of the run wrote. */
export interface FileVersion {
  readonly path: string;
  readonly sha256: string | undefined;
}

/**
 * Finds which content a read saw: the one that it names, else the last one that was written before the reader ended, else
 * an unknown one. `attempts` stand in the order of time.
 */
export function fileVersions(
  attempts: readonly AttemptRecord[],
): (reader: AttemptRecord, read: RecordedRead) => FileVersion {
  const written = new Map<string, { readonly by: AttemptRecord; readonly sha256: string }[]>();
  for (const attempt of attempts) {
    for (const { path, sha256 } of attempt.writes) {
      const versions = written.get(path);
      if (versions === undefined) written.set(path, [{ by: attempt, sha256 }]);
      else versions.push({ by: attempt, sha256 });
    }
  }
  return (reader, { path, sha256 }) => {
    if (sha256 !== undefined) return { path, sha256 };
    const earlier = written.get(path)?.findLast(({ by }) => by !== reader && by.endedAt <= reader.endedAt);
    // A task that reads what it has just written itself.
    const own = written.get(path)?.findLast(({ by }) => by === reader);
    return { path, sha256: (earlier ?? own)?.sha256 };
  };
}
