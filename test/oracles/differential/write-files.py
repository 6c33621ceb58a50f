"""Writes random valid FITS files: python3 write-files.py FOLDER SEED COUNT [fpack]

Images of all types and up to five axes, scaled, with undefined pixels, compressed with every algorithm, tile shape and quantisation;
binary tables of every form, ASCII tables; several to a file. With `fpack` some are packed by cfitsio's own program.
"""

import inspect
import os
import shutil
import subprocess
import sys
import warnings

import numpy
from astropy.io import fits

folder, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with_fpack = "fpack" in sys.argv[4:] and shutil.which("fpack") is not None
warnings.simplefilter("ignore")
# Older versions count the axes of a tile as FITS does, the fastest first.
old = "tile_shape" not in inspect.signature(fits.CompImageHDU.__init__).parameters


def chance(random, share):
    return random.random() < share


def shape_of(random, most_axes=5, most_pixels=4000):
    while True:
        axes = int(random.integers(1, most_axes + 1))
        shape = tuple(int(each) for each in random.integers(1, [4001, 90, 30, 9, 6][axes - 1], axes))
        if numpy.prod(shape) <= most_pixels:
            return shape


def values(random, kind, shape):
    dtype = numpy.dtype(kind)
    size = int(numpy.prod(shape))
    style = random.integers(0, 5)
    if dtype.kind in "iu":
        info = numpy.iinfo(dtype)
        if style == 0:
            data = random.integers(info.min, info.max, size, dtype=dtype, endpoint=True)
        elif style == 1:
            data = numpy.full(size, random.choice([info.min, 0, info.max]), dtype)
        else:
            middle = 0 if info.min < 0 else (info.max // 2 if chance(random, 0.5) else 0)
            spread = 10 ** random.uniform(0, numpy.log10(float(info.max)) - 1)
            data = numpy.clip(random.standard_normal(size) * spread + float(middle), float(info.min), float(info.max) * 0.99)
            data = data.astype(dtype)
            data[:: int(random.integers(5, 50))] = random.choice([info.min, info.max])
        return data.reshape(shape)
    data = random.standard_normal(size) * 10 ** random.uniform(-9, 9) + random.choice([0, 0, 1e3, -1e6])
    if style == 0:
        data = numpy.round(data)
    if style == 1:
        data[:] = 3.25
    if style == 2:
        data[random.random(size) < 0.2] = 0
    data = data.astype(dtype)
    if chance(random, 0.3):
        data[random.random(size) < 0.1] = numpy.nan
    return data.reshape(shape)


def dress(random, header):
    """Cards of all kinds, which are nobody's business but must not be in the way."""
    header["OBJECT"] = ("Sun's 'limb' / edge", "what was looked at")
    if chance(random, 0.3):
        header["LONGTEXT"] = ("a long string that goes on and on, " * 4, "and its comment")
    if chance(random, 0.3):
        header["HIERARCH ESO TEL AIRM"] = (1.0 + random.random(), "airmass")
    for number in range(int(random.integers(0, 60))):
        header[f"KEY{number}"] = random.choice([1, 2.5, True])
    header["HISTORY"] = "made for a test"
    header["COMMENT"] = "a comment"


kinds = ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]


def plain(random, primary):
    kind = random.choice(kinds)
    data = values(random, kind, shape_of(random))
    if kind[0] == "f" and chance(random, 0.2):
        data.flat[0] = numpy.inf
        data.flat[-1] = -numpy.inf
    hdu = fits.PrimaryHDU(data) if primary else fits.ImageHDU(data)
    dress(random, hdu.header)
    return hdu, None


def compressed(random):
    algorithm = random.choice(["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1"])
    kind = random.choice([each for each in kinds if each not in ("i1", "i8", "u8")])
    options = {"compression_type": algorithm}
    if algorithm == "PLIO_1":
        kind = random.choice(["u1", "i2", "u2", "i4"])
    shape = shape_of(random, 3)
    if algorithm == "HCOMPRESS_1":
        shape = (shape_of(random, 1, 3)[0],) * int(chance(random, 0.3)) + tuple(int(each) for each in random.integers(4, 60, 2))
    data = values(random, kind, shape)
    if algorithm == "PLIO_1":
        top = {"u1": 255, "i2": 32767, "u2": 65535, "i4": 2**24 - 1}[kind]
        data = random.integers(0, top, data.shape).astype(kind)
        data[random.random(data.shape) < 0.5] = 0
    if data.dtype.kind == "f":
        if algorithm == "HCOMPRESS_1":
            data = numpy.nan_to_num(data)
        options["quantize_level"] = random.choice([0.5, 4, 16, 100]) if algorithm not in ("GZIP_1", "GZIP_2") else random.choice([0, 4])
        options["quantize_method"] = int(random.choice([-1, 1, 2]))
        options["dither_seed"] = int(random.integers(1, 10001))
    elif algorithm == "HCOMPRESS_1":
        # What does not fit 32 bits after the transform is not restored by anybody.
        data = (data.astype("f8") / 2.0**8).astype(kind) if data.dtype.itemsize == 4 else data
        options["hcomp_scale"] = float(random.choice([0, 0, 1, 3]))
        options["hcomp_smooth"] = bool(chance(random, 0.5))
    if chance(random, 0.6) and algorithm != "HCOMPRESS_1":
        tile = [int(random.integers(1, length + 1)) for length in data.shape]
        options["tile_size" if old else "tile_shape"] = tile[::-1] if old else tile
    elif algorithm == "HCOMPRESS_1":
        tile = [1] * (data.ndim - 2) + [int(random.integers(4, length + 1)) for length in data.shape[-2:]]
        # Its tiles are to have four rows, the last of them too.
        tile = [length if length % each and length % each < 4 else each for length, each in zip(data.shape, tile)]
        options["tile_size" if old else "tile_shape"] = tile[::-1] if old else tile
    hdu = fits.CompImageHDU(data, **options)
    dress(random, hdu.header)
    return hdu, None


codes = {"B": "u1", "I": "i2", "J": "i4", "K": "i8", "E": "f4", "D": "f8", "C": "c8", "M": "c16"}


def binary_table(random):
    # Only long ones are worth compressing, and only columns of cells that are alike are read from them.
    rows = int(random.integers(0, 12)) if chance(random, 0.7) else int(random.integers(500, 1500))
    forms = list("LXBIJKAEDCM") + (["P", "Q"] if rows < 12 else [])
    columns = []
    for number in range(int(random.integers(1, 9))):
        name = f"COL{number}" if chance(random, 0.9) else f"a name {number}"
        form = random.choice(forms)
        repeat = int(random.integers(1, 7)) if chance(random, 0.5) else 1
        options = {"unit": "m/s"} if chance(random, 0.3) else {}
        if form == "A":
            width = int(random.integers(1, 14))
            texts = ["", "a", "Sun", " lead", "it's", "0123456789abcdef"]
            data = numpy.array([random.choice(texts)[:width] for _ in range(rows)], dtype=f"U{width}")
            columns.append(fits.Column(name, f"{width}A", array=data, **options))
        elif form == "L":
            columns.append(fits.Column(name, f"{repeat}L", array=random.random((rows, repeat)) < 0.5 if repeat > 1 else random.random(rows) < 0.5))
        elif form == "X":
            bits = int(random.integers(1, 20))
            columns.append(fits.Column(name, f"{bits}X", array=random.random((rows, bits)) < 0.5))
        elif form in "PQ":
            code = random.choice(list("BIJKEDCMA"))
            cells = numpy.empty(rows, dtype=object)
            for row in range(rows):
                length = int(random.integers(0, 6))
                cells[row] = "x" * length if code == "A" else numbers(random, codes[code], length)
            if code == "A":
                cells = numpy.array([str(each) for each in cells])
            columns.append(fits.Column(name, f"{form}{code}()", array=cells))
        else:
            if form in "IJK" and chance(random, 0.25):
                bits = {"I": 16, "J": 32, "K": 64}[form]
                data = numbers(random, f"u{bits // 8}", rows)
                columns.append(fits.Column(name, form, bzero=2 ** (bits - 1), array=data))
                continue
            data = numbers(random, codes[form], rows * repeat).reshape((rows, repeat) if repeat > 1 else rows)
            if repeat in (4, 6) and chance(random, 0.7):
                options["dim"] = f"({repeat // 2},2)"
                data = data.reshape(rows, 2, repeat // 2)
            columns.append(fits.Column(name, f"{repeat}{form}", array=data, **options))
    hdu = fits.BinTableHDU.from_columns(columns, name="EVENTS")
    return hdu, None


def numbers(random, kind, size):
    dtype = numpy.dtype(kind)
    if dtype.kind in "iu":
        info = numpy.iinfo(dtype)
        return random.integers(info.min, info.max, size, dtype=dtype, endpoint=True)
    data = random.standard_normal(size) * 10.0 ** random.integers(-20, 20)
    if dtype.kind == "c":
        data = data + 1j * random.standard_normal(size)
    return data.astype(dtype)


def ascii_table(random):
    rows = int(random.integers(1, 12))
    columns = [
        fits.Column("NAME", f"A{random.integers(2, 12)}", array=numpy.array([random.choice(["a", "Sun", "bc"]) for _ in range(rows)])),
        fits.Column("SMALL", f"I{random.integers(4, 10)}", array=random.integers(-999, 9999, rows)),
        fits.Column("LARGE", "I20", array=random.integers(-(2**60), 2**60, rows)),
        fits.Column("REAL", "E15.7", array=random.standard_normal(rows) * 10.0 ** random.integers(-30, 30)),
        fits.Column("FIXED", f"F12.{random.integers(0, 5)}", array=random.standard_normal(rows) * 100),
        fits.Column("EXACT", "D25.17", array=random.standard_normal(rows) * 1e-9),
    ]
    chosen = [column for column in columns if chance(random, 0.7)] or columns[:1]
    return fits.TableHDU.from_columns(chosen, name="LIST"), None


def scale(random, path, index, bitpix):
    """By hand, into the finished file: astropy scales what it is given."""
    with fits.open(path, mode="update", do_not_scale_image_data=True) as file:
        header = file[index].header
        if "BZERO" in header:
            return
        if chance(random, 0.7):
            header["BSCALE"] = float(random.choice([0.5, 0.1, 10, -1, 1e-5]))
            header["BZERO"] = float(random.choice([0, 1000, -3.7, 32768.5]))
        if bitpix > 0 and chance(random, 0.7):
            data = file[index].data
            header["BLANK"] = int(data.flat[0])


def make(number):
    random = numpy.random.default_rng([seed, number])
    path = f"{folder}/{number:06d}.fits"
    what = random.choice(["plain", "compressed", "compressed", "table", "ascii", "mixed"])
    hdus = []
    if what == "plain":
        hdus = [plain(random, True)[0]]
    else:
        hdus = [plain(random, True)[0] if chance(random, 0.3) else fits.PrimaryHDU()]
        makers = {"compressed": [compressed], "table": [binary_table], "ascii": [ascii_table]}
        for maker in makers.get(what, [compressed, binary_table, ascii_table, lambda r: plain(r, False)]):
            hdus.append(maker(random)[0])
    fits.HDUList(hdus).writeto(path, overwrite=True, checksum=bool(chance(random, 0.3)))
    for index, hdu in enumerate(hdus):
        if isinstance(hdu, (fits.PrimaryHDU, fits.ImageHDU)) and hdu.data is not None and hdu.data.dtype.kind in "iu" and chance(random, 0.4):
            scale(random, path, index, hdu.header["BITPIX"])
    if with_fpack and what in ("plain", "table") and chance(random, 0.7):
        pack(random, path, what)
    if os.path.exists(path) and chance(random, 0.1):
        subprocess.run(["gzip", "-f", path], check=True)


def pack(random, path, what):
    with fits.open(path, do_not_scale_image_data=True) as file:
        header = file[0].header
        bitpix, axes = header["BITPIX"], header["NAXIS"]
        negative = bitpix > 0 and axes > 0 and file[0].data.min() < 0
        undefined = bitpix < 0 and axes > 0 and not numpy.isfinite(file[0].data).all()
    options = []
    if what == "table":
        subprocess.run(["fpack", "-tableonly", "-O", path + ".fz", path], capture_output=True)
        if os.path.exists(path + ".fz"):
            os.remove(path)
        return
    choice = random.choice(["-r", "-g1", "-g2", "-h", "-p", "-d"])
    if bitpix == 64 or axes > 5:
        return
    if choice == "-h" and (axes < 2 or undefined or bitpix == 32):
        choice = "-r"
    if choice == "-p" and (bitpix not in (8, 16) or negative):
        choice = "-g1"
    if choice == "-d" and bitpix not in (16, 32, -32, -64):
        choice = "-r"
    options.append(choice)
    if bitpix < 0 and choice not in ("-g1", "-g2", "-d"):
        options += [str(random.choice(["-q", "-q0", "-qz77", "-q5"])), str(random.choice([1, 4, 16]))]
    if choice == "-h" and chance(random, 0.5) and bitpix > 0:
        options += ["-s", str(random.choice([1, 2]))]
    if chance(random, 0.3) and choice in ("-r", "-g1", "-g2") and not undefined:
        options.append("-w")
    done = subprocess.run(["fpack", *options, "-O", path + ".fz", path], capture_output=True)
    if done.returncode == 0 and os.path.exists(path + ".fz"):
        os.remove(path)


def forget(number):
    for name in os.listdir(folder):
        if name.startswith(f"{number:06d}"):
            os.remove(f"{folder}/{name}")


if __name__ == "__main__":
    for number in range(count):
        # A process of its own: what the writer itself cannot write, it may die of. That is no case.
        child = os.fork()
        if child == 0:
            try:
                make(number)
            except Exception as error:
                print(f"{number}: {type(error).__name__} {error}", file=sys.stderr)
                os._exit(1)
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            forget(number)
