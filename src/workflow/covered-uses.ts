import type { ServiceName } from "../services/services.ts";
import type { TaskClass, usesOf } from "../tasks/task-base.ts";

type Declared<Task extends TaskClass> =
  InstanceType<Task> extends { readonly [usesOf]: infer Uses extends ServiceName } ? Uses : never;

/** What the list holds by its type: nothing, where it is the inherited one or was written without `as const`. */
type Listed<Task extends TaskClass> = number extends Task["uses"]["length"] ? never : Task["uses"][number];

type Missing<Task extends TaskClass> = Exclude<Declared<Task>, Listed<Task>>;

/**
 * A task class whose `static uses` lists every service of its type parameter, `as const`. For another one the compiler's
 * message names what the list lacks.
 */
export type CoveredUses<Task extends TaskClass> = [Missing<Task>] extends [never]
  ? unknown
  : { readonly uses: `must also list "${Missing<Task>}", in a list that is "as const"` };
