export type { CameraOptions } from "./camera-options.ts";
export { type Comparison, limits, meetsLimits } from "./compare.ts";
export { type DemoOptions, type DemoResult, runDemo } from "./run-demo.ts";
export { workflow } from "./workflow.ts";
