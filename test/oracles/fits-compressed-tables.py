"""Writes tables for fpack to compress: python3 fits-compressed-tables.py FOLDER

One for each algorithm and length of tiles, which fpack takes from directives in the header; prints their paths as JSON.
"""

import json
import os
import sys

import numpy
from astropy.io import fits

folder = sys.argv[1]
random = numpy.random.default_rng(9)
rows = 23


def arrays(kind, values):
    """One in five is empty; some are alike throughout, so that they become smaller, and most are noise, which does not."""
    cells = numpy.empty(rows, dtype=object)
    for row in range(rows):
        count = int(random.integers(0, 60)) if row % 5 else 0
        cells[row] = (numpy.full(count, 7) if row % 3 == 0 else values(count)).astype(kind)
    return cells


whole = lambda low, high: lambda count: random.integers(low, high, count)
real = lambda count: random.normal(0, 100, count)
fixed = [
    fits.Column("I", "1I", array=random.integers(-30000, 30000, rows).astype("i2")),
    fits.Column("J", "3J", array=random.integers(-5, 5, (rows, 3)).astype("i4")),
    fits.Column("K", "1K", array=random.integers(-(10**15), 10**15, rows)),
    fits.Column("B", "4B", array=random.integers(0, 255, (rows, 4)).astype("u1")),
    fits.Column("E", "2E", array=random.normal(size=(rows, 2)).astype("f4")),
    fits.Column("D", "1D", array=random.normal(size=rows)),
    fits.Column("C", "1C", array=(random.normal(size=rows) + 1j).astype("c8")),
    fits.Column("M", "2M", array=random.normal(size=(rows, 2)) + 2j),
    fits.Column("A", "5A", array=numpy.array([f"ab{row}" for row in range(rows)])),
    fits.Column("L", "2L", array=random.integers(0, 2, (rows, 2)).astype(bool)),
    fits.Column("X", "11X", array=random.integers(0, 2, (rows, 11)).astype(bool)),
    fits.Column("U", "1J", bzero=2**31, array=random.integers(0, 2**32, rows).astype("u4")),
]
variable = [
    fits.Column("VB", "QB()", array=arrays("u1", whole(0, 255))),
    fits.Column("VI", "PI()", array=arrays("i2", whole(-1000, 1000))),
    fits.Column("VJ", "PJ()", array=arrays("i4", whole(-1000, 1000))),
    fits.Column("VK", "PK()", array=arrays("i8", whole(-(10**12), 10**12))),
    fits.Column("VE", "PE()", array=arrays("f4", real)),
    fits.Column("VD", "QD()", array=arrays("f8", real)),
    fits.Column("VC", "PC()", array=arrays("c8", lambda count: real(count) + 1j)),
    fits.Column("VA", "PA()", array=numpy.array(["x" * (row % 9) for row in range(rows)], dtype=object)),
]
tables = {"fixed": fits.BinTableHDU.from_columns(fixed), "variable": fits.BinTableHDU.from_columns(fixed + variable)}
paths = {name: [] for name in tables}
for name, table in tables.items():
    for algorithm in [None, "GZIP_1", "GZIP_2", "RICE_1"]:
        for tile in [1, 7, 23, 100]:
            written = table.copy()
            written.header["FZTILELN"] = tile
            if algorithm is not None:
                for number in range(1, len(table.columns) + 1):
                    written.header[f"FZALG{number}"] = algorithm
            path = os.path.join(folder, f"{name}-{algorithm}-{tile}.fits")
            fits.HDUList([fits.PrimaryHDU(), written]).writeto(path)
            paths[name].append(path)
print(json.dumps(paths))
