"""
The scratch of a recipe run as the Python stack keeps it: files, tags, constants, counters and audit in Redis.
Written from the description of that layout alone, it shares no code with the library whose wire format it judges.

    recipe-run.py REDIS_URL SCRATCH_BASE_PATH RECIPE_RUN_ID VERB [ARGUMENT ...]

write-run                  lets four tasks work on the run, the last of which breaks off
read-run                   prints all that Python sees of the run
find TAG ...               prints the files that have all the tags
write TASK TAG ...         writes one file under a generic name
create TASK PATH TAG ...   writes one file there, or prints false where there is one
draw TASK COUNT            writes that many files under generic names, and prints these
rollback TASK              undoes what the audit of the task says
purge                      removes the run

Prints one JSON document.
"""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import urlparse

import redis

DATABASE_COUNT = 16


class TagDB:
    """Sets of strings under `{recipe run id}:{namespace}:{tag}`."""

    def __init__(self, url, recipe_run_id, task_name, namespace):
        address = urlparse(url)
        self.prefix = f"{recipe_run_id}:{namespace}:"
        self.db = redis.Redis(
            host=address.hostname,
            port=address.port,
            db=recipe_run_id % (DATABASE_COUNT - 1),
            client_name=f"{namespace}{task_name}",
        )

    def key(self, tag):
        return self.prefix + tag

    def keys(self):
        return self.db.keys(self.prefix + "*")

    def add(self, tag, value):
        return self.db.sadd(self.key(tag), value)

    def remove(self, tag, value):
        return self.db.srem(self.key(tag), value)

    def any(self, tags):
        return {value.decode() for value in self.db.sunion([self.key(tag) for tag in tags])}

    def all(self, tags):
        return {value.decode() for value in self.db.sinter([self.key(tag) for tag in tags])}

    def clear_tag(self, tag):
        return self.db.delete(self.key(tag))

    def clear_value(self, value):
        for key in self.keys():
            self.db.srem(key, value)

    def tags(self):
        return {key.decode()[len(self.prefix) :] for key in self.keys()}

    def tags_for_value(self, value):
        return {key.decode()[len(self.prefix) :] for key in self.keys() if self.db.sismember(key, value)}

    def increment(self, tag):
        return self.db.incr(self.key(tag))

    def purge(self):
        keys = self.keys()
        if keys:
            self.db.delete(*keys)


class WorkflowFileSystem:
    """The files of a recipe run as one task sees them."""

    def __init__(self, url, base_path, recipe_run_id, task_name):
        self.task_name = task_name
        self.base = Path(base_path) / str(recipe_run_id)
        umask = os.umask(0)
        self.base.mkdir(parents=True, exist_ok=True)
        os.umask(umask)
        self.paths = TagDB(url, recipe_run_id, task_name, "path")
        self.audit = TagDB(url, recipe_run_id, task_name, "scratch_audit")
        self.known_tags = set()

    def write(self, data, relative_path, tags=(), overwrite=False):
        if Path(relative_path).is_absolute():
            raise ValueError(f"{relative_path} is absolute")
        path = self.base / relative_path
        self.audit.add(f"WRITE_{self.task_name}", str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb" if overwrite else "xb") as file:
            file.write(data)
        self.tag(path, tags)

    def tag(self, path, tags):
        path = Path(path)
        if self.base not in path.parents:
            raise ValueError(f"{path} is not in {self.base}")
        if not path.exists():
            raise FileNotFoundError(path)
        for tag in tags:
            if tag not in self.known_tags and not self.paths.any([tag]):
                self.audit.add(f"TAG_{self.task_name}", tag)
            self.known_tags.add(tag)
            self.paths.add(tag, str(path))

    def find_all(self, tags):
        return self.paths.all(tags)

    def delete(self, path):
        Path(path).unlink(missing_ok=True)
        self.paths.clear_value(path)

    def rollback(self):
        for path in self.audit.any([f"WRITE_{self.task_name}"]):
            self.delete(path)
        for tag in self.audit.any([f"TAG_{self.task_name}"]):
            self.paths.clear_tag(tag)
        self.audit.clear_tag(f"WRITE_{self.task_name}")
        self.audit.clear_tag(f"TAG_{self.task_name}")

    def purge(self):
        shutil.rmtree(self.base)
        self.paths.purge()
        self.audit.purge()


class ConstantsDb:
    """Facts of a recipe run, each written once, as JSON."""

    def __init__(self, url, recipe_run_id, task_name):
        self.task_name = task_name
        self.values = TagDB(url, recipe_run_id, task_name, "constant")
        self.audit = TagDB(url, recipe_run_id, task_name, "constants_audit")

    def __setitem__(self, name, value):
        if self.values.any([name]):
            raise ValueError(f"{name} already exists")
        self.values.add(name, json.dumps(value))
        self.audit.add(f"SET_{self.task_name}", name)

    def text(self, name):
        texts = self.values.any([name])
        if not texts:
            raise KeyError(name)
        (text,) = texts
        return text

    def rollback(self):
        for name in self.audit.any([f"SET_{self.task_name}"]):
            self.values.clear_tag(name)
        self.audit.clear_tag(f"SET_{self.task_name}")

    def purge(self):
        self.values.purge()
        self.audit.purge()


def format_tag(*parts):
    return "_".join(str(part).upper() for part in parts)


def exposure_time(time):
    return format_tag("EXP_TIME", round(time, 6))


STEMS_OF_NAMES = (
    "DEBUG INPUT INTERMEDIATE CALIBRATED OUTPUT WORKFLOW_TASK TASK DSPS_REPEAT CS_STEP MODSTATE".split()
)


def generic_base_name(tags):
    rest = [tag for tag in tags if tag != "FRAME"]
    parts = []
    for stem in STEMS_OF_NAMES:
        parts += [tag for tag in rest if stem in tag]
        rest = [tag for tag in rest if stem not in tag]
    return "_".join(re.sub("[ _:]", "-", part) for part in parts + sorted(rest))


class Task:
    def __init__(self, url, base_path, recipe_run_id, task_name):
        self.task_name = task_name
        self.scratch = WorkflowFileSystem(url, base_path, recipe_run_id, task_name)
        self.constants = ConstantsDb(url, recipe_run_id, task_name)
        self.counter = TagDB(url, recipe_run_id, task_name, "counter")

    def write(self, data, tags, relative_path=None, overwrite=False):
        tags = [*tags, format_tag("WORKFLOW_TASK", self.task_name)]
        if relative_path is None:
            base_name = generic_base_name(tags)
            relative_path = f"{base_name}_{self.counter.increment(base_name)}.dat"
        self.scratch.write(data, relative_path, tags, overwrite)
        return relative_path

    def rollback(self):
        self.scratch.rollback()
        self.constants.rollback()

    def purge(self):
        self.scratch.purge()
        self.constants.purge()
        self.counter.purge()


CONSTANTS = {
    "INT_ONE": 1,
    "REAL_ONE": 1.0,
    "NOT_A_NUMBER": float("nan"),
    "INFINITE": float("inf"),
    "MINUS_INFINITE": float("-inf"),
    "MINUS_ZERO": -0.0,
    "SAFE": 2**53 - 1,
    "BEYOND_SAFE": -(2**53) - 1,
    "BIG": 2**100,
    "SMALL": 1e-05,
    "SMALLEST": 5e-324,
    "LARGEST": sys.float_info.max,
    "TEN_TO_16": 1e16,
    "THIRD": 1 / 3,
    "NOTHING": None,
    "YES": True,
    "EMPTY": "",
    "TEXT": 'Grüße ☉ \U0001f31e "\\/ \n\t\x00\x7f',
    "LIST": [],
    "TIMES": (0.01, 10.0, 1e-05),
    "NESTED": {"a": [1, 1.0, [None, {"b": {}, "c": [float("nan"), 2**64]}]], "ü": {"": ()}},
    "LOOKUP": {0.01: [3, 4.0], 10.0: [5]},
}

STRANGE_TAGS = ["Mixed Case", "GLOB_[a-z]*?\\", "SONNE_☉", "PARAMETER_" + "X" * 300, "{7}:path:INPUT"]


def write_run(task):
    """Three tasks end well; the fourth breaks off between an audit entry and its file."""
    transfer = task("PyTransfer")
    for index in range(6):
        transfer.write(b"raw %d" % index, ["INPUT", "FRAME"], f"raw/frame_{index}.fits")
    transfer.write(b"[]", ["INPUT_DATASET_PARAMETERS"], "parameters.json")
    transfer.write(b"calibration", ["PARAMETER_FLAT.FITS"], "flat.fits")

    parse = task("PyParse")
    frames = sorted(parse.scratch.find_all(["INPUT", "FRAME"]))
    times = [10.0, 10.0, 1e-05, 0.1 + 0.2, 10, 123456.7890123]
    for index, (path, time) in enumerate(zip(frames, times)):
        task_type = "dark" if index < 2 else "observe"
        parse.scratch.tag(path, [exposure_time(time), format_tag("TASK", task_type), format_tag("MODSTATE", index % 3)])
    parse.scratch.tag(frames[5], STRANGE_TAGS)
    for name, value in CONSTANTS.items():
        parse.constants[name] = value

    gain = task("PyGain")
    gain.write(b"gain", ["INTERMEDIATE", "FRAME", "TASK_GAIN"])

    dark = task("PyDark")
    for time in (10.0, 1e-05):
        dark.write(b"dark", ["INTERMEDIATE", "FRAME", "TASK_DARK", exposure_time(time)])
    dark.write(b"dark", ["INTERMEDIATE", "FRAME", "TASK_DARK", exposure_time(10.0)])
    dark.write(b"note", ["DEBUG"], "notes/dark.txt")
    dark.scratch.tag(frames[0], ["DARK_USED", "TASK_GAIN"])
    dark.constants["DARK_LEVEL"] = 12.0
    dark.constants["DARK_COUNT"] = 2
    dark.scratch.audit.add("WRITE_PyDark", str(dark.scratch.base / "never-written.dat"))
    return {name: json.dumps(value) for name, value in CONSTANTS.items()}


NAMESPACES = ["path", "scratch_audit", "constant", "constants_audit", "counter"]


def read_run(task, recipe_run_id):
    reader = task("PyReader")
    scratch, constants = reader.scratch, reader.constants
    relative = lambda paths: sorted(str(Path(path).relative_to(scratch.base)) for path in paths)
    db = scratch.paths.db
    everything = {key.decode() for key in db.keys(f"{recipe_run_id}:*")}
    # However wide Python's patterns may be: with the colon after the namespace, or without.
    matched = {key.decode() for space in NAMESPACES for key in db.keys(f"{recipe_run_id}:{space}*")}
    tags = scratch.paths.tags()
    files = {path for tag in tags for path in scratch.paths.any([tag])}
    return {
        "tags": {tag: relative(scratch.paths.any([tag])) for tag in tags},
        "tagsOfFiles": {relative([path])[0]: sorted(scratch.paths.tags_for_value(path)) for path in files},
        "texts": {Path(path).name: Path(path).read_text() for path in files},
        "constants": {name: constants.text(name) for name in constants.values.tags()},
        "values": {name: repr(json.loads(constants.text(name))) for name in constants.values.tags()},
        "dumped": {name: json.dumps(json.loads(constants.text(name))) for name in constants.values.tags()},
        "written": {
            tag[6:]: relative(scratch.audit.any([tag])) for tag in scratch.audit.tags() if tag.startswith("WRITE_")
        },
        "tagged": {tag[4:]: sorted(scratch.audit.any([tag])) for tag in scratch.audit.tags() if tag.startswith("TAG_")},
        "set": {tag[4:]: sorted(constants.audit.any([tag])) for tag in constants.audit.tags()},
        "counters": {tag: int(reader.counter.db.get(reader.counter.key(tag))) for tag in reader.counter.tags()},
        "unmatched": sorted(everything - matched),
    }


def main():
    url, base_path, run, verb, *arguments = sys.argv[1:]
    recipe_run_id = int(run)
    task = lambda name: Task(url, base_path, recipe_run_id, name)
    if verb == "write-run":
        return write_run(task)
    if verb == "read-run":
        return read_run(task, recipe_run_id)
    if verb == "find":
        return sorted(task("PyReader").scratch.find_all(arguments))
    if verb == "write":
        return task(arguments[0]).write(b"from Python", arguments[1:])
    if verb == "create":
        try:
            task(arguments[0]).write(b"from Python", arguments[2:], arguments[1])
            return True
        except FileExistsError:
            return False
    if verb == "draw":
        writer = task(arguments[0])
        # Not under the tag of the task: the counter shall be one that others draw from too.
        draw = lambda: f"DRAWN_{writer.counter.increment('DRAWN')}.dat"
        names = [draw() for _ in range(int(arguments[1]))]
        for name in names:
            writer.scratch.write(b"from Python", name, ["DRAWN"])
        return names
    if verb == "rollback":
        return task(arguments[0]).rollback()
    if verb == "purge":
        return task("PyTeardown").purge()
    raise SystemExit(f"no verb {verb}")


print(json.dumps(main()))
