import { expect, test } from "vitest";
import { sortByFileName } from "../../src/scratch/sort-by-file-name.ts";

test.each([
  ["no path", [], []],
  ["one", ["/s/a"], ["/s/a"]],
  ["one folder, in order", ["/s/a", "/s/b"], ["/s/a", "/s/b"]],
  ["one folder, out of order", ["/s/b", "/s/a", "/s/c"], ["/s/a", "/s/b", "/s/c"]],
  ["folders whose paths are in order, and whose names are not", ["/s/a/z", "/s/b/y"], ["/s/b/y", "/s/a/z"]],
  ["a folder within the first one", ["/s/a", "/s/b/0", "/s/c"], ["/s/b/0", "/s/a", "/s/c"]],
  ["a folder within, out of order", ["/s/c", "/s/b/0", "/s/a"], ["/s/b/0", "/s/a", "/s/c"]],
  ["a folder whose name begins as another's", ["/s/b", "/st/a"], ["/st/a", "/s/b"]],
  ["equal names", ["/s/b/x", "/s/a/x", "/s/x"], ["/s/a/x", "/s/b/x", "/s/x"]],
  ["letters beyond ASCII", ["/s/é", "/s/z", "/s/☀"], ["/s/z", "/s/é", "/s/☀"]],
])("paths come by file name, then by folder: %s", (_, paths, wanted) => {
  expect(sortByFileName(paths)).toEqual(wanted);
});
