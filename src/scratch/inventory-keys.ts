/**
 * The keys of one task in one recipe run: `{recipeRunId}:{namespace}:{name}`, the layout of the Python stack's Redis.
 *
 * The records that a rollback reads; all of a task's go with its own rollback, whatever else drops them:
 *
 * | record | added by | moved by | dropped by |
 * |---|---|---|---|
 * | `writeAudit` | a file of the task, before it comes | | its removal; the rollback of another that leaves the file to others |
 * | `added` | a tag on a file of others, a constant, a number | | what takes the same back |
 * | `removed` | a tag taken from a file of others | to the `keptTags` of who wrote over the file, when this task is undone | what gives it again |
 * | `kept`, `keptTags`, `over` | a file of others overwritten or removed | to who wrote over it, when this task is undone | the rollback of who had made that file |
 * | `shared` | a tag given that was there, by another | to `inherited`, when its first giver is undone | the task's own untagging |
 * | `inherited` | the rollback of a tag's first giver | | |
 * | `born` | the rollback of who had removed the file of before | | the rollback of who had made the file |
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
  /** Ours: the number of the newest attempt. */
  readonly fence: string;
  /** The prefix of the fences of all tasks. */
  readonly fences: string;
  /** Ours: the undo log's two halves, see `Journal`. */
  readonly added: string;
  readonly removed: string;
  /** Ours: those entries of the three audits above that did not come from Python, as `key\nmember`. */
  readonly audited: string;
  /** Ours: paths of other tasks' files that the task overwrites or removes, each kept until then. */
  readonly kept: string;
  /** The prefix of these of all tasks. */
  readonly keeps: string;
  /** Ours: the tags that these files had, as `key\npath`: a rollback by Python takes them away with the file. */
  readonly keptTags: string;
  /** Ours: `task\npath`, whose layer the task found where it overwrote or removed a file. */
  readonly over: string;
  readonly overs: string;
  /** Ours: tags that the task gave to a file which carried them already, as `key\npath`: whoever gave them first may be undone. */
  readonly shared: string;
  readonly shareds: string;
  /** Ours: of those the ones whose first giver has been undone, which go with this task now. */
  readonly inherited: string;
  readonly inheriteds: string;
  /** Ours: paths where the task made a new file after a removal that has been undone: the file of before comes back with its tags. */
  readonly born: string;
  /** The prefixes of the journals and of the kept tags of all tasks. */
  readonly addeds: string;
  readonly removeds: string;
  readonly keptTagsOfAll: string;
  readonly borns: string;
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
    fence: `${run}firstlight_fence:${taskName}`,
    fences: `${run}firstlight_fence:`,
    added: `${run}firstlight_added:${taskName}`,
    removed: `${run}firstlight_removed:${taskName}`,
    audited: `${run}firstlight_audited:${taskName}`,
    kept: `${run}firstlight_kept:${taskName}`,
    keeps: `${run}firstlight_kept:`,
    keptTags: `${run}firstlight_kept_tags:${taskName}`,
    over: `${run}firstlight_over:${taskName}`,
    overs: `${run}firstlight_over:`,
    shared: `${run}firstlight_shared:${taskName}`,
    shareds: `${run}firstlight_shared:`,
    inherited: `${run}firstlight_inherited:${taskName}`,
    inheriteds: `${run}firstlight_inherited:`,
    born: `${run}firstlight_born:${taskName}`,
    addeds: `${run}firstlight_added:`,
    removeds: `${run}firstlight_removed:`,
    keptTagsOfAll: `${run}firstlight_kept_tags:`,
    borns: `${run}firstlight_born:`,
    outbox: `${run}firstlight_outbox:${taskName}`,
  };
}
