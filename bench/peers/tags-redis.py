"""The access pattern of the Python stack on Redis: one awaited round trip for each tag, query and membership."""
import json
import sys
import time

import redis

options = json.loads(sys.argv[1])
with open(options["plan"]) as file:
    plan = json.load(file)
prefix = options["prefix"]
share = options["share"]
client = redis.Redis(host="127.0.0.1", port=options["port"], db=options["db"])
client.ping()


def timed(work):
    begun = time.perf_counter()
    result = work()
    return (time.perf_counter() - begun) * 1000, result


def tag():
    for path, tags in zip(plan["paths"][::share], plan["tags"][::share]):
        for each in tags:
            client.sadd(prefix + each, path)


def find():
    return sum(len(client.sinter([prefix + each for each in query])) for query in plan["queries"])


def tags():
    held = 0
    for path in plan["asked"][::share]:
        for key in client.keys(prefix + "*"):
            held += bool(client.sismember(key, path))
    return held


tag_ms, _ = timed(tag)
find_ms, found = timed(find)
tags_ms, held = timed(tags)
print(json.dumps({"tag": tag_ms, "find": find_ms, "tags": tags_ms, "found": found, "held": held}))
