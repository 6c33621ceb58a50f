"""Writes binary and ASCII tables with astropy into a file, and prints what it reads from each column as JSON.

Numbers are spelt as text, so that none is rounded on its way; undefined ones are null.
"""

import json
import sys
import warnings

import numpy
from astropy.io import fits

path = sys.argv[1]
random = numpy.random.default_rng(5)
rows = 7
warnings.simplefilter("ignore")

text = numpy.array(["", "a", "Sun", "  lead", "quote'", "0123456789", "x y"])
arrays = numpy.empty(rows, dtype=object)
doubles = numpy.empty(rows, dtype=object)
for row in range(rows):
    arrays[row] = numpy.arange(row, dtype="i2") * (-1) ** row
    doubles[row] = random.standard_normal(row * 2 % 5)
strings = numpy.array(["", "one", "twelve", "x", "longer than the others", "y z", "end"])


def integers(kind):
    info = numpy.iinfo(kind)
    return numpy.array([info.min, info.max, 0, 1, 2, 3, 100], dtype=kind)


binary = fits.BinTableHDU.from_columns(
    [
        fits.Column("TRUTH", "L", array=numpy.arange(rows) % 2 == 0),
        fits.Column("BITS", "11X", array=random.integers(0, 2, (rows, 11)).astype(bool)),
        fits.Column("BYTE", "B", unit="adu", array=integers("u1")),
        fits.Column("SHORT", "I", array=integers("i2")),
        fits.Column("LONG", "J", array=integers("i4")),
        fits.Column("WIDE", "K", array=integers("i8")),
        fits.Column("TEXT", "10A", array=text),
        fits.Column("TEXTS", "8A", dim="(4,2)", array=numpy.array([["ab", "cd"]] * rows)),
        fits.Column("REAL", "E", array=random.standard_normal(rows).astype("f4")),
        fits.Column("DOUBLE", "D", array=random.standard_normal(rows)),
        fits.Column("COMPLEX", "C", array=(random.standard_normal(rows) + 2j).astype("c8")),
        fits.Column("COMPLEXES", "2M", array=random.standard_normal((rows, 2)) + 1j),
        fits.Column("CELLS", "12J", dim="(4,3)", array=random.integers(-99, 99, (rows, 3, 4)).astype("i4")),
        fits.Column("UNSIGNED16", "I", bzero=2**15, array=integers("u2")),
        fits.Column("UNSIGNED32", "J", bzero=2**31, array=integers("u4")),
        fits.Column("SCALED", "I", array=numpy.arange(rows, dtype="i2") - 3),
        fits.Column("ARRAYS", "PI()", array=arrays),
        fits.Column("DOUBLES", "QD()", array=doubles),
        fits.Column("STRINGS", "PA()", array=strings),
    ],
    name="BINARY",
)
ascii_table = fits.TableHDU.from_columns(
    [
        fits.Column("NAME", "A10", array=text),
        fits.Column("COUNT", "I6", null="-", array=numpy.array([1, -2, 30000, 4, 5, 66, 7])),
        fits.Column("FLUX", "E15.7", unit="Jy", array=random.standard_normal(rows)),
        fits.Column("FIXED", "F10.3", array=numpy.round(random.standard_normal(rows) * 100, 3)),
        fits.Column("EXACT", "D25.17", array=random.standard_normal(rows) * 1e-9),
    ],
    name="ASCII",
)
fits.HDUList([fits.PrimaryHDU(), binary, ascii_table]).writeto(path, overwrite=True)
# By hand, as astropy itself cannot write a scale to integers.
for key, value in [("TSCAL", 0.25), ("TZERO", 10.5)]:
    fits.setval(path, f"{key}{binary.columns.names.index('SCALED') + 1}", value=value, ext=1)
fits.setval(path, f"TNULL{binary.columns.names.index('SHORT') + 1}", value=100, ext=1)


def spelt(value):
    if isinstance(value, (bool, numpy.bool_)):
        return bool(value)
    if isinstance(value, (bytes, str)):
        return str(value)
    if isinstance(value, (complex, numpy.complexfloating)):
        return [repr(float(value.real)), repr(float(value.imag))]
    if isinstance(value, (numpy.ndarray, list, tuple, numpy.chararray)):
        return [spelt(each) for each in value]
    if isinstance(value, (float, numpy.floating)):
        return repr(float(value))
    return str(int(value))


answer = {}
with fits.open(path) as file:
    for hdu in file[1:]:
        answer[hdu.name] = {name: [spelt(cell) for cell in hdu.data[name]] for name in hdu.columns.names}
print(json.dumps(answer))
