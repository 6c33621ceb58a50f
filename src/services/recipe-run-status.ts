export type RecipeRunStatusName = "INPROGRESS" | "COMPLETEDSUCCESSFULLY" | "TRIALSUCCESS";

/** What a metadata store is told of a status that it does not have yet. */
export const recipeRunStatuses: Readonly<
  Record<RecipeRunStatusName, { readonly isComplete: boolean; readonly description: string }>
> = {
  INPROGRESS: { isComplete: false, description: "Recipe run is being processed" },
  COMPLETEDSUCCESSFULLY: { isComplete: true, description: "Recipe run has been processed" },
  TRIALSUCCESS: { isComplete: false, description: "Recipe run has been processed as a trial" },
};
