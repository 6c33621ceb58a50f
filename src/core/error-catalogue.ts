import { fitsErrors } from "./fits-errors.ts";
import { serviceErrors } from "./service-errors.ts";

export interface CatalogueEntry {
  /** What has happened, as it goes on after "when". */
  readonly when: string;
  /** What somebody who meets it does about it. */
  readonly remedy: string;
}

/**
 * Every code that the library throws, or records as the end of an attempt. A code is stable: programs may tell errors apart by
 * it, and by nothing else.
 */
export const errorCatalogue = {
  ARRAY_EMPTY: {
    when: "an array operation got no element, or too few to compute from",
    remedy: "Check that the query before it found frames.",
  },
  ARRAY_SHAPE: {
    when: "arrays that should share a shape do not, or an array's data do not fill its shape",
    remedy: "Look for frames of another size or binning among the input.",
  },
  ATTEMPT_FENCED: {
    when: "an attempt wanted to write after a newer attempt of the same task had begun",
    remedy: "None is needed: nothing was changed, and the newer attempt goes on.",
  },
  ATTEMPT_INVALID: { when: "the number of an attempt is no whole number from 1", remedy: "Count attempts from 1." },
  ATTEMPT_LOST: {
    when: "the runner of an attempt ended before the attempt did; it stands in the record of the attempt",
    remedy: "Run the workflow again: the task is rolled back and done anew.",
  },
  ATTEMPT_TASK_NOT_FOUND: {
    when: "the process of an attempt does not find its task in the workflow's file",
    remedy: "Do not change the workflow's file while it runs; run it again.",
  },
  BAD_INPUT_FRAMES: {
    when: "input frames are truncated, empty, damaged, gone or no FITS",
    remedy:
      "Fetch the named files again or take them out; `skipBadFrames` of the workflow leaves them out and records it.",
  },
  CODEC_DATA: {
    when: "a file does not hold what its codec expects",
    remedy: "Look at the named file, and at the task that wrote it.",
  },
  CODEC_FAILED: {
    when: "a codec threw an error that is not the library's, or encoded to something that is no bytes",
    remedy: "The message names codec, file and error; the output of the attempt holds its stack.",
  },
  CODEC_TYPE: {
    when: "a codec was given a value that it cannot encode, or something else was given where a codec is asked for",
    remedy: "Give `write` the codec that belongs to the value.",
  },
  CONSTANT_EXISTS: {
    when: "a constant is set a second time",
    remedy: "Choose another name; a task that runs again has to be rolled back first.",
  },
  CONSTANT_INVALID: {
    when: "a constant is set to something that its schema refuses",
    remedy: "Correct the bud that sets it, or the schema of the constants view.",
  },
  CONSTANT_MISSING: {
    when: "a task reads a constant that nobody has set",
    remedy: "Add the bud that sets it, or run the task that computes it first.",
  },
  CONSTANT_NAME_ILLEGAL: {
    when: "the name of a constant is empty, has several lines or is no text",
    remedy: "Choose another name.",
  },
  DATABASE_FULL: {
    when: "the disk has no room left for a SQLite file of scratch",
    remedy: "Free space on that disk. A rollback needs room in the inventory, too.",
  },
  DATABASE_NETWORK_FILE_SYSTEM: {
    when: "a SQLite file lies on a network file system, where several machines could damage it",
    remedy: "Put `SCRATCH_BASE_PATH` on a local disk, or set the driver of the service that the message names.",
  },
  DATABASE_NEWER: {
    when: "a later firstlight wrote a SQLite file of scratch",
    remedy: "Update firstlight, or name another `SCRATCH_BASE_PATH`.",
  },
  DATABASE_UNUSABLE: {
    when: "a SQLite file of scratch cannot be opened, read or written",
    remedy: "Check that `SCRATCH_BASE_PATH` is writable.",
  },
  DEMO_FOLDER: {
    when: "the folder named for the demo holds files that no demo made, or cannot be made or written to",
    remedy: "Name an empty folder, or a new one, with `--output`.",
  },
  DEMO_PRODUCT_MISSING: {
    when: "the demo does not find what its pipeline should have made",
    remedy: "Run it again with `--fresh`.",
  },
  DISK_FULL: {
    when: "a product is stored, or an input brought to scratch, on a disk that is full",
    remedy: "Free space there and run again, or let the setting that the message names lead to a larger disk.",
  },
  ENV_FILE_UNREADABLE: {
    when: "the command line finds a file `.env` in the current folder and cannot read it",
    remedy: "Make it readable, or remove it.",
  },
  FILE_NAME_INVALID: {
    when: "the name of an L1 file cannot be made of its header",
    remedy: "Correct the card that the message names.",
  },
  FILE_NOT_REGULAR: {
    when: "a path that is to be read as a file is a folder, a pipe or a device",
    remedy: "Name a file; write what comes from a pipe into one first.",
  },
  GHOST_ALIVE: {
    when: "a process of an earlier run cannot be killed, or was killed and does not end",
    remedy: "Look at what it waits for, such as a disk that hangs, and run again.",
  },
  HEADER_FACTS_INVALID: {
    when: "what a header profile is to write does not fit its schema",
    remedy: "The message names the fact and what was expected of it.",
  },
  HEADER_KEY_INVALID: {
    when: "a card holds something that an attribute's schema refuses",
    remedy: "Correct the header, or widen the attribute's schema.",
  },
  HEADER_KEY_MISSING: {
    when: "a header lacks a card that an attribute needs",
    remedy: "Correct the header, or make the attribute optional.",
  },
  INPUT_DATASET_INVALID: {
    when: "an input dataset's documents break their format",
    remedy: "The message names the part and what is wrong with it.",
  },
  INPUT_FOLDER: { when: "`--input` names no folder", remedy: "Check the path." },
  INPUT_FRAME_UNREADABLE: {
    when: "a frame in the folder of `--input` may not be read, is a link to nothing, or went away while the folder was read",
    remedy: "Mend its permissions or the link, or take it out.",
  },
  INVENTORY_REFUSED: {
    when: "Redis refused a command of the inventory",
    remedy: "The message carries Redis's own words: memory, rights or version of the server.",
  },
  INVENTORY_UNREACHABLE: {
    when: "the inventory's Redis does not answer",
    remedy: "Start it, or correct its address in `MESH_CONFIG`.",
  },
  JSON_INVALID: {
    when: "a text is no JSON, not even as Python writes it",
    remedy: "The message shows where it breaks off.",
  },
  LIMB_NOT_FOUND: {
    when: "too few points of the Sun's limb lie on one circle",
    remedy: "Give a better centre or narrower radii.",
  },
  MATH_OPTION: {
    when: "an option of an operation on arrays is none of its choices, or makes no sense",
    remedy: "The message names what there is to choose from.",
  },
  MATH_SINGULAR: {
    when: "data do not determine all unknowns of a fit",
    remedy: "Give more data, or fit fewer unknowns.",
  },
  MESSAGE_INVALID: {
    when: "the body of a message does not fit its model",
    remedy: "The message lists what is missing or wrong.",
  },
  NOT_A_TASK: {
    when: "`runTask` got something that is no task class",
    remedy: "Pass the class itself, not an instance.",
  },
  NO_FILES_FOUND: {
    when: "a task asks for a file by tags that no file carries together",
    remedy: "The message lists the nearest tag sets and the tag that failed.",
  },
  NO_INPUT_FRAMES: {
    when: "the folder of `--input`, or an input dataset, names no frame",
    remedy: "Name the folder that holds the frames themselves; folders below it are not searched.",
  },
  NO_PRODUCTS: {
    when: "a workflow has come to its transfer and no file is tagged as output",
    remedy: "Check that the task before it writes with `Tag.output()`.",
  },
  OBJECT_BUCKET_ILLEGAL: {
    when: "the name of a bucket cannot be used",
    remedy: "Choose another; the message says what a name is made of.",
  },
  OBJECT_BUCKET_MISSING: {
    when: "the object store has no bucket of this name",
    remedy: "Make it there, or name another one; the library makes none on a server.",
  },
  OBJECT_CHANGED: {
    when: "an object is replaced or removed while it is read or stored",
    remedy: "Begin again; see who else writes it.",
  },
  OBJECT_DAMAGED: {
    when: "an object does not read back as it was written",
    remedy: "Check disk and network; the message says what stays of it.",
  },
  OBJECT_EXPIRY_ILLEGAL: {
    when: "an address is asked for that holds for no time, or too long",
    remedy: "Give whole seconds, seven days at most.",
  },
  OBJECT_KEY_CONFLICT: {
    when: "one key would be both an object and the folder of others",
    remedy: "Choose another key.",
  },
  OBJECT_KEY_ILLEGAL: {
    when: "the key of an object cannot be used",
    remedy: "Choose another; the message says what is wrong with it.",
  },
  OBJECT_METADATA_ILLEGAL: {
    when: "content type or metadata of an object cannot be stored with it",
    remedy: "Choose others; the message says what is wrong with them.",
  },
  OBJECT_NOT_FOUND: { when: "there is no such object", remedy: "Check bucket and key." },
  OBJECT_SOURCE_CHANGED: {
    when: "what is to be stored gives other bytes when it is read again",
    remedy: "Look at who writes it meanwhile, and store it again.",
  },
  OBJECT_SOURCE_ILLEGAL: {
    when: "what is to be stored is neither bytes nor a source of them",
    remedy: "Give bytes, a file by its path, a source or a stream of bytes; the message says what was given.",
  },
  OBJECT_SOURCE_TRUNCATED: {
    when: "a source ends before the size that it gave",
    remedy: "Nothing was stored; look at who shortens the file meanwhile.",
  },
  OBJECT_STORE_ACCESS_REFUSED: {
    when: "the object store refuses the keys, or what is asked with them",
    remedy: "Check `OBJECT_STORE_ACCESS_KEY` and `OBJECT_STORE_SECRET_KEY`, and the user's rights there.",
  },
  OBJECT_STORE_FAILED: {
    when: "the object store cannot read or write a file, or refuses a request",
    remedy: "The message carries the reason of the system or the server: rights, disk or path.",
  },
  OBJECT_STORE_READ_ONLY: {
    when: "a product is stored, or an input brought to scratch, where this user may not write",
    remedy: "Give the user that right and run again, or let the setting that the message names lead to another folder.",
  },
  OBJECT_STORE_UNREACHABLE: {
    when: "the object store does not answer, or cannot at present",
    remedy: "Start it, or correct its address in `MESH_CONFIG`; `RETRY_CONFIG` says how long it is waited for.",
  },
  OBJECT_TOO_LARGE: { when: "an object is larger than S3 takes", remedy: "Divide it." },
  OFFSET_ILLEGAL: {
    when: "bytes are read from an offset that is no count of bytes",
    remedy: "Read from 0 on; the message says what was given.",
  },
  OUTPUT_FOLDER: { when: "the folder of `--output` cannot be made", remedy: "Name a folder that you may write to." },
  PARAMETERS_FILE: {
    when: "the file of `--parameters` cannot be read, or holds no parameters",
    remedy: 'Write it as `{"name": value, …}`, or as the document of an input dataset.',
  },
  PARAMETERS_INVALID: {
    when: "the parameters of a task do not fit its schema",
    remedy:
      "Give them in the parameters document of the input dataset, on the command line by `--parameters FILE`, or give the schema a default.",
  },
  PLAN_INVENTORY_CHANGED: {
    when: "a run is to go on with another inventory than the one that knows its files",
    remedy: "Set `INVENTORY_DRIVER` or `MESH_CONFIG` as before, or begin anew with `--fresh`.",
  },
  PLAN_INVENTORY_NOT_SHARED: {
    when: "attempts in processes of their own would each have an inventory in memory",
    remedy: "Use the driver sqlite or redis, or run in one process.",
  },
  PLAN_SERVICE_UNKNOWN: {
    when: "a task uses a service that does not exist",
    remedy: "Correct `static uses` of the task.",
  },
  QUALITY_INVALID: {
    when: "a file is no such quality document",
    remedy: "Look at the named file, and at the task that wrote it.",
  },
  QUALITY_NOT_FINITE: {
    when: "a quality number is NaN or infinite",
    remedy: "Look at the frames that it was computed from.",
  },
  PRODUCTS_COLLIDE: {
    when: "two products of a recipe run would have the same object key",
    remedy: "Give one of the named files another name.",
  },
  RECIPE_RUN_ID_INVALID: { when: "a recipe run id is no whole number from 0", remedy: "Pass an integer." },
  ROLLBACK_FAILED: {
    when: "what an earlier attempt left behind cannot be undone",
    remedy: "The message names the task and the reason; run again when it is gone.",
  },
  RUN_EXISTS: { when: "a run is to be begun afresh under an id that is taken", remedy: "Name a free id, or none." },
  RUN_ID_TAKEN: {
    when: "a run is to begin under an id under which another record's run has left tags or products",
    remedy: "Leave `--recipe-run` out to get a free id, or remove what the older run left.",
  },
  RUN_LEASED: {
    when: "another process is running this recipe run",
    remedy: "Wait for it, stop it, or begin another run with `--fresh`.",
  },
  RUN_LEASE_LOST: {
    when: "a runner finds that another has taken over its recipe run",
    remedy: "None is needed: nothing was written, and the other goes on.",
  },
  RUN_MISMATCH: {
    when: "a recipe run is to be continued with another workflow, version, input or output",
    remedy: "Name another id, or none to begin a new run.",
  },
  RUN_MODULE_MISSING: {
    when: "attempts are to run in processes of their own, and the workflow's file is not known",
    remedy: "Load the workflow from its file, or run in one process.",
  },
  RUN_NOT_FOUND: { when: "the run store knows no such recipe run", remedy: "Check the id and `SCRATCH_BASE_PATH`." },
  SCRATCH_FILE_DAMAGED: {
    when: "a file that the run has made itself cannot be read as FITS any more",
    remedy: "Remove it from scratch; the same command makes it anew.",
  },
  SCRATCH_FILE_EXISTS: {
    when: "a task writes a file that is there already",
    remedy: "Choose another name, or allow `overwrite`.",
  },
  SCRATCH_FILE_MISSING: {
    when: "a tag is given to, or a task reads, a file that is not in scratch",
    remedy: "Write the file before it is tagged. One that was removed from scratch is made anew by the same command.",
  },
  SCRATCH_FOLDER_LOST: {
    when: "a task's folder in scratch was removed while the task ran, though no newer attempt of it has begun",
    remedy: "Leave the scratch of a running task alone. The same command makes anew what is gone.",
  },
  SCRATCH_FULL: {
    when: "there is no room left in scratch",
    remedy: "Free space there, or let `SCRATCH_BASE_PATH` name a larger disk; nothing half-written stays.",
  },
  SCRATCH_IN_USE: {
    when: "a purge finds new files in scratch again and again",
    remedy: "End the tasks of the recipe run, then purge once more.",
  },
  SCRATCH_MOVED: {
    when: "the inventory knows the files of a recipe run under another folder than the one that is scratch now",
    remedy: "Move the folder back, or name the former one in `SCRATCH_BASE_PATH`; or begin a new run with `--fresh`.",
  },
  SCRATCH_PATH: {
    when: "a path leaves the recipe run's scratch, is absolute, or leads to a folder or below a file",
    remedy: "Give the path of a file, relative to the recipe run's scratch.",
  },
  SCRATCH_READ_ONLY: {
    when: "scratch cannot be written",
    remedy: "Give the user the right to write there, or name another folder in `SCRATCH_BASE_PATH`.",
  },
  SETTINGS_INVALID: {
    when: "environment variables hold what their settings refuse, or a chosen driver lacks its address",
    remedy: "The message lists every bad variable, what was expected and what was found; see docs/settings.md.",
  },
  SEVERAL_FILES_FOUND: {
    when: "a task asks for one file by tags that several files carry",
    remedy: "Add a tag that tells them apart, or read them all.",
  },
  STEM_DISAGREES: {
    when: "frames contradict each other on a constant that all should share",
    remedy: "The message says which files hold which values: take the odd ones out.",
  },
  STEM_DUPLICATED: { when: "two buds would set the same constant", remedy: "Take one of them out." },
  STEM_FAILED: {
    when: "a bud or a flower threw an error that is not the library's, or a bud came to what no constant can hold",
    remedy: "The message names the stem, the file that it was shown and the error; correct the stem.",
  },
  STEM_NOT_A_NUMBER: {
    when: "a header card that a mean is taken of holds no number",
    remedy: "The message names file and value: correct the card, or take the file out.",
  },
  SYNTHETIC_FRAME: {
    when: "a frame for a test is asked for of a kind that is none, or with data that do not fill its shape",
    remedy: "The message names the kinds there are, and what the shape asks for.",
  },
  TAG_ILLEGAL: {
    when: "a tag is written or made that breaks the rules of tags, or stands where a list of tags is asked for",
    remedy: "Make it with `Tag.format`, which puts a value into upper case.",
  },
  TAG_QUERY_EMPTY: { when: "files are asked for without naming a tag", remedy: "Name at least one." },
  TAG_QUERY_INVALID: {
    when: "files are asked for by something that is neither a tag nor made of tags",
    remedy: "Look at where the query comes from: undefined and numbers are no tags.",
  },
  TAG_STEM_UNKNOWN: {
    when: "files are asked for by a stem that no tag can have",
    remedy: "Correct its spelling, or name the instrument's own stems in a `tagVocabulary`.",
  },
  TAG_VOCABULARY_INVALID: {
    when: "a vocabulary of tags is made with a name or a stem that it cannot have",
    remedy: "The message names it, and what to do.",
  },
  TASK_CRASHED: {
    when: "the process of an attempt ended without saying how the task did; it stands in the record of the attempt",
    remedy: "The message holds exit code or signal and the last lines that it printed.",
  },
  TASK_FAILED: {
    when: "a task threw an error that is not the library's; it stands in the record of the attempt",
    remedy: "The message is the error's own; the output of the attempt holds its stack.",
  },
  TASK_NOT_RUNNING: {
    when: "a task made with `new` reaches for scratch, services or log",
    remedy: "Run it with `runTask`.",
  },
  TRANSFER_FAILED: {
    when: "a file cannot be copied between object store and scratch",
    remedy: "The message names each file and why; in scratch no file is there in part.",
  },
  USAGE: {
    when: "a command line is not understood",
    remedy: "`firstlight --help`, or `--help` after the name of a command.",
  },
  WORKER_COUNT: {
    when: "computing is asked for with a number of threads that is none",
    remedy: "Give a whole number from 1, the calling thread included.",
  },
  WORKER_START: {
    when: "the system starts no further thread: too many files are open, or too little memory is left",
    remedy: "Ask for fewer threads, or allow the process more open files (`ulimit -n`).",
  },
  WORKFLOW_AMBIGUOUS: { when: "a file exports several workflows", remedy: "Say which with `--workflow NAME`." },
  WORKFLOW_CYCLE: {
    when: "tasks of a workflow wait for each other",
    remedy: "The message shows the path: remove one `after` on it.",
  },
  WORKFLOW_DUPLICATE_TASK: {
    when: "a workflow gets a task twice, or two classes of one name",
    remedy: "Remove one, or rename it.",
  },
  WORKFLOW_EMPTY: { when: "a workflow has no task", remedy: "Add one with `.add(TaskClass)`." },
  WORKFLOW_FILE_NOT_FOUND: { when: "there is no file of this name to load a workflow from", remedy: "Check the path." },
  WORKFLOW_FILE_TYPE: {
    when: "a workflow's file is no TypeScript or JavaScript",
    remedy: "Name the file that exports the workflow.",
  },
  WORKFLOW_IMPORT_FAILED: {
    when: "a workflow's file cannot be imported",
    remedy: "The message explains the first error of the import.",
  },
  WORKFLOW_MODULE_TYPE: {
    when: "a workflow's file is not an ES module",
    remedy: 'Put `"type": "module"` into its package.json.',
  },
  WORKFLOW_NAME: {
    when: "a workflow's name is too long or holds characters that tags and paths do not take",
    remedy: "Shorten or respell inputData, outputData, category or detail.",
  },
  WORKFLOW_NOT_A_TASK: {
    when: "a workflow gets something that is no task class",
    remedy: "Pass a class that extends `TaskBase`.",
  },
  WORKFLOW_NOT_EXPORTED: {
    when: "a file does not export the workflow that is asked for",
    remedy: "Export it, or name one that the message lists.",
  },
  WORKFLOW_OPTION: {
    when: "a task of a workflow has a queue without a name, or retries or a delay between them that no run can keep to",
    remedy: "The message names the task and what is expected. Correct it in `.add`, or in the class.",
  },
  WORKFLOW_UNKNOWN_UPSTREAM: {
    when: "a task comes after one that is not in the workflow",
    remedy: "Add that one, or take it out of `after`.",
  },
  ...fitsErrors,
  ...serviceErrors,
} as const satisfies Readonly<Record<string, CatalogueEntry>>;
