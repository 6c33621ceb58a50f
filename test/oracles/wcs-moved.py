"""Holds moved coordinates against astropy.wcs: python3 wcs-moved.py CASES.json

A case has the cards of a header before and after, the key of the coordinate system, the map old = linear · new + offset, and pixels
of the new image. Prints, for each case, the largest distance between the world coordinates of the two, in the units of the axes.
"""

import json
import sys
import warnings

import numpy
from astropy.io import fits
from astropy.wcs import WCS

warnings.simplefilter("ignore")


def world(cards, key, pixels):
    header = fits.Header.fromstring(cards)
    wcs = WCS(header, key=key)
    missing = wcs.naxis - pixels.shape[1]
    padded = numpy.hstack([pixels, numpy.ones((len(pixels), missing))]) if missing > 0 else pixels
    return wcs.all_pix2world(padded, 1)


answers = []
for case in json.load(open(sys.argv[1])):
    new = numpy.array(case["pixels"], dtype=float)
    old = new @ numpy.array(case["linear"]).T + numpy.array(case["offset"])
    before = world(case["before"], case["key"], old)
    after = world(case["after"], case["key"], new)
    # Longitudes may differ by whole turns.
    distance = numpy.abs(before - after)
    distance = numpy.minimum(distance, numpy.abs(distance - 360))
    answers.append({"distance": str(float(distance.max())), "spread": str(float(numpy.ptp(before, axis=0).max()))})
print(json.dumps(answers))
