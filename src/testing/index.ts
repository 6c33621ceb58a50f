export { type TmpRun, type TmpRunOptions, tmpRun } from "./tmp-run.ts";
