"""astropy, fitsio, and numpy with scipy as peers: does one piece of work on files, prints the milliseconds it took and a check."""
import json
import sys
import time
import warnings

options = json.loads(sys.argv[1])
work, library = options["work"], options["by"]
warnings.simplefilter("ignore")


def lines():
    with open(options["list"]) as file:
        return file.read().split()


if library == "astropy":
    from astropy.io import fits
elif library == "fitsio":
    import fitsio
if work != "headers":
    import numpy as np


def mean_astropy(paths):
    total = None
    for path in paths:
        with fits.open(path, memmap=False) as hdus:
            data = next(hdu for hdu in hdus if hdu.header["NAXIS"] > 0).data
            total = data.astype("f8") if total is None else np.add(total, data, out=total)
    means = (total / len(paths)).astype("f4")
    fits.PrimaryHDU(means).writeto(options["output"], overwrite=True)
    return means


def mean_fitsio(paths):
    total = None
    for path in paths:
        data = fitsio.read(path)
        total = data.astype("f8") if total is None else np.add(total, data, out=total)
    means = (total / len(paths)).astype("f4")
    fitsio.write(options["output"], means, clobber=True)
    return means


def pack_astropy(paths):
    for path in paths:
        with fits.open(path, memmap=False) as hdus:
            data = next(hdu for hdu in hdus if hdu.header["NAXIS"] > 0).data
            packed = fits.CompImageHDU(data, compression_type="RICE_1", quantize_level=4, quantize_method=1)
            fits.HDUList([fits.PrimaryHDU(), packed]).writeto(options["output"], overwrite=True)


def pack_fitsio(paths):
    for path in paths:
        data = fitsio.read(path)
        fitsio.write(options["output"], data, compress="rice", qlevel=4, clobber=True)


def headers(paths):
    read = getattr(fits.Header if options["way"] == "fromfile" else fits, options["way"])
    return [[header[key] for key in options["keys"]] for header in map(read, paths)]


def statistics(data):
    from scipy import stats

    flat = data.ravel()
    return [
        flat.min(), flat.max(), flat.mean(dtype="f8"), np.median(flat), flat.std(dtype="f8"),
        stats.skew(flat), stats.kurtosis(flat), *np.percentile(flat, [1, 2, 5, 10, 25, 75, 90, 95, 98, 99]),
    ]


if work == "mean":
    paths = lines()
    begun = time.perf_counter()
    means = mean_astropy(paths) if library == "astropy" else mean_fitsio(paths)
    elapsed = time.perf_counter() - begun
    check = [float(means.ravel()[0]), float(means.ravel()[-1])]
elif work == "pack":
    paths = lines()
    begun = time.perf_counter()
    pack_astropy(paths) if library == "astropy" else pack_fitsio(paths)
    elapsed = time.perf_counter() - begun
    check = []
elif work == "headers":
    paths = lines()
    headers(paths[:1])
    begun = time.perf_counter()
    found = headers(paths)
    elapsed = time.perf_counter() - begun
    check = [len(found)]
else:
    from scipy import stats  # noqa: F401, imported before the time is taken

    data = np.fromfile(options["list"], dtype="f4")
    begun = time.perf_counter()
    found = statistics(data)
    elapsed = time.perf_counter() - begun
    check = [float(value) for value in [*found[:5], *found[7:]]]
print(json.dumps({"ms": elapsed * 1000, "check": check}))
