/** A file that an attempt wrote into scratch. */
export interface LineageWrite {
  /** Relative to the run's scratch. */
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly tags: readonly string[];
  /** Which of the attempt's reads it was made of; undefined means all of them. */
  readonly derivedFrom?: readonly string[];
}

/** A loop over files. While it is at one of them, what is written is made of that one, and not of the loop's others. */
export interface LineageLoop {
  enter(path: string): void;
  /** The loop has ended: what is written from now on may be made of all its files, as an average is. */
  close(): void;
}

/** What an attempt read and wrote, noted at the one door to scratch so that no task can forget it. */
export interface Lineage {
  readonly reads: ReadonlySet<string>;
  readonly writes: readonly LineageWrite[];
  noteRead(path: string): void;
  openLoop(): LineageLoop;
  noteWrite(write: Omit<LineageWrite, "derivedFrom">): void;
}

export function createLineage(): Lineage {
  const reads = new Set<string>();
  const settled = new Set<string>();
  const current = new Map<LineageLoop, string>();
  const writes: LineageWrite[] = [];
  return {
    reads,
    writes,
    noteRead(path) {
      reads.add(path);
      settled.add(path);
    },
    openLoop() {
      const entered: string[] = [];
      const loop: LineageLoop = {
        enter(path) {
          reads.add(path);
          entered.push(path);
          current.set(loop, path);
        },
        close() {
          current.delete(loop);
          for (const path of entered) settled.add(path);
        },
      };
      return loop;
    },
    noteWrite(write) {
      const derivedFrom = current.size === 0 ? undefined : [...new Set([...settled, ...current.values()])].sort();
      writes.push(derivedFrom === undefined ? write : { ...write, derivedFrom });
    },
  };
}
