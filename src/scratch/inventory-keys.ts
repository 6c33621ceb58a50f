/**
 * The keys of one task in one recipe run: `{recipeRunId}:{namespace}:{name}`, the layout of the Python stack's Redis.
 *
 * The records that a rollback reads; all of a task's go with its own rollback, whatever else drops them:
 *
 * | record | added by | moved by | dropped by |
 * |---|---|---|---|
 * | `writeAudit` | a file of the task, before it comes | | its removal; the rollback of another that leaves the file to others |
 * | `history` | a tag given to or taken from a file of others; its overwriting or removal; whatever comes after that, by anybody | | the rollback of all whose steps it has; of these one by one |
 * | `touched` | a first step of the task in a file's history | | |
 * | `made` | a constant, a number | | what takes the same back |
 * | `freed` | a number given back below another's | to the `made` of who gives that one back | the giving back |
 * | `kept`, `over` | a file of others overwritten or removed | to who wrote over it, when this task is undone | the rollback of who had made that file |
 */
export interface InventoryKeys {
  /** The prefix of every key of the run. */
  readonly run: string;
  /** The prefix of tags: sets of absolute paths. */
  readonly path: string;
  /** The prefix of constants: sets of one JSON text. */
  readonly constant: string;
  /** The prefix of counters, which number generic file names. */
  readonly counter: string;
  /** The prefix under which every task audits the files it writes. */
  readonly writeAudits: string;
  /** Absolute paths of files that the task writes. */
  readonly writeAudit: string;
  /** Tags that no file carried before the task. */
  readonly tagAudit: string;
  /** Names of constants that the task sets. */
  readonly constantAudit: string;
  /** Ours: there from the run's beginning on, until it is purged. An inventory without it has forgotten the run. */
  readonly begun: string;
  /** Ours: the folder of the run, by the name by which all paths of the run are told. */
  readonly root: string;
  /** Ours: the number of the newest attempt. */
  readonly fence: string;
  /** The prefix of the fences of all tasks. */
  readonly fences: string;
  /** Ours: constants that the task set and numbers that it drew, as `key\nmember`. */
  readonly made: string;
  /** Ours: numbers, as `key\nnumber`, that are free again below such as others have drawn. */
  readonly freed: string;
  /** Ours: records, by the paths of files, of what tasks did to a file of others and to its tags, in order: `FileHistory`. */
  readonly history: string;
  /** Ours: paths of those files in whose histories the task has a step. */
  readonly touched: string;
  readonly toucheds: string;
  /** Ours: those entries of the three audits above that did not come from Python, as `key\nmember`. */
  readonly audited: string;
  /** Ours: paths of other tasks' files that the task overwrites or removes, each kept until then. */
  readonly kept: string;
  /** The prefix of these of all tasks. */
  readonly keeps: string;
  /** Ours: `task\npath`, whose layer the task found where it overwrote or removed a file. */
  readonly over: string;
  readonly overs: string;
  /** Ours: messages that the task has yet to publish. */
  readonly outbox: string;
}

export function inventoryKeys(recipeRunId: number, taskName: string): InventoryKeys {
  const run = `${recipeRunId}:`;
  return {
    run,
    path: `${run}path:`,
    constant: `${run}constant:`,
    counter: `${run}counter:`,
    writeAudits: `${run}scratch_audit:WRITE_`,
    writeAudit: `${run}scratch_audit:WRITE_${taskName}`,
    tagAudit: `${run}scratch_audit:TAG_${taskName}`,
    constantAudit: `${run}constants_audit:SET_${taskName}`,
    begun: `${run}firstlight_begun`,
    root: `${run}firstlight_root`,
    fence: `${run}firstlight_fence:${taskName}`,
    fences: `${run}firstlight_fence:`,
    made: `${run}firstlight_made:${taskName}`,
    freed: `${run}firstlight_freed`,
    history: `${run}firstlight_history`,
    touched: `${run}firstlight_touched:${taskName}`,
    toucheds: `${run}firstlight_touched:`,
    audited: `${run}firstlight_audited:${taskName}`,
    kept: `${run}firstlight_kept:${taskName}`,
    keeps: `${run}firstlight_kept:`,
    over: `${run}firstlight_over:${taskName}`,
    overs: `${run}firstlight_over:`,
    outbox: `${run}firstlight_outbox:${taskName}`,
  };
}
