import { recipeRunConfiguration } from "../../services/recipe-run-configuration.ts";
import { WorkflowTaskBase } from "../workflow-task-base.ts";

/** The last task: the recipe run is recorded as complete, then its scratch is emptied, unless the run keeps it. */
export class Teardown extends WorkflowTaskBase<"metadataStore"> {
  static override readonly uses = ["metadataStore"] as const;
  // A run whose runner died after its scratch was emptied still has to record its end, and needs nothing for that.
  static override readonly needsScratch: boolean = false;

  override async run(): Promise<void> {
    const { configuration } = await this.metadataStore.recipeRun(this.recipeRunId);
    await this.metadataStore.setStatus(this.recipeRunId, "COMPLETEDSUCCESSFULLY");
    if (!recipeRunConfiguration(configuration).teardownEnabled) {
      this.log.info(`Keeping scratch ${this.scratch.folder}`);
      return;
    }
    await this.span("Purge scratch", () => this.scratch.purge());
    const left = await this.scratch.allTags();
    if (left.length > 0) {
      this.log.warning(
        `Tags are left in the inventory of a run that was purged: ${left.slice(0, 10).join(", ")}. What is no UTF-8 (�) is to be removed with the store's own tools, anything else was written meanwhile.`,
        { tags: left.length },
      );
    }
  }
}
