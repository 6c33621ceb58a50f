"""Writes valid FITS files of the rarer kinds: python3 exotic.py FOLDER SEED

Prints a JSON document a line for each file: what stands in it, and what astropy says of that: "agrees", or where it does not.
"""

import gzip
import math

import numpy

from by_hand import *

# ------------------------------------------------------------------ binary tables

for code in "LXBIJKAEDCM":
    for kind in "PQ":
        rows = int(random.integers(1, 7))
        columns = [variable("V", code, rows, kind, most=pick(True, False)), fixed("AFTER", "J", rows)]
        save(f"variable-{kind}{code}.fits", table(columns, rows, gap=int(pick(0, 0, 5, 64)), tail=int(pick(0, 3))))
for code, zero in [("B", -128), ("I", 2**15), ("J", 2**31), ("K", 2**63)]:
    columns = [
        variable("UNSIGNED", code, 5, zero=zero),
        variable("SCALED", code, 5, "Q", scale=0.25, zero=-3.5),
        variable("NULLS", code, 5, null=7),
        fixed("F", code, 5, 3, zero=zero),
        fixed("FNULL", code, 5, 2, zero=zero, null=5),
        fixed("FSCALE", code, 5, scale=-2.5, zero=10.0, null=0),
        fixed("WHOLE", code, 5, scale=10.0),
    ]
    save(f"scaled-{code}.fits", table(columns, 5))
    save(f"no-such-null-{code}.fits", table([fixed("N", "B", 4, null=300), fixed("M", code, 4, 2, null=-1 if code != "B" else -5)], 4))
for code in "EDCM":
    columns = [fixed("S", code, 4, 2, scale=0.5, zero=3.0), fixed("Z", code, 4, zero=-1.25), variable("V", code, 4, scale=4.0)]
    save(f"scaled-{code}.fits", table(columns, 4))
nothing = [fixed(f"NONE{code}", code, 3, 0) for code in "JEXLDKM"]
nothing += [text("NOTEXT", "0A", 0, [b""] * 3, [""] * 3)]
nothing += [{"name": "NOARRAY", "form": "0PJ", "cells": [b""] * 3, "truth": [[]] * 3, "cards": []}]
save("zero-width.fits", table([nothing[0], fixed("A", "I", 3), *nothing[1:], fixed("Z", "E", 3)], 3))
save("only-zero-width.fits", table(nothing[:3], 3))
for rows in [0]:
    columns = [fixed("A", "J", 0), variable("V", "D", 0), fixed("T", "E", 0, 6, dim="(3,2)", shape=[2, 3]), text("S", "5A", 5, [], [])]
    for each, width in zip(columns, [4, 8, 24, 5]):
        each["width"] = width
    save("no-rows.fits", table(columns, 0), image(stored(16, (2, 3))))
save("no-columns.fits", table([], 0), image(stored(16, (2, 3))))
save("tdim.fits", table([
    fixed("CUBE", "I", 3, 24, dim="(2,3,4)", shape=[4, 3, 2]),
    fixed("BLANKS", "J", 3, 6, dim="( 3, 2 )", shape=[2, 3]),
    fixed("ONE", "E", 3, 4, dim="(4)", shape=[4]),
    fixed("ONES", "E", 3, 1, dim="(1,1)", shape=[1, 1]),
    fixed("BITS", "X", 3, 12, dim="(4,3)", shape=[3, 4]),
    fixed("COMPLEX", "M", 3, 4, dim="(2,2)", shape=[2, 2]),
    fixed("TRUTH", "L", 3, 6, dim="(2,3)", shape=[3, 2]),
], 3))
# Elements that TDIM leaves over are fill (FITS 4.0, 7.3.2).
save("tdim-short.fits", table([
    fixed("SHORT", "J", 3, 7, dim="(3,2)", shape=[2, 3]),
    fixed("BITS", "X", 3, 13, dim="(4,3)", shape=[3, 4]),
    fixed("SCALED", "I", 3, 9, dim="(2,2)", shape=[2, 2], scale=0.5),
    fixed("NULLS", "I", 3, 5, dim="(2,2)", shape=[2, 2], null=3),
    fixed("C", "C", 3, 5, dim="(2,2)", shape=[2, 2]),
], 3))
save("tdim-variable.fits", table([
    variable("V", "J", 5, dim="(3,2)", shape=[2, 3]),
    variable("W", "D", 5, "Q", dim="(2,2,2)", shape=[2, 2, 2], scale=2.0),
    variable("X", "X", 5, dim="(5,2)", shape=[2, 5]),
    variable("C", "C", 5, dim="(2,2)", shape=[2, 2]),
], 5))
texts = [b"Sun", b"", b"  lead", b"a b  ", b"nul\0junk", b"\0hidden", b"0123456789"]
plain = ["Sun", "", "  lead", "a b", "nul", "", "0123456789"]
save("texts.fits", table([
    text("BLANKS", "10A", 10, texts, plain),
    text("NULS", "10A", 10, [each.ljust(10, b"\0") for each in texts], plain),
    text("ONE", "A", 1, [b"x", b" ", b"\0", b"'", b"z", b"0", b"!"], ["x", "", "", "'", "z", "0", "!"]),
    text("PAIRS", "8A4", 8, [b"ab  cd\0\0"] * 7, [["ab", "cd"]] * 7),
    text("REST", "10A4", 10, [b"ab  cd  zz"] * 7, [["ab", "cd"]] * 7),
    text("GRID", "12A", 12, [b"a  b  c  d  "] * 7, [[["a", "b"], ["c", "d"]]] * 7, dim="(3,2,2)"),
    text("LESS", "13A", 13, [b"a  b  c  d  !"] * 7, [[["a", "b"], ["c", "d"]]] * 7, dim="(3,2,2)"),
], 7))
save("forms.fits", table([
    fixed("BARE", "J", 3, form="J"),
    fixed("BLANKS", "E", 3, form="1E  "),
    fixed("MORE", "D", 3, 2, form="2D25.17"),
    fixed("ZEROS", "I", 3, 3, form="003I"),
    fixed("same", "B", 3), fixed("SAME", "B", 3), fixed(None, "B", 3), fixed("a name, (odd)", "B", 3), fixed("TRAIL  ", "B", 3),
], 3))
save("999-columns.fits", table([fixed(f"C{at}", "B", 2) for at in range(1, 1000)], 2))
save("bits.fits", table([fixed(f"B{count}", "X", 4, count) for count in [1, 7, 8, 9, 16, 31, 64]], 4))
big = fixed("J", "J", 3000)
save("long.fits", table([big, variable("V", "I", 3000, "P"), fixed("K", "K", 3000, zero=2**63)], 3000))
save("sharing.fits", table([fixed("A", "J", 2), variable("V", "B", 2)], 2), table([variable("W", "K", 3)], 3, extra=[("EXTNAME", "W"), ("EXTVER", 2)]))

# ------------------------------------------------------------------ ASCII tables


def field(name, form, pairs, *cards):
    """`pairs`: what stands in the field, and what it means."""
    width = int(form[1:].split(".")[0])
    texts = [each.ljust(width) if form[0] == "A" else pick(each.rjust(width), each.rjust(width), each.ljust(width)) for each, _ in pairs]
    return (name, form, texts, [truth for _, truth in pairs], cards)


for round in range(3):
    save(f"ascii-reals-{round}.fits", ascii_table([
        field("E", "E12.3", [("1.5E+03", 1500.0), ("-2.5E-3", -2.5e-3), ("1.5+3", 1500.0), ("", 0.0), ("12345", 12.345), ("-.5", -0.5), ("+7.E2", 700.0), ("1.E5", 1e5)]),
        field("F", "F6.2", [("1234", 12.34), ("-12.", -12.0), ("5.5", 5.5), ("", 0.0), ("00012", 0.12), ("-7", -0.07), ("+1.0", 1.0), ("0", 0.0)]),
        field("D", "D22.10", [("1.0D+100", 1e100), ("1D2", 1e-8), ("-3.25", -3.25), ("0.", 0.0), ("9.999D-99", 9.999e-99), ("1.5-3", 1.5e-3), ("1D0", 1e-10), ("25", 25e-10)]),
        field("S", "F8.3", [("1.5", 4.0), ("*", None), ("-1", 0.998), ("", 1.0), ("  *", None), ("2.", 5.0), ("0.5", 2.0), ("10.", 21.0)], ("TSCAL", 2.0), ("TZERO", 1.0), ("TNULL", "*")),
        field("NOTNULL", "E10.2", [("1.5", 1.5), ("NULL", None), ("2.5", 2.5), ("", 0.0), ("1E5", 1e3), ("NULL", None), ("3.", 3.0), ("4.", 4.0)], ("TNULL", "NULL")),
        field("BLANKNUL", "F7.1", [("1.5", 1.5), ("", None), ("2.5", 2.5), ("", None), ("15", 1.5), ("", None), ("3.", 3.0), ("4.", 4.0)], ("TNULL", "")),
    ], 8))
    save(f"ascii-integers-{round}.fits", ascii_table([
        field("I", "I5", [("1", 1), ("-12", -12), ("+0007", 7), ("", 0), ("99999", 99999), ("-0", 0)]),
        field("WIDE", "I20", [("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -(2**63)), ("0", 0), ("", 0), ("12", 12), ("9007199254740993", 2**53 + 1)]),
        field("MIDDLE", "I12", [("99999999999", 99999999999), ("-9999999999", -9999999999), ("0", 0), ("", 0), ("12", 12), ("1", 1)]),
        field("SCALED", "I4", [("1", 10.5), ("2", 11.0), ("-3", 8.5), ("-99", None), ("10", 15.0), ("0", 10.0)], ("TSCAL", 0.5), ("TZERO", 10.0), ("TNULL", "-99")),
        field("NULLS", "I6", [("1", 1), ("N/A", None), ("2", 2), ("N/A", None), ("", 0), ("3", 3)], ("TNULL", "N/A")),
        field("TEXT", "A4", [("  x", "  x"), ("", ""), ("abcd", "abcd"), ("'q'", "'q'"), ("NULL", "NULL"), ("e", "e")]),
    ], 6, overlapping=round == 2))
save("ascii-no-rows.fits", ascii_table([("A", "I5", ["    1"], [], []), ("B", "A3", ["abc"], [], [])], 0), image(stored(16, (2, 2))))

# ------------------------------------------------------------------ images

for axes in range(1, 8):
    shape = tuple(int(random.integers(1, 5)) for _ in range(axes))
    bitpix = pick(*bits)
    save(f"axes-{axes}.fits", image(stored(bitpix, shape), first=True), image(stored(pick(*bits), shape[::-1])), head=None)
axes = [("NAXIS1", 3)] + [(f"NAXIS{axis}", 1) for axis in range(2, 1000)]
data = stored(16, (3,))
many = header([("SIMPLE", True), ("BITPIX", 16), ("NAXIS", 999), *axes]) + unit(data.tobytes())
save("axes-999.fits", (many, {"type": "image", "shape": [1] * 998 + [3], "values": scaled(data)}), head=None)
for bitpix in bits:
    save(f"zero-length{bitpix}.fits", image(numpy.empty((3, 0), bits[bitpix]), first=True), image(numpy.empty((0, 2, 2), bits[bitpix])), image(stored(bitpix, (2, 3))), head=None)
for bitpix in bits:
    for first in [True, False]:
        data = stored(bitpix, (4, 9))
        bscale, bzero = pick(0.5, -1.0, 1e-5, 2, 1), pick(0, 100.5, -3, 32768.5, 32768)
        if bitpix < 0:
            data = data.astype("f8").astype(bits[bitpix])
        cards = [("BSCALE", bscale), ("BZERO", bzero)]
        blank = int(data.flat[3]) if bitpix > 0 else 7
        cards.append(("BLANK", blank))
        truth = scaled(data, bscale, bzero, blank)
        save(f"scaled{bitpix}-{'primary' if first else 'extension'}.fits", image(data, first, cards=cards, values=truth), head=None if first else (primary, empty))
for bitpix, bzero in [(8, -128), (16, 2**15), (32, 2**31), (64, 2**63)]:
    data = stored(bitpix, (5, 7))
    save(f"unsigned{bitpix}.fits", image(data, cards=[("BSCALE", 1), ("BZERO", bzero)], values=scaled(data, 1, bzero)))
    blank = int(data.flat[0])
    save(f"unsigned-blank{bitpix}.fits", image(data, cards=[("BZERO", bzero), ("BLANK", blank)], values=scaled(data, 1, bzero, blank)))
    save(f"unsigned-real{bitpix}.fits", image(data, cards=[("BSCALE", 1.0), ("BZERO", float(bzero))], values=scaled(data, 1, bzero)))
    save(f"blank-of-none{bitpix}.fits", image(data, cards=[("BLANK", 2**40)], values=[spelt(float(each)) for each in data.ravel().tolist()]))

# ------------------------------------------------------------------ files

small = lambda: image(stored(16, (2, 3)))
groups = [("SIMPLE", True), ("BITPIX", 16), ("NAXIS", 3), ("NAXIS1", 0), ("NAXIS2", 5), ("NAXIS3", 2), ("EXTEND", True), ("GROUPS", True), ("PCOUNT", 3), ("GCOUNT", 7)]
other = {"type": "other"}
save("groups.fits", (header(groups) + unit(bytes(2 * 7 * (3 + 10))), other), small(), head=None)
foreign = [("XTENSION", "FOREIGN"), ("BITPIX", -32), ("NAXIS", 2), ("NAXIS1", 30), ("NAXIS2", 40), ("PCOUNT", 5), ("GCOUNT", 3)]
save("foreign.fits", (header(foreign) + unit(bytes(4 * 3 * (5 + 1200))), other), small())
dump = [("XTENSION", "DUMP"), ("BITPIX", 8), ("NAXIS", 0), ("PCOUNT", 0), ("GCOUNT", 1)]
save("dump.fits", (header(dump), other), small())
save("many.fits", *[image(stored(16, (2, 2)), cards=[("EXTNAME", "SCI"), ("EXTVER", version), ("EXTLEVEL", 2), ("INHERIT", True)]) for version in [1, 2, 3, 17]])
save("special-records.fits", small(), tail=b"special ".ljust(2880, b"*") * 2)
save("junk.fits", small(), tail=b"\0" * 1234)
save("zeros-behind.fits", small(), tail=b"\0" * 5760)
save("blanks-behind.fits", small(), tail=b" " * 2880)
save("no-padding.fits", image(stored(16, (20, 30))), cut=2880 - 1200)
save("no-padding-primary.fits", image(stored(-32, (20, 30)), first=True), head=None, cut=2880 - 2400)
save("no-padding-table.fits", table([fixed("A", "J", 5)], 5), cut=2880 - 20)
save("one.fits.gz", small(), pack=gzip.compress)
save("several.fits.gz", small(), small(), pack=lambda data: b"".join(gzip.compress(data[at : at + 3000]) for at in range(0, len(data), 3000)))
save("stored.fits.gz", small(), pack=lambda data: gzip.compress(data, 0))
save("named-inside.fits.gz", small(), pack=lambda data: gzip.compress(data)[:3] + b"\x08" + gzip.compress(data)[4:10] + b"name.fits\0" + gzip.compress(data)[10:])
strings = [
    ("LONGSTRN", "OGIP 1.0"),
    ("LONG", Literal("= 'one ''two'' &'")), ("CONTINUE", Literal("  'three&'")), ("CONTINUE", Literal("  '' / comment")),
    ("HIERARCH", Literal(" ESO DET OUT1 VAL = 3.5 / a comment")), ("HIERARCH", Literal(" eso x='it''s'")),
    ("COMPLEX", Literal("= (1.5, -2D3)")), ("UNDEF", Literal("=                      / nothing")), ("BIG", 12345678901234567890), ("REAL", Literal("= 1.5D+05")),
    ("COMMENT", Literal(" a = 'b' &")), ("HISTORY", Literal(" CONTINUE")), ("", Literal("blank keyword")), ("BSCALED", 3), ("A-B_C", 5),
]
read = {"LONG": "one 'two' three", "ESO DET OUT1 VAL": 3.5, "ESO X": "it's", "COMPLEX": 1.5 - 2000j, "UNDEF": None, "BIG": 12345678901234567890, "REAL": 150000.0}
save("cards.fits", image(stored(16, (2, 2)), extra=strings), header={key: spelt(value) for key, value in read.items()})
save("header-blocks.fits", image(stored(8, (3,)), extra=[("COMMENT", Literal(f" {at}")) for at in range(400)]))
for count in [35, 36, 37]:
    save(f"header-{count}.fits", image(stored(8, (3,)), extra=[("COMMENT", Literal(f" {at}")) for at in range(count - 7)]))

# ------------------------------------------------------------------ compressed images

low = lambda size, shape: numpy.clip(random.normal(size=shape) * 10 ** random.uniform(0, 2.0 if size > 1 else 1.5) + (100 if size == 1 else 0), 0 if size == 1 else -30000, 255 if size == 1 else 30000)
for size, bitpix in [(1, 8), (2, 16), (4, 32), (4, 16), (2, 8), (4, 8)]:
    for block in [16, 32]:
        shape = pick((5, 37), (3, 6, 20), (70,), (2, 3, 4, 5))
        tile = tuple(int(random.integers(1, length + 1)) for length in shape)
        data = low(1 if bitpix == 8 else size, shape).astype(bits[bitpix][1:])
        if random.random() < 0.5 and bitpix == 8 * size:
            data.flat[:: 7] = pick(numpy.iinfo(data.dtype).min, numpy.iinfo(data.dtype).max)
        named = [("BLOCKSIZE", block), ("BYTEPIX", size)]
        save(f"rice-{size}-{bitpix}-{block}.fits", tiled(data, tile, pick("RICE_1", "RICE_ONE"), bitpix, scaled(data), lambda own: rice(own, size, block), named=named[:: pick(1, -1)], kind=pick("P", "Q")))
wide = random.integers(-(2**31), 2**31, (4, 100)).astype("i4")
save("rice-noise.fits", tiled(wide, (1, 100), "RICE_1", 32, scaled(wide), lambda own: rice(own, 4, 32), named=[("BLOCKSIZE", 32), ("BYTEPIX", 4)]))
save("rice-defaults.fits", tiled(wide, (2, 100), "RICE_1", 32, scaled(wide), lambda own: rice(own, 4, 32)))
# Of this astropy 5 dies.
save("rice-no-tile.fits", tiled(wide, (1, 100), "RICE_1", 32, scaled(wide), lambda own: rice(own, 4, 32), has_tile=False), checked=False)
signed = random.integers(0, 256, (6, 20)).astype("u1")
save("rice-signed.fits", tiled(signed, (6, 3), "RICE_1", 8, scaled(signed, 1, -128), lambda own: rice(own, 1, 32), [("BZERO", -128)], named=[("BLOCKSIZE", 32), ("BYTEPIX", 1)]))
for bitpix in [8, 16, 32]:
    data = stored(bitpix, (4, 25)).astype(bits[bitpix][1:])
    fallback = lambda part: gzip.compress(part.astype(part.dtype.newbyteorder(">")).tobytes())
    size = bitpix // 8
    save(f"rice-fallback{bitpix}.fits", tiled(data, (1, 25), "RICE_1", bitpix, scaled(data), lambda own: rice(own, size, 16), fallback=fallback, named=[("BLOCKSIZE", 16), ("BYTEPIX", size)]))
unsigned = random.integers(-(2**15), 2**15, (6, 20)).astype("i2")
cards = [("BSCALE", 1), ("BZERO", 2**15)]
save("rice-unsigned.fits", tiled(unsigned, (4, 7), "RICE_1", 16, scaled(unsigned, 1, 2**15), lambda own: rice(own, 2, 32), cards, named=[("BLOCKSIZE", 32), ("BYTEPIX", 2)]))
unsigned[0, 5] = 99
save("rice-scaled-blank.fits", tiled(unsigned, (4, 7), "RICE_1", 16, scaled(unsigned, 0.5, 3, 99), lambda own: rice(own, 2, 32), [("BSCALE", 0.5), ("BZERO", 3), ("BLANK", 99)], named=[("BLOCKSIZE", 32), ("BYTEPIX", 2)]))
save("rice-zblank.fits", tiled(unsigned, (4, 7), "RICE_1", 16, scaled(unsigned, 1, 0, 99), lambda own: rice(own, 2, 32), [("ZBLANK", 99)], named=[("BLOCKSIZE", 32), ("BYTEPIX", 2)]))
for bitpix, top in [(8, 255), (16, 32767), (32, 2**24 - 1)]:
    shape = pick((5, 50), (2, 5, 9), (9000,))
    data = random.integers(0, top, shape, endpoint=True).astype(bits[bitpix][1:])
    data[random.random(shape) < 0.7] = 0
    data.flat[-1] = top
    tile = tuple(int(random.integers(max(1, length // 2), length + 1)) for length in shape)
    save(f"plio-{bitpix}.fits", tiled(data, tile, "PLIO_1", bitpix, scaled(data), plio, of=pick("B", "I")))
data = random.normal(size=(6, 40)) * 100
data[2, 3], data[4, 5] = numpy.nan, 0.0
randoms, value = numpy.empty(10000), 1
for at in range(10000):
    value = 16807 * value % 2147483647
    randoms[at] = numpy.float32(value / 2147483647)
for dither in ["NO_DITHER", "SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2"]:
    for first in [1, 5000, 10000]:
        for bitpix in [-32, -64]:
            tile, whole = pick((1, 40), (2, 13), (6, 40)), random.integers(-500, 500, (6, 40)).astype("i4")
            whole[1, 3], whole[3, 9] = -2147483647, -2147483646 if dither.endswith("2") else 77
            scales, zeros = random.uniform(0.1, 3, 240), random.normal(size=240) * 50
            truth = numpy.empty((6, 40), "f4" if bitpix == -32 else "f8")
            for number, part in enumerate(tiles_of((6, 40), tile)):
                row = (number + first - 1) % 10000
                at, out = int(randoms[row] * 500), []
                for each in whole[part].ravel().tolist():
                    shift = 0.5 - randoms[at] if dither != "NO_DITHER" else 0.0
                    exact = dither.endswith("2") and each == -2147483646
                    out.append(math.nan if each == -2147483647 else 0.0 if exact else (each + shift) * scales[number] + zeros[number])
                    at += 1
                    if at == 10000:
                        row = (row + 1) % 10000
                        at = int(randoms[row] * 500)
                truth[part] = numpy.reshape(out, whole[part].shape)
            cards = [("ZQUANTIZ", dither), ("ZDITHER0", first), ("ZBLANK", -2147483647)]
            own = [("ZSCALE", "D", scales), ("ZZERO", "D", zeros)]
            save(f"quantised{bitpix}-{dither[-2:]}-{first}.fits", tiled(whole, tile, "RICE_1", bitpix, [spelt(float(each)) for each in truth.ravel()], lambda mine: rice(mine, 4, 32), cards, own[:: pick(1, -1)], named=[("BLOCKSIZE", 32), ("BYTEPIX", 4)]))
