"""Holds changes of an image's geometry against numpy, scipy and astropy: python3 geometry.py CASES.json

Prints the largest difference for each case; NaN has to stand at the same places.
"""

import json
import sys
import warnings

import numpy
from astropy.io import fits
from astropy.wcs import WCS
from scipy import ndimage

warnings.simplefilter("ignore")


def array(given):
    return numpy.array([numpy.nan if v is None else v for v in given["data"]], dtype=float).reshape(given["shape"])


def blocks(image, factors):
    shape = [part for n, f in zip(image.shape, factors) for part in (n // f, f)]
    return image.reshape(shape), tuple(range(1, 2 * image.ndim, 2))


def clamped(image, matrix, offset, size, order):
    """Beyond the outer pixels the nearest counts, by its position: what is sampled is the image's own spline."""
    at = numpy.stack(numpy.meshgrid(*[numpy.arange(n) for n in size], indexing="ij")).reshape(2, -1).astype(float)
    old = numpy.array(matrix) @ at + numpy.array(offset)[:, None]
    old = numpy.clip(old, 0, numpy.array(image.shape)[:, None] - 1)
    return ndimage.map_coordinates(image, old, order=order, mode="mirror").reshape(size)


def expected(case):
    image, what = array(case["image"]), case["what"]
    if what == "flip":
        return numpy.flip(image, case["axes"])
    if what == "bin":
        parts, axes = blocks(image, case["factors"])
        return getattr(numpy, case["method"])(parts, axis=axes)
    mode = case.get("mode", "constant")
    if what == "affine":
        size = tuple(case["size"])
        if mode == "nearest":
            return clamped(image, case["matrix"], case["offset"], size, case["order"])
        return ndimage.affine_transform(
            image, numpy.array(case["matrix"]), case["offset"], output_shape=size, order=case["order"], mode=mode, cval=numpy.nan
        )
    if what == "shift":
        return ndimage.shift(image, case["by"], order=case["order"], mode=mode, cval=numpy.nan)
    if what == "rotate":
        return ndimage.rotate(image, case["degrees"], reshape=False, order=case["order"], mode=mode, cval=numpy.nan)
    if what == "zoom":
        factors = [n / o for n, o in zip(case["size"], image.shape)]
        return ndimage.zoom(image, factors, order=case["order"], mode="nearest" if case["order"] < 2 else "mirror", grid_mode=True)
    raise ValueError(what)


def world(cards, pixels):
    return WCS(fits.Header.fromstring(cards)).all_pix2world(pixels, 1)


answers = []
for case in json.load(open(sys.argv[1])):
    if case["what"] == "world":
        pixels = numpy.array(case["pixels"], dtype=float)
        apart = numpy.abs(world(case["before"], pixels[:, :2]) - world(case["after"], pixels[:, 2:]))
        answers.append(float(numpy.minimum(apart, numpy.abs(apart - 360)).max()))
        continue
    theirs, ours = expected(case), array(case["ours"])
    if theirs.shape != ours.shape or not numpy.array_equal(numpy.isnan(theirs), numpy.isnan(ours)):
        answers.append("NaN or shape differ: %s, %s" % (theirs.shape, ours.shape))
    else:
        answers.append(float(numpy.nanmax(numpy.abs(theirs - ours))))
print(json.dumps(answers))
