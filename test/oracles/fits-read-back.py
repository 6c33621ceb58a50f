"""Reads a FITS file with astropy; saves each HDU's pixels as N.npy and prints all cards and warnings as JSON."""

import json
import sys
import warnings

import numpy
from astropy.io import fits


def spelt(value):
    if isinstance(value, fits.card.Undefined):
        return ["undefined", ""]
    if isinstance(value, complex):
        return ["complex", [repr(value.real), repr(value.imag)]]
    return [type(value).__name__, repr(value) if not isinstance(value, str) else value]


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    hdus = []
    with fits.open(sys.argv[1], checksum=True) as file:
        file.verify("warn")
        for index, hdu in enumerate(file):
            cards = [[card.keyword, *spelt(card.value), card.comment] for card in hdu.header.cards]
            hdus.append({"name": hdu.name, "cards": cards})
            if hdu.data is not None:
                native = hdu.data.astype(hdu.data.dtype.newbyteorder("<"))
                numpy.save(f"{sys.argv[2]}/{index}.npy", native)
print(json.dumps({"hdus": hdus, "warnings": [str(warning.message) for warning in caught]}))
