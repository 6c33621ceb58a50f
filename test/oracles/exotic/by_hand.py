"""What exotic.py writes FITS files with: values, columns, images, tiles and what astropy says of them.

Bytes and cards are made here, after the letter of the standard. No other library writes. Numbers are spelt `n:…`, texts `t:…`, undefined is null.
"""

import gzip
import itertools
import json
import math
import struct
import sys
import warnings

import numpy
from astropy.io import fits

folder, seed = sys.argv[1], int(sys.argv[2])
random = numpy.random.default_rng(seed)
warnings.simplefilter("ignore")


def pick(*choices):
    return choices[int(random.integers(0, len(choices)))]


class Literal(str):
    """The text of a card behind its name."""


def card(name, value):
    if isinstance(value, Literal):
        text = value
    elif isinstance(value, bool):
        text = "= " + ("T" if value else "F").rjust(20)
    elif isinstance(value, str):
        text = "= '" + value.replace("'", "''").ljust(8) + "'"
    else:
        text = "= " + (repr(value).upper() if isinstance(value, float) else str(value)).rjust(20)
    assert len(text) <= 72, text
    return (name.ljust(8) + text).ljust(80)


def unit(data, fill=b"\0"):
    return data.ljust(-(-len(data) // 2880) * 2880, fill)


def header(cards):
    return unit(("".join(card(*each) for each in cards) + "END".ljust(80)).encode("latin1"), b" ")


primary = header([("SIMPLE", True), ("BITPIX", 8), ("NAXIS", 0), ("EXTEND", True)])
empty = {"type": "image", "shape": []}

# ------------------------------------------------------------------ values

kinds = {"B": "u1", "I": "i2", "J": "i4", "K": "i8", "E": "f4", "D": "f8"}
specials = [0.0, -0.0, math.nan, math.inf, -math.inf, 1e-45, 3.5]


def spelt(value):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return "t:" + value
    if isinstance(value, (complex, numpy.complexfloating)):
        return [spelt(float(value.real)), spelt(float(value.imag))]
    if isinstance(value, (list, tuple)):
        return [spelt(each) for each in value]
    if isinstance(value, (float, numpy.floating)):
        return "n:" + repr(float(value))
    return f"n:{int(value)}"


def values(code, count):
    if code == "L":
        return [pick(True, False, None) for _ in range(count)]
    if code == "X":
        return [int(random.integers(0, 2)) for _ in range(count)]
    if code in "CM":
        part = "E" if code == "C" else "D"
        return [complex(a, b) for a, b in zip(values(part, count), values(part, count))]
    if code in "ED":
        out = [float(numpy.dtype(kinds[code]).type(random.normal() * 10.0 ** random.integers(-20, 20))) for _ in range(count)]
        return [float(numpy.dtype(kinds[code]).type(pick(*specials))) if random.random() < 0.2 else each for each in out]
    info = numpy.iinfo(kinds[code])
    return [
        pick(info.min, info.max, 0) if random.random() < 0.3 else int(random.integers(info.min, info.max, dtype=kinds[code]))
        for _ in range(count)
    ]


def packed(code, own):
    if code == "L":
        return bytes({True: 84, False: 70, None: 0}[each] for each in own)
    if code == "X":
        return numpy.packbits(numpy.array(own, "u1")).tobytes() if own else b""
    if code in "CM":
        parts = [part for each in own for part in (each.real, each.imag)]
        return struct.pack(f">{len(parts)}{'f' if code == 'C' else 'd'}", *parts)
    return struct.pack(f">{len(own)}" + {"B": "B", "I": "h", "J": "i", "K": "q", "E": "f", "D": "d"}[code], *own)


def nested(flat, shape):
    if not shape:
        return flat[0]
    step = len(flat) // shape[0] if shape[0] else 0
    return [nested(flat[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]


def physical(code, own, scale, zero, null):
    if own is None or (null is not None and own == null):
        return None
    if code in "CM":
        return complex(own.real * scale + zero, own.imag * scale)
    exact = code in kinds and code not in "ED" and scale == 1 and abs(zero) in (0, 128, 2**15, 2**31, 2**63)
    return int(own) + int(zero) if exact else own * scale + zero


# ------------------------------------------------------------------ tables

def fixed(name, code, rows, repeat=1, scale=None, zero=None, null=None, dim=None, form=None, shape=None):
    cells, truth = [], []
    for _ in range(rows):
        own = values(code, repeat)
        if null is not None and own and random.random() < 0.5:
            own[int(random.integers(0, repeat))] = null if code in "BIJK" and in_range(code, null) else own[0]
        cells.append(packed(code, own))
        scaled = own
        if scale is not None or zero is not None or null is not None:
            scaled = [physical(code, each, scale or 1, zero or 0, null) for each in own]
        lengths = shape if shape is not None else ([] if repeat == 1 else [repeat])
        used = scaled[: math.prod(lengths)] if lengths else scaled
        truth.append(spelt(nested(used, lengths)))
    cards = [("TSCAL", scale), ("TZERO", zero), ("TNULL", null), ("TDIM", dim)]
    return {"name": name, "form": form or f"{repeat}{code}", "cells": cells, "truth": truth, "cards": cards}


def in_range(code, value):
    info = numpy.iinfo(kinds[code])
    return info.min <= value <= info.max


def text(name, form, width, cells, truth, dim=None):
    stored = [each.ljust(width, b" ")[:width] if isinstance(each, bytes) else each for each in cells]
    return {"name": name, "form": form, "cells": stored, "truth": spelt(truth), "cards": [("TDIM", dim)]}


def variable(name, code, rows, kind="P", most=True, scale=None, zero=None, null=None, dim=None, shape=None):
    arrays, truth, longest = [], [], 0
    for row in range(rows):
        count = int(random.integers(0, 9)) if shape is None else math.prod(shape) * pick(0, 1, 1)
        if code == "A":
            own = "".join(pick("a", "b", " ", "z") for _ in range(count)).rstrip().ljust(count, pick("\0", " ")[0])
            arrays.append((own.encode(), count))
            truth.append([spelt(own.split("\0")[0].rstrip())])
        else:
            own = values(code, count)
            if null is not None and own:
                own[0] = null
            arrays.append((packed(code, own), count))
            if scale is not None or zero is not None or null is not None:
                own = [physical(code, each, scale or 1, zero or 0, null) for each in own]
            truth.append(spelt(nested(own, shape) if shape is not None and own else own))
        longest = max(longest, count)
    form = f"{pick('', '1')}{kind}{code}" + (f"({longest})" if most else "")
    cards = [("TSCAL", scale), ("TZERO", zero), ("TNULL", null), ("TDIM", dim)]
    return {"name": name, "form": form, "arrays": arrays, "kind": kind, "truth": truth, "cards": cards}


def table(columns, rows, gap=0, extra=(), shuffled=True, tail=0):
    has_heap = any("arrays" in each for each in columns)
    heap, descriptors = bytearray(b"\xee" * int(pick(0, 0, 3) if has_heap else 0)), {}
    jobs = [(at, row) for at, each in enumerate(columns) if "arrays" in each for row in range(rows)]
    if shuffled:
        random.shuffle(jobs)
    for at, row in jobs:
        data, count = columns[at]["arrays"][row]
        form = ">ii" if columns[at]["kind"] == "P" else ">qq"
        descriptors[at, row] = struct.pack(form, count, len(heap) if count else 0)
        heap += data + b"\xdd" * int(pick(0, 0, 1, 5))
    heap += b"\xcc" * tail
    body = b"".join(
        columns[at]["cells"][row] if "cells" in columns[at] else descriptors[at, row]
        for row in range(rows)
        for at in range(len(columns))
    )
    width = len(body) // rows if rows else sum(each.get("width", 0) for each in columns)
    cards = [("XTENSION", "BINTABLE"), ("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", width), ("NAXIS2", rows)]
    cards += [("PCOUNT", gap + len(heap)), ("GCOUNT", 1), ("TFIELDS", len(columns))]
    for number, each in enumerate(columns, 1):
        if each["name"] is not None:
            cards.append((f"TTYPE{number}", each["name"]))
        cards.append((f"TFORM{number}", each["form"]))
        cards += [(f"{key}{number}", value) for key, value in each["cards"] if value is not None]
    if gap:
        cards.append(("THEAP", len(body) + gap))
    names = [(each["name"] or "").rstrip() for each in columns]
    truth = {"type": "table", "rows": rows, "names": names, "columns": [each["truth"] for each in columns]}
    return header([*cards, *extra]) + unit(body + b"\xaa" * gap + bytes(heap)), truth


def ascii_table(fields, rows, overlapping=False):
    """`fields`: name, form, texts, truth, cards."""
    starts, at = [], 1
    for _, form, texts, *_ in fields:
        starts.append(at)
        at += len(texts[0]) + int(pick(0, 1, 2))
    lines = []
    for row in range(rows):
        line = bytearray(b" " * (at - 1))
        for start, (_, _, texts, *_) in zip(starts, fields):
            line[start - 1 : start - 1 + len(texts[row])] = texts[row].encode("latin1")
        lines.append(bytes(line))
    if overlapping:
        fields = [*fields, ("AGAIN", f"A{at - 1}", None, [each.decode().rstrip() for each in lines], [])]
        starts.append(1)
    cards = [("XTENSION", "TABLE"), ("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", at - 1), ("NAXIS2", rows), ("PCOUNT", 0)]
    cards += [("GCOUNT", 1), ("TFIELDS", len(fields))]
    for number, (start, (name, form, _, _, own)) in enumerate(zip(starts, fields), 1):
        cards += [(f"TTYPE{number}", name), (f"TBCOL{number}", start), (f"TFORM{number}", form)]
        cards += [(f"{key}{number}", value) for key, value in own]
    truth = {"type": "table", "rows": rows, "names": [each[0] for each in fields], "columns": [spelt(each[3]) for each in fields]}
    return header(cards) + unit(b"".join(lines), b" "), truth


# ------------------------------------------------------------------ images

bits = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


def stored(bitpix, shape):
    size = math.prod(shape)
    if bitpix < 0:
        return numpy.array(values("E" if bitpix == -32 else "D", size), bits[bitpix]).reshape(shape)
    code = {8: "B", 16: "I", 32: "J", 64: "K"}[bitpix]
    return numpy.array(values(code, size), bits[bitpix]).reshape(shape)


def scaled(data, bscale=1, bzero=0, blank=None):
    """By pixel, in Python's own numbers."""
    out = []
    whole = data.dtype.kind in "iu"
    for each in data.ravel().tolist():
        if whole and blank is not None and each == blank:
            out.append("n:nan")
        elif whole and blank is None and bscale == 1 and isinstance(bzero, int) and bzero in (0, -128, 2**15, 2**31, 2**63):
            out.append(f"n:{each + bzero}")
        else:
            out.append(spelt(float(each) * bscale + bzero))
    return out


def image(data, first=False, extra=(), cards=(), values=None):
    bitpix = {"u1": 8, "i2": 16, "i4": 32, "i8": 64, "f4": -32, "f8": -64}[data.dtype.str[1:]]
    own = [("SIMPLE", True) if first else ("XTENSION", "IMAGE"), ("BITPIX", bitpix), ("NAXIS", data.ndim)]
    own += [(f"NAXIS{axis}", length) for axis, length in enumerate(data.shape[::-1], 1)]
    own += [("EXTEND", True)] if first else [("PCOUNT", 0), ("GCOUNT", 1)]
    truth = {"type": "image", "shape": list(data.shape) if data.ndim else [], "values": values if values is not None else scaled(data)}
    if data.size == 0 or data.ndim == 0:
        truth.pop("values")
    return header([*own, *cards, *extra]) + unit(data.astype(data.dtype.newbyteorder(">")).tobytes() if data.ndim else b""), truth


# ------------------------------------------------------------------ tiles

def rice(own, size, block):
    """Rice's code of integers of `size` bytes (FITS 4.0, 10.4.1)."""
    code_bits, direct = {1: (3, 6), 2: (4, 14), 4: (5, 25)}[size]
    width, text = 8 * size, []
    put = lambda value, count: text.append(format(value & ((1 << count) - 1), f"0{count}b") if count else "")
    put(own[0], width)
    last, half = own[0], 1 << (width - 1)
    for at in range(0, len(own), block):
        mapped = []
        for value in own[at : at + block]:
            apart = (value - last + half) % (2 * half) - half
            mapped.append(2 * apart if apart >= 0 else -2 * apart - 1)
            last = value
        if not any(mapped):
            put(0, code_bits)
            continue
        low = min(range(direct), key=lambda k: sum((each >> k) + 1 + k for each in mapped))
        if sum((each >> low) + 1 + low for each in mapped) >= width * len(mapped):
            put(direct + 1, code_bits)
            for each in mapped:
                put(each, width)
            continue
        put(low + 1, code_bits)
        for each in mapped:
            text.append("0" * (each >> low) + "1")
            put(each, low)
    joined = "".join(text)
    joined = joined.ljust(-(-len(joined) // 8) * 8, "0")
    return int(joined, 2).to_bytes(len(joined) // 8, "big")


def plio(own):
    """Line lists of runs (FITS 4.0, 10.4.4): values are set outright, then runs of them."""
    words, value = [], 1
    runs = [(value, len(list(group))) for value, group in itertools.groupby(own)]
    for here, count in runs:
        if here > 0 and here != value:
            words += [0x1000 | (here & 0xFFF), here >> 12]
            value = here
        while count:
            run = min(count, 4095)
            words.append((0x4000 if here > 0 else 0) | run)
            count -= run
    length = 7 + len(words)
    return struct.pack(f">{length}H", 0, 7, 0xFF9C, length % 32768, length // 32768, 0, 0, *words)


def tiles_of(shape, tile):
    places = [range(-(-length // step)) for length, step in zip(shape, tile)]
    for place in itertools.product(*places):
        yield tuple(slice(i * step, (i + 1) * step) for i, step in zip(place, tile))


def tiled(data, tile, algorithm, bitpix, truth, encode, cards=(), columns=(), kind="P", of="B", fallback=None, named=(), has_tile=True):
    rows, heap = b"", b""
    forms = {"D": "d", "J": "i", "E": "f", "I": "h", "K": "q"}
    for number, part in enumerate(tiles_of(data.shape, tile)):
        own = encode([int(each) if data.dtype.kind in "iu" else float(each) for each in data[part].ravel()])
        other = b""
        if fallback is not None and number % 2 == 1:
            own, other = b"", fallback(data[part])
        size = {"B": 1, "I": 2, "J": 4}[of]
        places = [(own, size)] + ([(other, 1)] if fallback is not None else [])
        for bytes_, each in places:
            rows += struct.pack(">ii" if kind == "P" else ">qq", len(bytes_) // each, len(heap) if bytes_ else 0)
            heap += bytes_
        rows += b"".join(struct.pack(">" + forms[form], each[number]) for _, form, each in columns)
    fields = [("COMPRESSED_DATA", f"1{kind}{of}")] + ([("GZIP_COMPRESSED_DATA", f"1{kind}B")] if fallback is not None else [])
    fields += [(name, f"1{form}") for name, form, _ in columns]
    count = number + 1
    own = [("XTENSION", "BINTABLE"), ("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", len(rows) // count), ("NAXIS2", count)]
    own += [("PCOUNT", len(heap)), ("GCOUNT", 1), ("TFIELDS", len(fields))]
    for at, (name, form) in enumerate(fields, 1):
        own += [(f"TTYPE{at}", name), (f"TFORM{at}", form)]
    own += [("ZIMAGE", True), ("ZCMPTYPE", algorithm), ("ZBITPIX", bitpix), ("ZNAXIS", data.ndim)]
    own += [(f"ZNAXIS{axis}", length) for axis, length in enumerate(data.shape[::-1], 1)]
    if has_tile:
        own += [(f"ZTILE{axis}", length) for axis, length in enumerate(tile[::-1], 1)]
    for at, (name, value) in enumerate(named, 1):
        own += [(f"ZNAME{at}", name), (f"ZVAL{at}", value)]
    return header([*own, *cards]) + unit(rows + heap), {"type": "image", "shape": list(data.shape), "values": truth}


# ------------------------------------------------------------------ what astropy says

def same(ours, theirs):
    if ours is None:
        return True
    if isinstance(ours, bool):
        return ours == bool(theirs)
    if isinstance(ours, str) and ours.startswith("t:"):
        if isinstance(theirs, (list, numpy.ndarray)) and len(theirs) == 1:
            theirs = theirs[0]
        if isinstance(theirs, numpy.ndarray):
            theirs = "".join(str(each) for each in theirs)
        return str(theirs).split("\0")[0].rstrip() == ours[2:]
    if isinstance(ours, str):
        if isinstance(theirs, numpy.ndarray) and theirs.size == 1:
            theirs = theirs.ravel()[0]
        if isinstance(theirs, (int, numpy.integer, bool, numpy.bool_)) and "." not in ours and "n" not in ours[2:]:
            return int(ours[2:]) == int(theirs)
        a, b = float(ours[2:]), float(theirs)
        return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-6 * abs(a)
    if isinstance(theirs, (complex, numpy.complexfloating)):
        return same(ours[0], theirs.real) and same(ours[1], theirs.imag)
    if isinstance(theirs, (str, bytes)):
        return len(ours) == 1 and same(ours[0], theirs)
    theirs = list(theirs) if numpy.ndim(theirs) else [theirs]
    if len(ours) == 1 and len(theirs) != 1:
        return same(ours[0], theirs)
    return len(ours) == len(theirs) and all(same(a, b) for a, b in zip(ours, theirs))


def astropy_on(path, hdus):
    try:
        with fits.open(path, memmap=False, ignore_missing_simple=False) as file:
            if len(file) != len(hdus):
                return f"{len(file)} HDUs"
            for index, (truth, hdu) in enumerate(zip(hdus, file)):
                if truth["type"] == "image" and "values" in truth:
                    data = hdu.data
                    if list(data.shape) != truth["shape"]:
                        return f"HDU {index}: shape {data.shape}"
                    for at, (a, b) in enumerate(zip(truth["values"], data.ravel())):
                        if not same(a, b):
                            return f"HDU {index}: pixel {at} is {b!r}, not {a}"
                if truth["type"] == "table" and truth["rows"] > 0:
                    for at, column in enumerate(truth["columns"]):
                        for row, (a, b) in enumerate(zip(column, hdu.data.field(at))):
                            if not same(a, b):
                                return f"HDU {index}: row {row} of {hdu.columns[at].name} {hdu.columns[at].format} is {b!r}, not {a}"
        return "agrees"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def save(name, *parts, header=None, head=(primary, empty), tail=b"", pack=None, cut=0, checked=True):
    pieces = [head, *parts] if head is not None else list(parts)
    data = b"".join(each for each, _ in pieces) + tail
    if cut:
        data = data[:-cut]
    if pack is not None:
        data = pack(data)
    path = f"{folder}/{name}"
    with open(path, "wb") as file:
        file.write(data)
    hdus = [truth for _, truth in pieces]
    print(json.dumps({"file": name, "hdus": hdus, "header": header, "astropy": astropy_on(path, hdus) if checked else "not asked"}))
