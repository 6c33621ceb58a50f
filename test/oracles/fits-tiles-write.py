"""Writes tile-compressed images with astropy into a folder, and beside each NAME.fits what astropy reads from it as NAME.npy.

Prints the names as JSON.
"""

import inspect
import json
import sys
import warnings

import numpy
from astropy.io import fits

folder = sys.argv[1]
random = numpy.random.default_rng(11)
rows, columns = 45, 61
noise = random.standard_normal((rows, columns))
slope = numpy.add.outer(numpy.arange(rows), numpy.arange(columns))
dotted = (noise * 10 + 100).astype("f4")
dotted[5:15, 10:30] = 0
dotted[3, 4] = numpy.nan
dotted[20, :] = numpy.nan
blob = numpy.exp(-(((slope - 50) / 9.0) ** 2)) * 4000 + noise * 30
images = {
    "u8": numpy.clip(noise * 20 + 99, 0, 255).astype("u1"),
    "i16": (noise * 300).astype("i2"),
    "u16": (noise * 500 + 30000).astype("u2"),
    "i32": (noise * 1e6).astype("i4"),
    "u32": (noise * 1e5 + 2**31).astype("u4"),
    "blob": blob.astype("i4"),
    "positive": slope.astype("i2"),
    "f32": (noise * 7 + 40).astype("f4"),
    "f64": noise * 1e-7,
    "dotted": dotted,
    "constant": numpy.where(slope < 60, 3, noise).astype("f4"),
    "cube": (random.standard_normal((4, 18, 23)) * 99).astype("i2"),
    "real-cube": (random.standard_normal((4, 18, 23)) * 99).astype("f4"),
}
integers = ["u8", "i16", "u16", "i32", "u32", "blob", "cube"]
reals = ["f32", "f64", "dotted", "constant", "real-cube"]
written = []


# Older versions count the axes of a tile as FITS does, the fastest first.
old = "tile_shape" not in inspect.signature(fits.CompImageHDU.__init__).parameters


def write(name, image, tile=None, **options):
    if tile is not None:
        options["tile_size" if old else "tile_shape"] = list(tile[::-1] if old else tile)
    path = f"{folder}/{name}.fits"
    hdu = fits.CompImageHDU(images[image], **options)
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path, overwrite=True, checksum=True)
    back = fits.getdata(path, 1)
    numpy.save(f"{folder}/{name}.npy", back.astype(back.dtype.newbyteorder("<")))
    written.append(name)


warnings.simplefilter("ignore")
for image in integers:
    flat = images[image].ndim == 2
    for algorithm in ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1"]:
        write(f"{image}-{algorithm}", image, compression_type=algorithm)
        tile = (14, 17) if flat else (1, 10, 9)
        write(f"{image}-{algorithm}-tiles", image, compression_type=algorithm, tile=tile)
write("cube-deep", "cube", compression_type="RICE_1", tile=(3, 5, 7))
for image in ["u8", "positive"]:
    write(f"{image}-PLIO_1", image, compression_type="PLIO_1")
for image in reals:
    tile = (14, 17) if images[image].ndim == 2 else (1, 10, 9)
    for algorithm in ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1"]:
        for method, dither in [(-1, "none"), (1, "one"), (2, "two")]:
            # This algorithm leaves NaN out of what it can hold.
            if algorithm == "HCOMPRESS_1" and image == "dotted":
                continue
            write(
                f"{image}-{algorithm}-{dither}",
                image,
                compression_type=algorithm,
                quantize_level=8,
                quantize_method=method,
                dither_seed=9999,
                tile=None if dither == "one" or image == "dotted" else tile,
            )
    for algorithm in ["GZIP_1", "GZIP_2"]:
        write(f"{image}-{algorithm}-lossless", image, compression_type=algorithm, quantize_level=0)
for scale in [1, 4, -25]:
    for smooth in [False, True]:
        for image in ["blob", "i16", "f32"]:
            write(
                f"{image}-scale{scale}-{smooth}",
                image,
                compression_type="HCOMPRESS_1",
                hcomp_scale=scale,
                hcomp_smooth=smooth,
                tile=(rows, columns),
                quantize_method=-1,
            )
print(json.dumps(written))
