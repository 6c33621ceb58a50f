"""Reads some cards of the primary header of each of many files with astropy; prints the milliseconds it took."""
import json
import sys
import time

from astropy.io import fits

options = json.loads(sys.argv[1])
with open(options["list"]) as file:
    asked = json.load(file)
keywords = asked["keywords"]


def by_open(path):
    with fits.open(path) as hdus:
        header = hdus[0].header
        return [header[keyword] for keyword in keywords]


def by_fromfile(path):
    header = fits.Header.fromfile(path)
    return [header[keyword] for keyword in keywords]


read = by_open if options["way"] == "open" else by_fromfile
begun = time.perf_counter()
for path in asked["paths"]:
    values = read(path)
assert len(values) == len(keywords)
print((time.perf_counter() - begun) * 1000)
