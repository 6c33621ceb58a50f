// Checked by the compiler alone: each line under @ts-expect-error must not compile.
import type { ServiceName } from "../../src/services/services.ts";
import { ScienceTaskL0ToL1Base } from "../../src/tasks/science-task.ts";
import { TaskBase } from "../../src/tasks/task-base.ts";
import type { CoveredUses } from "../../src/workflow/covered-uses.ts";
import { Workflow } from "../../src/workflow/workflow.ts";

export class Plain extends ScienceTaskL0ToL1Base {
  async run(): Promise<void> {
    // @ts-expect-error a task that declares no service has none
    await this.bus.publish([]);
  }
}

export class Publish extends ScienceTaskL0ToL1Base<"bus" | "objectStore"> {
  static override readonly uses = ["bus", "objectStore"] as const;
  async run(): Promise<void> {
    void this.bus.publish;
    void this.objectStore.name;
    // @ts-expect-error it does not declare the transfer
    void this.transfer.name;
  }
}

export class TooShort extends ScienceTaskL0ToL1Base<"bus" | "objectStore"> {
  static override readonly uses = ["bus"] as const;
  async run(): Promise<void> {}
}

export class WithoutUses extends ScienceTaskL0ToL1Base<"bus"> {
  async run(): Promise<void> {}
}

export class NotConst extends ScienceTaskL0ToL1Base<"bus"> {
  static override readonly uses: readonly ServiceName[] = ["bus"];
  async run(): Promise<void> {}
}

export class Derived extends Publish {}

export class MoreThanNeeded extends ScienceTaskL0ToL1Base<"bus"> {
  static override readonly uses = ["bus", "transfer"] as const;
  async run(): Promise<void> {}
}

export class OnTheBase extends TaskBase {
  async run(): Promise<void> {}
}

export abstract class Unfinished extends ScienceTaskL0ToL1Base {}

export const workflow = new Workflow({ inputData: "l0", outputData: "l1", category: "types" })
  .add(Plain)
  .add(OnTheBase)
  .add(Derived)
  .add(Publish, { after: Plain, queue: "highMemory" })
  .add(MoreThanNeeded, { after: [Plain, Publish], queue: "a queue of one's own", retries: 1 })
  // @ts-expect-error its list lacks the object store
  .add(TooShort)
  // @ts-expect-error it has no list of its own
  .add(WithoutUses)
  // @ts-expect-error its list is not "as const", so that nobody can see what it holds
  .add(NotConst)
  // @ts-expect-error what comes before is named by class
  .add(Publish, { after: "Plain" })
  // @ts-expect-error an abstract class cannot be run
  .add(Unfinished)
  // @ts-expect-error a task's instance is not its class
  .add(new Plain({ recipeRunId: 1, workflowName: "types", workflowVersion: "1" }));

// The message names the service that the list lacks.
export const missing: CoveredUses<typeof TooShort> = {
  uses: `must also list "objectStore", in a list that is "as const"`,
};
// @ts-expect-error nothing is missing from this list, so its type is unknown and has no such property
export const complete: keyof CoveredUses<typeof Publish> = "uses";
