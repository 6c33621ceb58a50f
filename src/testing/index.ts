export { type SyntheticFrameOptions, syntheticFrame } from "./synthetic-frame.ts";
export { type TmpRun, type TmpRunOptions, type TmpRunTaskOptions, tmpRun } from "./tmp-run.ts";
