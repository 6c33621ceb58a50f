import { libraryVersions } from "./library-versions.ts";

/** Name and version of this library: what CREATOR says. */
export function softwareName(): string {
  const { firstlight } = libraryVersions();
  return `firstlight ${firstlight ?? "unknown"}`;
}
