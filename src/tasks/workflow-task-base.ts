import { hash } from "node:crypto";
import { relative } from "node:path";
import type { Counter } from "@opentelemetry/api";
import type { Codec, Encoder } from "../codecs/codec.ts";
import { decodeWith, encodeWith } from "../codecs/use-codec.ts";
import { isFirstlightError } from "../core/errors.ts";
import { openFile } from "../core/file.ts";
import type { Logger } from "../core/log.ts";
import type { Progress } from "../core/progress.ts";
import { formatPythonJson, parsePythonJson } from "../core/python-json.ts";
import { meter, metricPrefix, withSpan } from "../core/telemetry.ts";
import type { FilesOptions } from "../math/files/accumulate-files.ts";
import { openFilesWithin } from "../math/files/open-files.ts";
import { datasetId } from "../parsing/dataset-id.ts";
import type { Scratch, TagQuery } from "../scratch/scratch.ts";
import { requireLegalTags, Tag } from "../scratch/tag.ts";
import type { ServiceName } from "../services/services.ts";
import type { DeclaredService } from "./declared-service.ts";
import { libraryVersions } from "./library-versions.ts";
import { noFilesFound } from "./no-files-found.ts";
import { severalFilesFound } from "./several-files-found.ts";
import { libraryBase, TaskBase, type usesOf } from "./task-base.ts";
import { unreadableFile } from "./unreadable-file.ts";

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
  static override readonly [libraryBase] = true;
  declare readonly [usesOf]: Uses;

  /**
   * Record in the metadata store, before the run, which library versions this attempt runs with. A task run by hand is always
   * recorded.
   */
  readonly recordsProvenance: boolean = false;

  override async preRun(): Promise<void> {
    if (this.recordsProvenance || this.context.isManual)
      await this.span("Record Provenance", () => this.#recordProvenance());
  }

  /** For arithmetic over files, as in `average(paths, this.filesOptions)`: within MAX_FILE_DESCRIPTORS, with as many threads as the attempt has, and it stops when the attempt shall. */
  protected get filesOptions(): FilesOptions {
    const { settings, threads } = this.context;
    return {
      maxOpenFiles: openFilesWithin(settings.maxFileDescriptors),
      workers: threads,
      signal: this.signal,
    };
  }

  /** Every file that the query finds, decoded one at a time in the order of their names; none is no error. */
  async *read<Value>(query: TagQuery, codec: Codec<Value, never>): AsyncIterable<ReadItem<Value>> {
    const paths = await this.context.scratch.find(query);
    const loop = this.context.lineage.openLoop();
    const counted = this.progress.countLoop(paths.length);
    try {
      for (const path of paths) {
        this.signal.throwIfAborted();
        loop.enter(relative(this.context.scratch.folder, path));
        this.#countRead();
        yield { path, value: await this.#decode(path, codec) };
        counted.step();
      }
    } finally {
      counted.end();
      loop.close();
    }
  }

  /**
   * The one file that the query finds.
   *
   * @throws FirstlightError NO_FILES_FOUND with the nearest tag sets, SEVERAL_FILES_FOUND with what there is
   */
  async readOne<Value>(query: TagQuery, codec: Codec<Value, never>): Promise<ReadItem<Value>> {
    const { scratch, lineage } = this.context;
    const paths = await scratch.find(query);
    const [path] = paths;
    if (path === undefined) throw await noFilesFound(scratch, query);
    if (paths.length > 1) throw severalFilesFound(scratch, query, paths);
    lineage.noteRead(relative(scratch.folder, path));
    this.#countRead();
    return { path, value: await this.#decode(path, codec) };
  }

  /**
   * Encodes a value into scratch under these tags, and `WORKFLOW_TASK_<class>`, and resolves to its path relative to the run's
   * scratch. The file appears whole or not at all.
   *
   * @throws FirstlightError SCRATCH_FILE_EXISTS, SCRATCH_FULL, SCRATCH_READ_ONLY, SCRATCH_PATH, TAG_ILLEGAL, ATTEMPT_FENCED; what
   * the codec throws, and CODEC_FAILED where that is none of this library's errors
   */
  async write<Value>(
    value: Value,
    tags: readonly string[],
    codec: Encoder<Value>,
    options: WriteOptions = {},
  ): Promise<string> {
    this.signal.throwIfAborted();
    requireLegalTags(tags);
    const target = options.relativePath ?? (tags.length === 0 ? "a file" : `a file of ${tags.join(", ")}`);
    const bytes = await encodeWith(codec, value, target);
    const path = await this.context.scratch.write(bytes, [...tags, Tag.workflowTask(this.taskName)], options);
    this.#writes ??= meter().createCounter(`${metricPrefix}.tasks.writes`, {
      description: "Files that tasks wrote into scratch.",
    });
    this.#writes.add(1, this.context.telemetry);
    this.context.lineage.noteWrite({ path, sha256: hash("sha256", bytes), sizeBytes: bytes.length, tags: [...tags] });
    return path;
  }

  /** How many files the query finds. */
  count(query: TagQuery): Promise<number> {
    return this.context.scratch.count(query);
  }

  /** The absolute paths of the files that the query finds, in the order of their names. */
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

  /** Exactly what earlier attempts of this task wrote, tagged and set is undone, and the recipe run is in progress again. */
  override async rollback(): Promise<void> {
    await this.span("Roll back scratch", () => this.scratch.rollback());
    await this.#setInProgress();
  }

  /** The recipe run's constants: as they stood when this attempt began, and what it has set itself. */
  get constants(): ReadonlyMap<string, unknown> {
    return this.context.constants;
  }

  /**
   * Sets a constant, once for the whole recipe run: what JSON can hold, integers and reals (`real(10)`) apart.
   *
   * @throws FirstlightError CONSTANT_EXISTS when there is one, JSON_INVALID, ATTEMPT_FENCED
   */
  async setConstant(name: string, value: unknown): Promise<void> {
    await this.context.scratch.constants.set(name, value);
    // This attempt shall see what the tasks after it will see.
    this.context.constants.set(name, parsePythonJson(formatPythonJson(value)));
  }

  /** The name of the dataset that this recipe run makes. */
  get datasetId(): string {
    return datasetId(this.recipeRunId);
  }

  /** What the schema in `static parameters` made of the input dataset's parameters. */
  get parameters(): Parameters {
    return this.context.parameters as Parameters;
  }

  get log(): Logger {
    return this.context.log;
  }

  /** The task's outer loop, as an operator sees it: that over `read`, where the task does not count for itself. */
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
    return withSpan(name, this.context.telemetry, work);
  }

  /** For what `read` and `write` cannot do: what goes past them is in no lineage. */
  protected get scratch(): Scratch {
    return this.context.scratch;
  }

  async #recordProvenance(): Promise<void> {
    const { recipeRunId, workflowVersion, taskName } = this;
    const { isManual, services, log } = this.context;
    const { metadataStore } = services;
    try {
      const { inputDatasetId } = await metadataStore.recipeRun(recipeRunId);
      const record = { recipeRunId, inputDatasetId, taskName, workflowVersion, isTaskManual: isManual };
      await metadataStore.recordProvenance({ ...record, libraryVersions: libraryVersions() });
    } catch (error) {
      if (!this.#isUnregistered(error)) throw error;
      log.debug("Not a registered recipe run: its provenance is not recorded");
    }
  }

  /** What was undone is undone, whether or not the metadata store can be told: an attempt that needs it will find out itself. */
  async #setInProgress(): Promise<void> {
    try {
      await this.span("Set recipe run in progress", () =>
        this.context.services.metadataStore.setStatus(this.recipeRunId, "INPROGRESS"),
      );
    } catch (error) {
      if (this.#isUnregistered(error)) return;
      this.log.warning("Rolled back, but the metadata store could not be told that the recipe run is in progress", {
        error,
      });
    }
  }

  /** A task that is tried out by itself belongs to no registered recipe run, and the laptop's own store knows none. */
  #isUnregistered(error: unknown): boolean {
    return this.context.services.metadataStore.name === "sqlite" && isFirstlightError(error, "RECIPE_RUN_NOT_FOUND");
  }

  #reads: Counter | undefined;
  #writes: Counter | undefined;

  #countRead(): void {
    this.#reads ??= meter().createCounter(`${metricPrefix}.tasks.reads`, {
      description: "Files that tasks read from scratch.",
    });
    this.#reads.add(1, this.context.telemetry);
  }

  #service<Name extends ServiceName>(name: Name): DeclaredService<Name, Uses> {
    return this.context.services[name] as DeclaredService<Name, Uses>;
  }

  async #decode<Value>(path: string, codec: Codec<Value, never>): Promise<Value> {
    const { folder } = this.scratch;
    try {
      await using source = await openFile(path);
      return await decodeWith(codec, relative(folder, path), source, { path, signal: this.signal });
    } catch (error) {
      throw unreadableFile(error, { path, folder, tags: await this.tags(path) });
    }
  }
}
