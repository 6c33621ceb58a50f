import { codeOf } from "../../core/errors.ts";
import { type FileNow, openFileNow } from "../../core/file.ts";
import { readOrExplain } from "./frame-files.ts";

/** Files of which as many stay open as may be; the others are opened for every use. */
export interface OpenFiles extends Disposable {
  use<T>(path: string, read: (file: FileNow) => T | Promise<T>): T | Promise<T>;
  /** For reading that is done when it returns. */
  useNow<T>(path: string, read: (file: FileNow) => T): T;
}

/** The process needs some for itself: modules, sockets, what it writes. */
const ownDescriptors = 64;

/** How many files may be open at a time where a process may have so many descriptors, less what it needs for itself. */
export function openFilesWithin(maxFileDescriptors: number): number {
  return Math.max(1, maxFileDescriptors - ownDescriptors, Math.floor(maxFileDescriptors / 2));
}

/** For who says nothing: what MAX_FILE_DESCRIPTORS allows where it is not set. */
export const defaultOpenFiles = openFilesWithin(1024);

export function openFiles(limit: number): OpenFiles {
  const kept = new Map<string, FileNow>();
  let most = limit;
  const opened = (path: string): FileNow => {
    try {
      return openFileNow(path);
    } catch (error) {
      const last = [...kept.keys()].at(-1);
      if (codeOf(error) !== "EMFILE" || last === undefined) throw error;
      // The system allows less than the setting says: some must do without.
      kept.get(last)?.[Symbol.dispose]();
      kept.delete(last);
      most = kept.size;
      return opened(path);
    }
  };
  const keep = (path: string): { readonly file: FileNow; readonly isKept: boolean } => {
    const known = kept.get(path);
    if (known !== undefined) return { file: known, isKept: true };
    const file = readOrExplain(path, () => opened(path));
    const isKept = kept.size + 1 < most;
    if (isKept) kept.set(path, file);
    return { file, isKept };
  };
  return {
    use(path, read) {
      const { file, isKept } = keep(path);
      return isKept ? read(file) : Promise.resolve(read(file)).finally(() => file[Symbol.dispose]());
    },
    useNow(path, read) {
      const { file, isKept } = keep(path);
      try {
        return read(file);
      } finally {
        if (!isKept) file[Symbol.dispose]();
      }
    },
    [Symbol.dispose]() {
      for (const file of kept.values()) file[Symbol.dispose]();
      kept.clear();
    },
  };
}
