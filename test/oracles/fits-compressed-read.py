"""Reads compressed images with astropy, or with cfitsio (fitsio), and saves the pixels of each as NPY.

Arguments: library, then FILE OUT.npy ... ; prints the warnings of all as JSON.
"""

import json
import sys
import warnings

import numpy

library, *pairs = sys.argv[1:]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for path, out in zip(pairs[::2], pairs[1::2]):
        if library == "astropy":
            from astropy.io import fits

            with fits.open(path, checksum=True) as file:
                file.verify("warn")
                data = file[1].data
        else:
            import fitsio

            with fitsio.FITS(path) as file:
                data = file[1].read()
        numpy.save(out, data.astype(data.dtype.newbyteorder("<")))
print(json.dumps([str(warning.message) for warning in caught]))
