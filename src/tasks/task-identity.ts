/** Which attempt of which task in which recipe run. */
export interface TaskIdentity {
  readonly recipeRunId: number;
  readonly workflowName: string;
  readonly workflowVersion: string;
  /** 1 for the first. */
  readonly attempt?: number;
}
