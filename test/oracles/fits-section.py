"""Writes images with astropy into a folder, and beside them sections of them as astropy reads them, as cases.json."""

import inspect
import json
import sys
import warnings

import numpy
from astropy.io import fits

folder = sys.argv[1]
random = numpy.random.default_rng(5)
warnings.simplefilter("ignore")
old = "tile_shape" not in inspect.signature(fits.CompImageHDU.__init__).parameters
noise = random.standard_normal((5, 31, 47))
types = {
    "u1": noise * 20 + 99,
    "i2": noise * 300,
    "u2": noise * 500 + 30000,
    "i4": noise * 1e6,
    "u4": noise * 1e5 + 2**31,
    "i8": noise * 1e12,
    "f4": noise,
    "f8": noise,
}
cases = []


def sections(shape):
    for _ in range(5):
        ends = [sorted(int(each) for each in random.integers(0, length, 2)) for length in shape]
        yield [(first, last + 1) for first, last in ends]


def ask(name, hdu, image):
    for section in sections(image.shape):
        part = numpy.ascontiguousarray(image[tuple(slice(*each) for each in section)]).astype("<f8")
        part = numpy.where(numpy.isnan(part), numpy.nan, part)
        cases.append({"name": name, "hdu": hdu, "section": section, "pixels": part.tobytes().hex()})


for kind, values in types.items():
    for shape in [(5, 31, 47), (155, 47)]:
        image = values.reshape(shape).astype(kind)
        name = f"plain-{kind}-{len(shape)}.fits"
        fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(image)]).writeto(f"{folder}/{name}")
        ask(name, 1, image)
        if kind == "i8":
            continue
        for tile in [None, (7, 13), (20, 20)]:
            for algorithm in ["RICE_1", "GZIP_1", "GZIP_2"]:
                options = {}
                if tile is not None:
                    size = (1,) * (len(shape) - 2) + tile
                    options["tile_size" if old else "tile_shape"] = list(size[::-1] if old else size)
                name = f"{algorithm}-{kind}-{len(shape)}-{'row' if tile is None else tile[0]}.fits"
                hdu = fits.CompImageHDU(image, compression_type=algorithm, **options)
                fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(f"{folder}/{name}")
                ask(name, 1, fits.getdata(f"{folder}/{name}", 1))

scaled = fits.PrimaryHDU((noise * 300).astype("i2")[0])
scaled.header["BSCALE"] = 0.25
scaled.header["BZERO"] = 11.5
scaled.header["BLANK"] = 17
scaled.writeto(f"{folder}/blank.fits")
stored = (noise * 300).astype("i2")[0].astype("f8")
ask("blank.fits", 0, numpy.where(stored == 17, numpy.nan, stored * 0.25 + 11.5))
with open(f"{folder}/cases.json", "w") as file:
    json.dump(cases, file)
