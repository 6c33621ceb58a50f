import { FirstlightError } from "../core/errors.ts";
import type { ServiceName } from "../services/services.ts";
import { requireIdentity } from "./require-identity.ts";
import type { TaskContext } from "./task-context.ts";
import type { TaskIdentity } from "./task-identity.ts";

const brand = Symbol.for("firstlight.task");

/** A class's own property says: its text is the library's, and no user's code. */
export const libraryBase: unique symbol = Symbol.for("firstlight.libraryBase");

/** Carries the services of a task's type parameter to where a workflow can check them; it has no value. */
export declare const usesOf: unique symbol;

/**
 * One step of a recipe run, instantiated for each attempt. `runTask` calls `rollback` before a retry, then `preRun`, `run`
 * and `postRun`, each in a span of its own; what one of them throws ends the attempt.
 */
export abstract class TaskBase {
  static readonly [brand] = true;
  static readonly [libraryBase] = true;

  /** How often a failed attempt is tried again, where its error's disposition allows it. */
  static readonly retries: number = 0;
  static readonly retryDelaySeconds: number = 60;
  /** Names the services that `run` uses; a workflow refuses a list that is shorter than the type parameter. */
  static readonly uses: readonly ServiceName[] = [];
  /**
   * Raise it when results change though neither the class's text, nor its bases', nor that of a file which its own file imports by a
   * relative path does (a package, a data file that `run` reads): a resumed run does the task anew.
   */
  static readonly version: string = "1";
  /**
   * False says that the task needs nothing of what others left in scratch, as `Teardown`: it runs although scratch is gone, and nothing
   * is done anew for it.
   */
  static readonly needsScratch: boolean = true;

  readonly recipeRunId: number;
  readonly workflowName: string;
  readonly workflowVersion: string;
  readonly attempt: number;
  readonly #context: TaskContext | undefined;

  constructor(identity: TaskIdentity, context?: TaskContext) {
    requireIdentity(identity);
    this.recipeRunId = identity.recipeRunId;
    this.workflowName = identity.workflowName;
    this.workflowVersion = identity.workflowVersion;
    this.attempt = identity.attempt ?? 1;
    this.#context = context;
  }

  /** The class's name: what tags, audit, telemetry and the run store call this task. */
  get taskName(): string {
    return this.constructor.name;
  }

  async preRun(): Promise<void> {}

  /** The science: filled in by the task's author. */
  abstract run(): Promise<void>;

  async postRun(): Promise<void> {}

  /** Undoes what earlier attempts of this task left behind. Parameters are not there yet; constants are those left behind. */
  async rollback(): Promise<void> {}

  /** What `runTask` opened for this attempt. */
  protected get context(): TaskContext {
    if (this.#context === undefined) {
      throw new FirstlightError(
        "TASK_NOT_RUNNING",
        `${this.taskName} was made with 'new' and has no scratch, services or log. Run it with runTask(${this.taskName}, { recipeRunId: ${this.recipeRunId} }).`,
        { disposition: "invalid", fields: { task: this.taskName } },
      );
    }
    return this.#context;
  }
}

/** A class that can be made into an attempt. */
export interface TaskClass<Task extends TaskBase = TaskBase> {
  new (identity: TaskIdentity, context?: TaskContext): Task;
  readonly prototype: Task;
  readonly name: string;
  readonly retries: number;
  readonly retryDelaySeconds: number;
  readonly uses: readonly ServiceName[];
  readonly version: string;
  readonly needsScratch: boolean;
}

/** Whether something that a module exports is a task class, of this copy of the library or another. */
export function isTaskClass(value: unknown): value is TaskClass {
  return typeof value === "function" && brand in value;
}
