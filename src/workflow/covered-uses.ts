import type { ServiceName } from "../services/services.ts";
import type { TaskClass, usesOf } from "../tasks/task-base.ts";

type Declared<Task extends TaskClass> =
  InstanceType<Task> extends { readonly [usesOf]: infer Uses extends ServiceName } ? Uses : never;

type Missing<Task extends TaskClass> = Exclude<Declared<Task>, Task["uses"][number]>;

/**
 * A task class whose `static uses` lists every service of its type parameter. For another one the compiler's message names
 * what the list lacks.
 */
export type CoveredUses<Task extends TaskClass> = [Missing<Task>] extends [never]
  ? unknown
  : { readonly uses: `must also list "${Missing<Task>}"` };
