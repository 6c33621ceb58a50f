import { FirstlightError } from "../core/errors.ts";
import type { ServiceName } from "../services/services.ts";
import { isTaskClass, type TaskClass } from "../tasks/task-base.ts";
import type { CoveredUses } from "./covered-uses.ts";
import { sortTopologically } from "./dag.ts";

const brand = Symbol.for("firstlight.workflow");
const nameLimit = 100;

export interface WorkflowOptions {
  /** What goes in, such as `l0`. */
  readonly inputData: string;
  /** What comes out, such as `l1`. */
  readonly outputData: string;
  /** The instrument, or another kind. */
  readonly category: string;
  readonly detail?: string;
  /** A run is continued by the same version only. Default: the setting `BUILD_VERSION`. */
  readonly version?: string;
  readonly tags?: readonly string[];
  /** Leave out input frames that cannot be read, and record them; otherwise the run fails before any product. */
  readonly skipBadFrames?: boolean;
}

export interface NodeOptions {
  /** What must be done before; it may be added later. */
  readonly after?: TaskClass | readonly TaskClass[];
  /** Where a distributed engine runs the task: `default`, `highMemory` or a name of its own. The local runner has one queue. */
  readonly queue?: "default" | "highMemory" | (string & {});
  /** Default: the class's own `retries`. */
  readonly retries?: number;
  /** Default: the class's own `retryDelaySeconds`. */
  readonly retryDelaySeconds?: number;
}

/** One task of a workflow and how it hangs in the graph. */
export interface WorkflowNode {
  readonly name: string;
  readonly task: TaskClass;
  readonly after: readonly string[];
  readonly queue: string;
  readonly retries: number;
  readonly retryDelaySeconds: number;
  readonly uses: readonly ServiceName[];
}

/**
 * A graph of task classes with a name and a version. The name is `{inputData}_to_{outputData}_{category}[_{detail}]`, at most 100
 * characters out of letters, digits and `-._`.
 */
export class Workflow {
  readonly inputData: string;
  readonly outputData: string;
  readonly category: string;
  readonly detail: string | undefined;
  readonly version: string | undefined;
  readonly tags: readonly string[];
  readonly skipBadFrames: boolean;
  readonly name: string;
  readonly [brand] = true;
  readonly #added = new Map<string, { readonly task: TaskClass; readonly options: NodeOptions }>();

  constructor(options: WorkflowOptions) {
    const { inputData, outputData, category, detail, version, tags = [], skipBadFrames = false } = options;
    this.inputData = inputData;
    this.outputData = outputData;
    this.category = category;
    this.detail = detail;
    this.version = version;
    this.skipBadFrames = skipBadFrames;
    this.name = `${inputData}_to_${outputData}_${category}${detail === undefined ? "" : `_${detail}`}`;
    this.tags = [...new Set([...tags, ...(version === undefined ? [] : [version]), inputData, outputData, category])];
    checkName(options, this.name, version);
  }

  /** Adds a task; returns this workflow, so that calls can be chained. */
  add<Task extends TaskClass>(task: Task & CoveredUses<Task>, options: NodeOptions = {}): this {
    if (!isTaskClass(task) || task.name === "") throw notATask(this.name, task, "added");
    const present = this.#added.get(task.name);
    if (present !== undefined) {
      throw new FirstlightError(
        "WORKFLOW_DUPLICATE_TASK",
        present.task === task
          ? `Workflow ${this.name} was given ${task.name} twice. A task stands once in a workflow: remove one of the two, or derive a class with another name.`
          : `Workflow ${this.name} was given two classes called ${task.name}. Tags, audit and record know a task by its class's name: rename one of the two.`,
        { disposition: "invalid", fields: { workflow: this.name, task: task.name } },
      );
    }
    for (const upstream of upstreamsOf(options)) {
      if (!isTaskClass(upstream)) throw notATask(this.name, upstream, `named in 'after' of ${task.name}`);
    }
    this.#added.set(task.name, { task, options });
    return this;
  }

  /** The tasks, each after its upstreams. Throws what is wrong with the graph. */
  nodes(): readonly WorkflowNode[] {
    if (this.#added.size === 0) {
      throw new FirstlightError(
        "WORKFLOW_EMPTY",
        `Workflow ${this.name} has no task. Give it some with .add(TaskClass).`,
        {
          disposition: "invalid",
          fields: { workflow: this.name },
        },
      );
    }
    for (const [name, { options }] of this.#added) {
      for (const upstream of upstreamsOf(options)) this.#checkKnown(name, upstream);
    }
    const sorted = sortTopologically(
      new Map([...this.#added].map(([name, { options }]) => [name, upstreamsOf(options).map((task) => task.name)])),
    );
    if ("cycle" in sorted) {
      throw new FirstlightError(
        "WORKFLOW_CYCLE",
        `Workflow ${this.name} can never end, for its tasks wait for each other: ${sorted.cycle.join(" → ")} (each before the next). Remove one 'after' on this path.`,
        { disposition: "invalid", fields: { workflow: this.name, cycle: sorted.cycle } },
      );
    }
    return sorted.order.flatMap((name) => this.#node(name));
  }

  #node(name: string): readonly WorkflowNode[] {
    const added = this.#added.get(name);
    if (added === undefined) return [];
    const { task, options } = added;
    const node = {
      name,
      task,
      after: [...new Set(upstreamsOf(options).map((upstream) => upstream.name))],
      queue: options.queue ?? "default",
      retries: options.retries ?? task.retries,
      retryDelaySeconds: options.retryDelaySeconds ?? task.retryDelaySeconds,
      uses: task.uses,
    };
    checkOptions(this.name, node);
    return [node];
  }

  #checkKnown(name: string, upstream: TaskClass): void {
    const found = this.#added.get(upstream.name);
    if (found?.task === upstream) return;
    throw new FirstlightError(
      "WORKFLOW_UNKNOWN_UPSTREAM",
      found === undefined
        ? `In workflow ${this.name}, ${name} comes after ${upstream.name}, which is not in the workflow (it has ${[...this.#added.keys()].join(", ")}). Add it with .add(${upstream.name}), or take it out of 'after'.`
        : `In workflow ${this.name}, ${name} comes after a class called ${upstream.name} that is not the one in the workflow. Import both from the same module.`,
      { disposition: "invalid", fields: { workflow: this.name, task: name, upstream: upstream.name } },
    );
  }
}

/** Whether something that a module exports is a workflow, of this copy of the library or another. */
export function isWorkflow(value: unknown): value is Workflow {
  return typeof value === "object" && value !== null && brand in value;
}

function upstreamsOf(options: NodeOptions): readonly TaskClass[] {
  const { after = [] } = options;
  return typeof after === "function" ? [after] : (after as readonly TaskClass[]);
}

function notATask(workflow: string, value: unknown, where: string): FirstlightError {
  const found =
    typeof value === "function"
      ? value.name === ""
        ? "a class or function without a name"
        : value.name
      : value === undefined
        ? "undefined (two modules that import each other?)"
        : String(value);
  return new FirstlightError(
    "WORKFLOW_NOT_A_TASK",
    `Workflow ${workflow} takes classes that extend TaskBase, such as ScienceTaskL0ToL1Base; what is ${where} is ${found}.`,
    { disposition: "invalid", fields: { workflow } },
  );
}

function checkOptions(workflow: string, { name, queue, retries, retryDelaySeconds }: WorkflowNode): void {
  const problem =
    queue === ""
      ? "an empty queue; leave it out for 'default'"
      : !Number.isInteger(retries) || retries < 0
        ? `retries ${retries}; it is to be a whole number from 0`
        : !Number.isFinite(retryDelaySeconds) || retryDelaySeconds < 0
          ? `retryDelaySeconds ${retryDelaySeconds}; it is to be a number from 0`
          : undefined;
  if (problem === undefined) return;
  throw new FirstlightError("WORKFLOW_OPTION", `In workflow ${workflow}, ${name} has ${problem}.`, {
    disposition: "invalid",
    fields: { workflow, task: name },
  });
}

function checkName(options: WorkflowOptions, name: string, version = "dev"): void {
  const empty = (["inputData", "outputData", "category"] as const).filter((part) => !options[part]);
  if (options.detail === "") throw nameError(name, "its detail is empty: leave it out instead");
  if (empty.length > 0) throw nameError(name, `it lacks ${empty.join(", ")}`);
  if (name.length > nameLimit) throw nameError(name, `it has ${name.length} characters, and ${nameLimit} are allowed`);
  if (!/^[A-Za-z0-9._-]+$/.test(name)) throw nameError(name, "only letters, digits, '-', '.' and '_' are allowed");
  if (!/^[A-Za-z0-9._-]+$/.test(version)) {
    throw nameError(name, `its version is '${version}', where only letters, digits, '-', '.' and '_' are allowed`);
  }
}

function nameError(name: string, problem: string): FirstlightError {
  return new FirstlightError(
    "WORKFLOW_NAME",
    `The workflow's name '${name}' cannot be used: ${problem}. It is made of inputData, outputData, category and detail.`,
    { disposition: "invalid", fields: { name } },
  );
}
