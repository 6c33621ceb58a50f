"""What astropy and cfitsio read from the files of a folder: python3 read-files.py FOLDER

Prints one JSON document a line for each file: the pixels of every image as base64, the cells of every table. Files packed by fpack are
unpacked by funpack first. Numbers of tables are spelt as text, so that none is rounded on its way; undefined ones are null.
"""

import base64
import json
import os
import subprocess
import sys
import warnings

import numpy
from astropy.io import fits

folder = sys.argv[1]
warnings.simplefilter("ignore")


def spelt(value):
    if isinstance(value, (bool, numpy.bool_)):
        return bool(value)
    if isinstance(value, (bytes, str)):
        return value.decode("latin1") if isinstance(value, bytes) else str(value)
    if isinstance(value, (complex, numpy.complexfloating)):
        return [repr(float(value.real)), repr(float(value.imag))]
    if isinstance(value, (numpy.ndarray, list, tuple, numpy.chararray)):
        return [spelt(each) for each in value]
    if isinstance(value, (float, numpy.floating)):
        return repr(float(value))
    return str(int(value))


def pixels_of(path, index):
    """Physical values: as they are stored where nothing scales them, else in float64, rounded nowhere in between."""
    with fits.open(path, do_not_scale_image_data=True, memmap=False) as file:
        hdu = file[index]
        header, stored = hdu.header, hdu.data
    bscale, bzero, blank = header.get("BSCALE", 1), header.get("BZERO", 0), header.get("BLANK")
    if stored.dtype.kind != "i" and stored.dtype.kind != "u":
        blank = None
    offset = {"u1": -128, "i2": 2**15, "i4": 2**31, "i8": 2**63}.get(stored.dtype.str[1:])
    if blank is None and bscale == 1 and bzero == 0:
        return stored
    if blank is None and bscale == 1 and bzero == offset:
        kind = {"u1": "i1", "i2": "u2", "i4": "u4", "i8": "u8"}[stored.dtype.str[1:]]
        return (stored.astype("O") + int(bzero)).astype(kind) if stored.size < 10**6 else stored.astype("f8") + bzero
    data = stored.astype("f8") * bscale + bzero
    if blank is not None:
        data[stored == blank] = numpy.nan
    return data


def describe(path, index, hdu):
    name, kind = type(hdu).__name__, None
    if isinstance(hdu, fits.CompImageHDU):
        data = hdu.data
    elif isinstance(hdu, (fits.PrimaryHDU, fits.ImageHDU)):
        if hdu.header["NAXIS"] == 0 or 0 in hdu.shape:
            return {"type": name}
        data = pixels_of(path, index)
    elif isinstance(hdu, (fits.BinTableHDU, fits.TableHDU)):
        table = hdu.data
        rows = 0 if table is None else len(table)
        columns = [] if rows == 0 else [[spelt(cell) for cell in table.field(at)] for at in range(len(hdu.columns))]
        return {"type": name, "names": hdu.columns.names, "columns": columns, "rows": rows}
    else:
        return {"type": name}
    kind = data.dtype.str[1:]
    little = numpy.ascontiguousarray(data.astype("<" + kind))
    return {"type": name, "shape": data.shape, "kind": kind, "pixels": base64.b64encode(little.tobytes()).decode()}


for entry in sorted(os.listdir(folder)):
    path = given = f"{folder}/{entry}"
    try:
        if entry.endswith(".fz"):
            path = given + ".unpacked"
            subprocess.run(["funpack", "-O", path, given], check=True, capture_output=True)
        with fits.open(path, memmap=False) as file:
            answer = {"file": entry, "hdus": [describe(path, index, hdu) for index, hdu in enumerate(file)]}
    except Exception as error:
        answer = {"file": entry, "error": f"{type(error).__name__}: {error}"}
    finally:
        if path != given and os.path.exists(path):
            os.remove(path)
    print(json.dumps(answer))
