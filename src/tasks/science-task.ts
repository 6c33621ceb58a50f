import type { ServiceName } from "../services/services.ts";
import { libraryBase } from "./task-base.ts";
import { WorkflowTaskBase } from "./workflow-task-base.ts";

/**
 * The base of every task that turns raw frames into calibrated ones. An instrument's own base class extends it; an
 * instrument's task fills in `run`. What it was computed with is recorded in the metadata store before it runs.
 */
export abstract class ScienceTaskL0ToL1Base<
  Uses extends ServiceName = never,
  Parameters = unknown,
> extends WorkflowTaskBase<Uses, Parameters> {
  static override readonly [libraryBase] = true;
  override readonly recordsProvenance: boolean = true;
}
