"""Reads the images of FITS files with libcfitsio itself, HDU after HDU of one open file in an order, and saves them as NPY.

Some of what cfitsio keeps of one HDU it takes for the next. Arguments: ORDER ("3,2", the first HDU is 1), then FILE OUT ...; image n
becomes OUT-n.npy, of float32 where BITPIX is -32, else of float64. An HDU without pixels is only visited.
"""

import ctypes
import ctypes.util
import sys

import numpy

library = ctypes.CDLL(ctypes.util.find_library("cfitsio"))
types = {-32: ("<f4", 42)}  # TFLOAT; all others as TDOUBLE


def call(name, *arguments):
    status = ctypes.c_int(0)
    getattr(library, name)(*arguments, ctypes.byref(status))
    if status.value:
        sys.exit(f"{name}: cfitsio's status {status.value}")


def read(file, hdu):
    naxes = (ctypes.c_long * 9)()
    naxis, bitpix, found = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    call("ffmahd", file, hdu, None)
    call("ffgidm", file, ctypes.byref(naxis))
    call("ffgidt", file, ctypes.byref(bitpix))
    if naxis.value == 0:
        return None
    call("ffgisz", file, 9, naxes)
    dtype, code = types.get(bitpix.value, ("<f8", 82))
    pixels = numpy.zeros(naxes[: naxis.value][::-1], dtype)
    # Without a null value pixels come as they are, NaN as NaN.
    to = pixels.ctypes.data_as(ctypes.c_void_p)
    call("ffgpv", file, code, ctypes.c_longlong(1), ctypes.c_longlong(pixels.size), None, to, ctypes.byref(found))
    return pixels


order, *pairs = sys.argv[1:]
for path, out in zip(pairs[::2], pairs[1::2]):
    file = ctypes.c_void_p()
    call("ffopen", ctypes.byref(file), path.encode(), 0)
    for hdu in map(int, order.split(",")):
        pixels = read(file, hdu)
        if pixels is not None:
            numpy.save(f"{out}-{hdu}.npy", pixels)
    call("ffclos", file)
