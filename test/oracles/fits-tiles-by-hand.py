"""Compresses images by hand, after the letter of the standard: python3 fits-tiles-by-hand.py FOLDER

No other library takes part: bytes, cards and the reals that dithered integers stand for are made here. Tiles span several planes of
cubes, scales stand in columns and in cards, undefined pixels in ZBLANK, BLANK and a column. Prints the pixels of each file as JSON.
"""

import base64
import gzip
import itertools
import json
import struct
import sys

import numpy

folder = sys.argv[1]
random = numpy.random.default_rng(42)
answers = []


def card(name, value):
    if isinstance(value, bool):
        value = "T" if value else "F"
    text = f"'{value:8s}'" if isinstance(value, str) and value not in "TF" else f"{value!s:>20s}".upper()
    return f"{name:8s}= {text}".ljust(80)


def unit(data):
    return data.ljust(-(-len(data) // 2880) * 2880, b"\0")


def header(cards):
    text = "".join(card(*each) for each in cards) + "END".ljust(80)
    return text.ljust(-(-len(text) // 2880) * 2880).encode()


def tiles_of(shape, tile):
    places = [range(-(-length // step)) for length, step in zip(shape, tile)]
    for place in itertools.product(*places):
        yield tuple(slice(i * step, (i + 1) * step) for i, step in zip(place, tile))


def packed(tile, algorithm):
    raw = tile.astype(tile.dtype.newbyteorder(">")).tobytes()
    if algorithm == "GZIP_2":
        raw = numpy.frombuffer(raw, "u1").reshape(-1, tile.dtype.itemsize).T.tobytes()
    return raw if algorithm == "NOCOMPRESS" else gzip.compress(raw, mtime=0)


def write(name, data, tile, algorithm, bitpix, truth, cards=(), columns=(), descriptor="P", of="B", store="COMPRESSED_DATA"):
    """`columns`: name, form, and the value of each tile."""
    rows, heap = b"", b""
    for number, part in enumerate(tiles_of(data.shape, tile)):
        own = packed(data[part], algorithm)
        size = {"B": 1, "I": 2, "E": 4}[of]
        rows += struct.pack(">ii" if descriptor == "P" else ">qq", len(own) // size, len(heap))
        rows += b"".join(struct.pack(">" + {"D": "d", "J": "i"}[form], values[number]) for _, form, values in columns)
        heap += own
    count = number + 1
    fields = [(store, f"1{descriptor}{of}")] + [(column, f"1{form}") for column, form, _ in columns]
    table = [("XTENSION", "BINTABLE"), ("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", len(rows) // count), ("NAXIS2", count)]
    table += [("PCOUNT", len(heap)), ("GCOUNT", 1), ("TFIELDS", len(fields))]
    for number, (column, form) in enumerate(fields, 1):
        table += [(f"TTYPE{number}", column), (f"TFORM{number}", form)]
    table += [("ZIMAGE", True), ("ZCMPTYPE", algorithm), ("ZBITPIX", bitpix), ("ZNAXIS", data.ndim)]
    table += [(f"ZNAXIS{axis}", length) for axis, length in enumerate(data.shape[::-1], 1)]
    table += [(f"ZTILE{axis}", length) for axis, length in enumerate(tile[::-1], 1)]
    primary = header([("SIMPLE", True), ("BITPIX", 8), ("NAXIS", 0), ("EXTEND", True)])
    with open(f"{folder}/{name}.fits", "wb") as file:
        file.write(primary + header([*table, *cards]) + unit(rows + heap))
    pixels = base64.b64encode(numpy.asarray(truth, "<f8").tobytes()).decode()
    answers.append({"file": f"{name}.fits", "shape": data.shape, "pixels": pixels})


# FITS 4.0, appendix I.
randoms, seed = numpy.empty(10000), 1
for at in range(10000):
    seed = 16807 * seed % 2147483647
    randoms[at] = numpy.float32(seed / 2147483647)
assert seed == 1043618065


def reals(integers, tile, scales, zeros, dither, first, blanks):
    out = numpy.empty(integers.shape)
    for number, part in enumerate(tiles_of(integers.shape, tile)):
        row = (number + first - 1) % 10000
        at = int(randoms[row] * 500)
        values = []
        for value in integers[part].ravel():
            shift = 0.0 if dither == "NO_DITHER" else randoms[at] - 0.5
            exact = dither == "SUBTRACTIVE_DITHER_2" and value == -2147483646
            values.append(0.0 if exact else (value - shift) * scales[number] + zeros[number])
            if value == blanks[number]:
                values[-1] = numpy.nan
            at += 1
            if at == 10000:
                row = (row + 1) % 10000
                at = int(randoms[row] * 500)
        out[part] = numpy.reshape(values, integers[part].shape)
    return out


for algorithm in ["GZIP_1", "GZIP_2", "NOCOMPRESS"]:
    name = lambda what: f"{algorithm}-{what}"
    cube = random.integers(-3000, 3000, (3, 2, 5, 7)).astype("i2")
    for tile in [(2, 2, 3, 4), (3, 1, 5, 7), (1, 2, 2, 7), (2, 1, 5, 1), (3, 2, 5, 7)]:
        write(name("x".join(map(str, tile))), cube, tile, algorithm, 16, cube)
    bytes5 = random.integers(0, 255, (2, 3, 2, 3, 5)).astype("u1")
    write(name("five"), bytes5, (2, 2, 1, 2, 3), algorithm, 8, bytes5, descriptor="Q")
    long = random.integers(-(2**60), 2**60, (4, 6))
    write(name("long"), long, (3, 4), algorithm, 64, long)
    real = random.normal(size=(5, 6))
    real[1, 1] = numpy.nan
    write(name("real"), real.astype("f4"), (2, 4), algorithm, -32, real.astype("f4"), [("ZQUANTIZ", "NONE")])
    write(name("double"), real, (2, 4), algorithm, -64, real, descriptor="Q")
    small = random.integers(-5, 5, (4, 6)).astype("i2")
    scaling = [("BSCALE", -0.5), ("BZERO", 10.0)]
    scaled = small * -0.5 + 10
    for key in ["BLANK", "ZBLANK"]:
        write(name(key), small, (2, 6), algorithm, 16, numpy.where(small == 3, numpy.nan, scaled), [*scaling, (key, 3)])
    blanks = numpy.repeat([1, -2], 2)[:, None]
    own = [("ZBLANK", "J", [1, -2])]
    write(name("blanks"), small, (2, 6), algorithm, 16, numpy.where(small == blanks, numpy.nan, scaled), scaling, own)
    whole = random.integers(-1000, 1000, (3, 4, 150)).astype("i4")
    whole[0, 0, 3], whole[1, 2, 5], whole[2, 3, 7] = -2147483647, -2147483646, 77
    tile, scales, zeros = (2, 3, 150), random.uniform(0.1, 2, 4), random.normal(size=4) * 100
    for dither in ["NO_DITHER", "SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2"]:
        places = [("ZSCALE", "D", scales), ("ZZERO", "D", zeros)]
        for first in [1, 9999, 10000]:
            cards = [("ZQUANTIZ", dither), ("ZDITHER0", first), ("ZBLANK", -2147483647)]
            truth = reals(whole, tile, scales, zeros, dither, first, [-2147483647] * 4)
            write(name(f"{dither}-{first}"), whole, tile, algorithm, -64, truth, cards, places)
        cards = [("ZQUANTIZ", dither), ("ZDITHER0", 7), ("ZBLANK", 77), ("ZSCALE", 0.25), ("ZZERO", -3.5)]
        truth = reals(whole, tile, [0.25] * 4, [-3.5] * 4, dither, 7, [77] * 4)
        write(name(f"{dither}-cards"), whole, tile, algorithm, -64, truth, cards)
        blanks = [-2147483647, 77, -2147483647, 77]
        truth = reals(whole, tile, scales, zeros, dither, 7, blanks).astype("f4")
        cards = [("ZQUANTIZ", dither), ("ZDITHER0", 7)]
        write(name(f"{dither}-blanks"), whole, tile, algorithm, -32, truth, cards, [*places, ("ZBLANK", "J", blanks)])
    wide = random.integers(-1000, 1000, (2, 12000)).astype("i4")
    cards = [("ZQUANTIZ", "SUBTRACTIVE_DITHER_1"), ("ZDITHER0", 5000), ("ZSCALE", 0.5), ("ZZERO", 1.0)]
    truth = reals(wide, (1, 12000), [0.5] * 2, [1.0] * 2, "SUBTRACTIVE_DITHER_1", 5000, [None] * 2)
    write(name("wide"), wide, (1, 12000), algorithm, -64, truth, cards)
shorts = random.integers(-3000, 3000, (4, 6)).astype("i2")
thirds = shorts.astype("f4") / 3
write("plain-shorts", shorts, (2, 4), "NOCOMPRESS", 16, shorts, of="I", store="UNCOMPRESSED_DATA")
write("plain-reals", thirds, (2, 4), "NOCOMPRESS", -32, thirds, of="E", store="UNCOMPRESSED_DATA")
write("gzip-reals", thirds, (2, 4), "GZIP_1", -32, thirds, store="GZIP_COMPRESSED_DATA")
print(json.dumps(answers))
