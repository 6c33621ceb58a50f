import { createHash } from "node:crypto";
import { relative } from "node:path";
import type { Codec, Encoder } from "../codecs/codec.ts";
import { FirstlightError, isFirstlightError } from "../core/errors.ts";
import { openFile } from "../core/file.ts";
import type { Logger } from "../core/log.ts";
import type { Progress } from "../core/progress.ts";
import { instrumentationName, meter, withSpan } from "../core/telemetry.ts";
import { datasetId } from "../parsing/dataset-id.ts";
import type { Scratch, TagQuery } from "../scratch/scratch.ts";
import type { ServiceName } from "../services/services.ts";
import type { DeclaredService } from "./declared-service.ts";
import { libraryVersions } from "./library-versions.ts";
import { noFilesFound } from "./no-files-found.ts";
import { TaskBase, type usesOf } from "./task-base.ts";

/** A file found by its tags, and what its codec made of it. */
export interface ReadItem<Value> {
  /** Absolute. */
  readonly path: string;
  readonly value: Value;
}

export interface WriteOptions {
  /** Where in the run's scratch; by default a name is made of the tags and a counter. */
  readonly relativePath?: string;
  readonly overwrite?: boolean;
}

/**
 * A task with a scratch folder found by tags, constants, parameters and the services that `Uses` declares. `Parameters` is
 * what the schema in `static parameters` yields.
 */
export abstract class WorkflowTaskBase<Uses extends ServiceName = never, Parameters = unknown> extends TaskBase {
  declare readonly [usesOf]: Uses;

  /** Record in the metadata store, before the run, which library versions this attempt runs with. */
  readonly recordsProvenance: boolean = false;

  override async preRun(): Promise<void> {
    if (this.recordsProvenance) await this.span("Record Provenance", () => this.#recordProvenance());
  }

  /** Every file that carries all tags, decoded one at a time in the order of their names; none is no error. */
  async *read<Value>(query: TagQuery, codec: Codec<Value, never>): AsyncIterable<ReadItem<Value>> {
    const paths = await this.context.scratch.find(query);
    const loop = this.context.lineage.openLoop();
    try {
      for (const path of paths) {
        this.signal.throwIfAborted();
        loop.enter(relative(this.context.scratch.folder, path));
        this.#countRead();
        yield { path, value: await this.#decode(path, codec) };
      }
    } finally {
      loop.close();
    }
  }

  /** The one file that carries all tags. None, or more than one, is an error that says what there is. */
  async readOne<Value>(query: TagQuery, codec: Codec<Value, never>): Promise<ReadItem<Value>> {
    const paths = await this.context.scratch.find(query);
    const [path] = paths;
    if (path === undefined) throw await noFilesFound(this.context.scratch, query);
    if (paths.length > 1) {
      throw new FirstlightError(
        "SEVERAL_FILES_FOUND",
        `${this.taskName} asked for one file and found ${paths.length}: ${paths.slice(0, 3).join(", ")}${paths.length > 3 ? ", …" : ""}. Add a tag that tells them apart, or read them all with read().`,
        { fields: { query, paths } },
      );
    }
    this.context.lineage.noteRead(relative(this.context.scratch.folder, path));
    this.#countRead();
    return { path, value: await this.#decode(path, codec) };
  }

  /** Encodes a value into scratch under these tags and resolves to its path there. The file appears whole or not at all. */
  async write<Value>(
    value: Value,
    tags: readonly string[],
    codec: Encoder<Value>,
    options: WriteOptions = {},
  ): Promise<string> {
    this.signal.throwIfAborted();
    const bytes = await codec.encode(value);
    const written = await this.context.scratch.write(
      bytes,
      [...tags, `WORKFLOW_TASK_${this.taskName.toUpperCase()}`],
      options,
    );
    meter().createCounter(`${instrumentationName}.processing.tasks.writes`).add(1, this.#attributes);
    this.context.lineage.noteWrite({
      path: written,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      sizeBytes: bytes.length,
      tags,
    });
    return written;
  }

  /** How many files carry all tags. */
  count(query: TagQuery): Promise<number> {
    return this.context.scratch.count(query);
  }

  /** The absolute paths of the files that carry all tags, by name. */
  paths(query: TagQuery): Promise<readonly string[]> {
    return this.context.scratch.find(query);
  }

  /** Adds tags to files that are in scratch. */
  tag(paths: string | readonly string[], tags: readonly string[]): Promise<void> {
    return this.context.scratch.tag(paths, tags);
  }

  /** The tags of a file, sorted. */
  tags(path: string): Promise<readonly string[]> {
    return this.context.scratch.tags(path);
  }

  removeTags(paths: string | readonly string[], tags: readonly string[]): Promise<void> {
    return this.context.scratch.untag(paths, tags);
  }

  /** Exactly what earlier attempts of this task wrote, tagged and set is undone. */
  override async rollback(): Promise<void> {
    await this.context.scratch.rollback();
  }

  /** The recipe run's constants: as they stood when this attempt began, and what it has set itself. */
  get constants(): ReadonlyMap<string, unknown> {
    return this.context.constants;
  }

  /** Sets a constant, once for the whole recipe run. Throws `CONSTANT_EXISTS` when there is one. */
  async setConstant(name: string, value: unknown): Promise<void> {
    await this.context.scratch.constants.set(name, value);
    this.context.constants.set(name, value);
  }

  /** The name of the dataset that this recipe run makes. */
  get datasetId(): string {
    return datasetId(this.recipeRunId);
  }

  get parameters(): Parameters {
    return this.context.parameters as Parameters;
  }

  get log(): Logger {
    return this.context.log;
  }

  /** The task's outer loop, as an operator sees it. */
  get progress(): Progress {
    return this.context.progress;
  }

  /** Fires when the attempt shall stop. */
  get signal(): AbortSignal {
    return this.context.signal;
  }

  get bus(): DeclaredService<"bus", Uses> {
    return this.#service("bus");
  }

  get objectStore(): DeclaredService<"objectStore", Uses> {
    return this.#service("objectStore");
  }

  get metadataStore(): DeclaredService<"metadataStore", Uses> {
    return this.#service("metadataStore");
  }

  get transfer(): DeclaredService<"transfer", Uses> {
    return this.#service("transfer");
  }

  /** Runs a step of the task in a span of its own. */
  protected span<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    return withSpan(name, this.#attributes, work);
  }

  protected get scratch(): Scratch {
    return this.context.scratch;
  }

  async #recordProvenance(): Promise<void> {
    const { metadataStore } = this.context.services;
    const { recipeRunId, workflowVersion, taskName } = this;
    try {
      const { inputDatasetId } = await metadataStore.recipeRun(recipeRunId);
      const record = { recipeRunId, inputDatasetId, taskName, workflowVersion, isTaskManual: false };
      await metadataStore.recordProvenance({ ...record, libraryVersions: libraryVersions() });
    } catch (error) {
      // A task that is tried out by itself belongs to no registered recipe run, and the laptop's own store knows none.
      if (metadataStore.name !== "sqlite" || !isFirstlightError(error, "RECIPE_RUN_NOT_FOUND")) throw error;
      this.log.debug("Not a registered recipe run: its provenance is not recorded");
    }
  }

  #countRead(): void {
    meter().createCounter(`${instrumentationName}.processing.tasks.reads`).add(1, this.#attributes);
  }

  get #attributes() {
    return {
      "recipe.run.id": this.recipeRunId,
      "workflow.name": this.workflowName,
      "workflow.version": this.workflowVersion,
      "task.name": this.taskName,
    };
  }

  #service<Name extends ServiceName>(name: Name): DeclaredService<Name, Uses> {
    return this.context.services[name] as DeclaredService<Name, Uses>;
  }

  async #decode<Value>(path: string, codec: Codec<Value, never>): Promise<Value> {
    await using source = await openFile(path);
    return await codec.decode(source, { path, signal: this.signal });
  }
}
