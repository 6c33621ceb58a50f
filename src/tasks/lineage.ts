/** A file that an attempt wrote into scratch. */
export interface LineageWrite {
  /** Relative to the run's scratch. */
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly tags: readonly string[];
  /** Which of the attempt's reads it was made of; undefined where nothing narrower is known than all of them. */
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
  /** Of a file that was written twice, the last. */
  readonly writes: readonly LineageWrite[];
  /** A single file: what is written from now on may be made of it, also in a loop, whose later rounds may still hold it. */
  noteRead(path: string): void;
  openLoop(): LineageLoop;
  noteWrite(write: Omit<LineageWrite, "derivedFrom">): void;
}

/** Every write of a loop repeats what was read before: beyond this many the record of thousands of frames would fill memory. */
const longestList = 100;

export function createLineage(): Lineage {
  const reads = new Set<string>();
  const settled = new Set<string>();
  const current = new Map<LineageLoop, string>();
  const writes = new Map<string, LineageWrite>();
  const settle = (path: string): void => {
    // Beyond that nobody asks which they are.
    if (settled.size <= longestList) settled.add(path);
  };
  return {
    reads,
    get writes() {
      return [...writes.values()];
    },
    noteRead(path) {
      reads.add(path);
      settle(path);
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
          entered.forEach(settle);
        },
      };
      return loop;
    },
    noteWrite(write) {
      const isNarrower = current.size > 0 && settled.size + current.size <= longestList;
      const derivedFrom = isNarrower ? [...new Set([...settled, ...current.values()])].sort() : undefined;
      // Written again, a file moves to its new place in the order of time.
      writes.delete(write.path);
      writes.set(write.path, derivedFrom === undefined ? write : { ...write, derivedFrom });
    },
  };
}
