import { sep } from "node:path";

/** Absolute paths by file name, then by folder. A list that is in order comes back itself. */
export function sortByFileName(paths: readonly string[]): readonly string[] {
  const rising = isRising(paths) ? paths : paths.toSorted();
  const [first, last] = [rising[0], rising.at(-1)];
  if (first === undefined || last === undefined) return rising;
  // Most answers are of one folder, where whole paths compare as their names do. What lies between two that begin alike begins so too.
  const folder = first.slice(0, first.lastIndexOf(sep) + 1);
  if (last.startsWith(folder) && rising.every((path) => !path.includes(sep, folder.length))) return rising;
  const named = paths.map((path) => ({ path, name: path.slice(path.lastIndexOf(sep) + 1) }));
  named.sort((a, b) => order(a.name, b.name) || order(a.path, b.path));
  return named.map(({ path }) => path);
}

function isRising(paths: readonly string[]): boolean {
  for (let i = 1; i < paths.length; i += 1) if ((paths[i - 1] ?? "") > (paths[i] ?? "")) return false;
  return true;
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
