"""Does in numpy, scipy and astropy what the library does to a stack: python3 frame-arithmetic.py GIVEN.json

Prints for each answer of ours how far it is from theirs: in ULPs of its own type, or relative to the largest value.
"""

import json
import sys
import warnings
from fractions import Fraction

import numpy
from astropy.stats import sigma_clip
from scipy import ndimage, stats

warnings.simplefilter("ignore")
given = json.load(open(sys.argv[1]))
kinds = {"float32": "f4", "float64": "f8", "uint16": "u2", "int32": "i4", "uint32": "u4", "uint8": "u1"}


def array(spelt):
    values = [numpy.nan if each is None else each for each in spelt["data"]]
    return numpy.array(values, dtype=kinds[spelt["kind"]]).reshape(spelt["shape"])


def ulps(ours, theirs):
    """Of numbers of one type, NaN where NaN is."""
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    if not numpy.array_equal(numpy.isnan(ours), numpy.isnan(theirs)):
        return "NaN differ"
    good = ~numpy.isnan(ours)
    bits = {4: "i4", 8: "i8"}[ours.dtype.itemsize]
    a, b = ours[good].view(bits).astype(object), theirs[good].astype(ours.dtype).view(bits).astype(object)
    low = -(2 ** (8 * ours.dtype.itemsize - 1))
    order = lambda each: each if each >= 0 else low - each
    return max([abs(order(x) - order(y)) for x, y in zip(a, b)], default=0)


def relative(ours, theirs):
    ours, theirs = numpy.asarray(ours, "f8"), numpy.asarray(theirs, "f8")
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    if not numpy.array_equal(numpy.isnan(ours), numpy.isnan(theirs)):
        return "NaN differ"
    return float(numpy.nanmax(numpy.abs(ours - theirs)) / numpy.nanmax(numpy.abs(theirs)))


def exact_sums(stack):
    """Without any rounding at all."""
    flat = stack.reshape(len(stack), -1)
    return [sum((Fraction(float(value)) for value in flat[:, i]), Fraction(0)) for i in range(flat.shape[1])]


def van_dokkum(image, noise_of, sigma, share, contrast, iterations):
    clean, found = image.copy(), numpy.zeros(image.shape, bool)
    around = dict(mode="nearest")
    for _ in range(iterations):
        noise = noise_of(ndimage.median_filter(clean, 5, **around))
        twice = numpy.kron(clean, numpy.ones((2, 2)))
        kernel = numpy.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], "f8")
        edges = numpy.maximum(ndimage.convolve(twice, kernel, **around), 0)
        edges = edges.reshape(image.shape[0], 2, image.shape[1], 2).mean(axis=(1, 3))
        s = edges / (2 * noise)
        s = s - ndimage.median_filter(s, 5, **around)
        fine = ndimage.median_filter(clean, 3, **around)
        fine = numpy.maximum((fine - ndimage.median_filter(fine, 7, **around)) / noise, 0.01)
        hits = (s > sigma) & (s / fine > contrast)
        square = numpy.ones((3, 3), bool)
        hits = ndimage.binary_dilation(hits, square) & (s > sigma)
        hits = ndimage.binary_dilation(hits, square) & (s > sigma * share)
        if not (hits & ~found).any():
            break
        found |= hits
        others = numpy.where(found, numpy.nan, clean)
        instead = ndimage.generic_filter(others, numpy.nanmedian, 5, **around)
        clean[found] = instead[found]
    return found


def hough(binary, angles):
    reach = int(numpy.ceil(numpy.hypot(*binary.shape)))
    votes = numpy.zeros((2 * reach + 1, len(angles)), "u4")
    y, x = numpy.nonzero(binary)
    for k, angle in enumerate(angles):
        distance = x * numpy.cos(angle) + y * numpy.sin(angle)
        rounded = numpy.where(distance > 0, numpy.floor(distance + 0.5), numpy.ceil(distance - 0.5)).astype(int)
        numpy.add.at(votes, (rounded + reach, k), 1)
    return votes


def otsu(data):
    """As scikit-image counts: whole numbers one by one, reals in 256 bins."""
    if data.dtype.kind in "iu":
        counts = numpy.bincount(data.ravel() - data.min()).astype(float)
        centres = numpy.arange(len(counts)) + float(data.min())
    else:
        counts, edges = numpy.histogram(data.ravel().astype("f8"), 256)
        centres = (edges[1:] + edges[:-1]) / 2
    low, high = numpy.cumsum(counts), numpy.cumsum(counts[::-1])[::-1]
    below = numpy.cumsum(counts * centres) / low
    above = (numpy.cumsum((counts * centres)[::-1]) / high[::-1])[::-1]
    return float(centres[numpy.argmax(low[:-1] * high[1:] * (below[:-1] - above[1:]) ** 2)])


answers = {}
for kind, case in given["stacks"].items():
    stack = numpy.array([array(each) for each in case["stack"]])
    ours = {name: array(each) for name, each in case["ours"].items()}
    wide, shape = stack.astype("f8"), stack.shape[1:]
    has_nan = bool(numpy.isnan(wide).any())
    put = lambda name, value: answers.__setitem__(f"{name} of {kind}", value)
    if not has_nan:
        sums = exact_sums(stack)
        put("sum", ulps(ours["sum"], numpy.array([float(each) for each in sums]).reshape(shape)))
        means = numpy.array([numpy.float64(float(each / len(stack))) for each in sums]).reshape(shape)
        put("mean", ulps(ours["mean"], means.astype(ours["mean"].dtype)))
        put("deviation", relative(ours["deviation"], numpy.std(wide, axis=0)))
    put("median", ulps(ours["median"], numpy.nanmedian(wide, axis=0).astype(ours["median"].dtype)))
    put("percentile 10", ulps(ours["p10"], numpy.nanpercentile(wide, 10, axis=0).astype(ours["p10"].dtype)))
    put("least", ulps(ours["min"], numpy.nanmin(wide, axis=0)))
    put("greatest", ulps(ours["max"], numpy.nanmax(wide, axis=0)))
    clipped = sigma_clip(wide, sigma=2, maxiters=5, axis=0)
    put("clipped mean", relative(ours["clipped"], clipped.mean(axis=0).filled(numpy.nan)))
    put("clipped count", 0 if numpy.array_equal(ours["kept"], clipped.count(axis=0)) else "differs")

a, b = array(given["a"]), array(given["b"])
for verb, operate in [("add", numpy.add), ("subtract", numpy.subtract), ("multiply", numpy.multiply), ("divide", numpy.divide)]:
    ours = array(given[verb])
    answers[verb] = ulps(ours, operate(a.astype("f8"), b.astype("f8")).astype(ours.dtype))

one = array(given["image"])
ours, flat = given["statistics"], one.astype("f8").ravel()
good = flat[~numpy.isnan(flat)]
theirs = {
    "min": good.min(),
    "max": good.max(),
    "mean": good.mean(),
    "median": numpy.median(good),
    "rms": good.std(),
    "skewness": stats.skew(good),
    "kurtosis": stats.kurtosis(good),
}
for name, value in theirs.items():
    # A mean of either sign may be next to nothing: it is as exact as the values are large.
    answers[f"statistics {name}"] = float(abs(ours[name] - value) / (numpy.abs(good).max() if name == "mean" else abs(value)))
for percent, value in ours["percentiles"].items():
    answers[f"statistics percentile {percent}"] = ulps(numpy.array([value]), numpy.array([numpy.percentile(good, float(percent))]))

matrices, vectors = array(given["matrices"]), array(given["vectors"])
answers["matrix products"] = relative(array(given["products"]), (matrices @ vectors[..., None])[..., 0])

sky = array(given["sky"])
gain, read_noise = given["gain"], given["readNoise"]
noise = lambda level: numpy.sqrt(numpy.maximum(level, 1e-5) * gain + read_noise**2) / gain
hits = van_dokkum(sky.astype("f8"), noise, 4.5, 0.3, 2, 4)
answers["cosmic rays found"] = int(hits.sum())
answers["cosmic rays apart"] = int((hits != (array(given["hits"]) != 0)).sum())

binary = array(given["binary"])
answers["hough"] = 0 if numpy.array_equal(array(given["votes"]), hough(binary, given["angles"])) else "differs"
for name in ["image of whole numbers", "image of reals"]:
    answers[f"otsu of {name}"] = relative(given["otsu"][name]["ours"], otsu(array(given["otsu"][name]["image"])))
print(json.dumps(answers))
