"""
The access pattern of the Python stack on an object store: `upload_file` and `download_file` of s3transfer, with a pool of threads for
many objects. Where `verify` is asked for, each upload is read back and each download is hashed, and both are held against a SHA-256;
a download is on the disk, with its name, before it counts.
"""
import hashlib
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

options = json.loads(sys.argv[1])
bucket, folder, verify = options["bucket"], options["folder"], options["verify"]
threads = options["threads"]
client = boto3.client(
    "s3",
    endpoint_url=options["endpoint"],
    region_name="us-east-1",
    aws_access_key_id=options["accessKey"],
    aws_secret_access_key=options["secretKey"],
    config=Config(max_pool_connections=threads, s3={"addressing_style": "path"}),
)
# Their own threads are for the parts of one object; many small ones have one thread each.
transfer = TransferConfig(max_concurrency=threads)
alone = TransferConfig(use_threads=False)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def put(key, path, config):
    client.upload_file(path, bucket, key, Config=config)
    if not verify:
        return
    back = f"{path}.back"
    client.download_file(bucket, key, back, Config=config)
    if digest(back) != digest(path):
        raise ValueError(f"{key} does not read back as it was sent")
    os.unlink(back)


def get(key, path, config, expected):
    client.download_file(bucket, key, path, Config=config)
    if not verify:
        return
    sync(path)
    if digest(path) != expected:
        raise ValueError(f"{key} did not arrive as it was stored")
    sync(os.path.dirname(path))


def timed(work):
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def pooled(work, items):
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, items))


def one(verb, sources, name):
    """The same work, by verb, for many small sources or for a single large one."""
    config = transfer if len(sources) == 1 else alone
    if verb == "put":
        return timed(lambda: pooled(lambda n: put(f"{name}/{n}", sources[n], config), range(len(sources))))
    expected = [digest(path) for path in sources] if verify else [None] * len(sources)
    target = os.path.join(folder, name)
    os.makedirs(target, exist_ok=True)
    return timed(
        lambda: pooled(lambda n: get(f"{name}/{n}", f"{target}/{n}", config, expected[n]), range(len(sources)))
    )


# What is loaded at first use is not the server's time.
one("put", options["small"][:1], "warm")
one("get", options["small"][:1], "warm")
print(
    json.dumps(
        {
            f"{verb} {size}": one(verb, options[size], f"{options['name']}-{size}")
            for size in ("small", "large")
            for verb in ("put", "get")
        }
    )
)
