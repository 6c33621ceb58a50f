export type { HeaderFacts, HeaderProfile, HeaderStatistics } from "./header-profile.ts";
export { l1FileName, l1FileNames } from "./l1-file-name.ts";
export { amend, retire } from "./retire.ts";
export { solarnet } from "./solarnet.ts";
