"""Does in numpy, scipy and astropy what the library does to a stack: python3 frame-arithmetic.py GIVEN.json

Prints for each answer of ours how far it is from theirs: in ULPs of its own type, or relative to the largest value.
"""

import json
import sys
import warnings
from fractions import Fraction

import numpy
from astropy.stats import sigma_clip
from astropy.visualization import ZScaleInterval
from scipy import ndimage, optimize, stats

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
    else:
        # One value that is none makes a sum none.
        put("sum", ulps(ours["sum"], numpy.sum(wide, axis=0)))
        put("mean", ulps(ours["mean"], numpy.mean(wide, axis=0).astype(ours["mean"].dtype)))
        put("deviation", relative(ours["deviation"], numpy.std(wide, axis=0)))
    put("median", ulps(ours["median"], numpy.nanmedian(wide, axis=0).astype(ours["median"].dtype)))
    put("percentile 10", ulps(ours["p10"], numpy.nanpercentile(wide, 10, axis=0).astype(ours["p10"].dtype)))
    put("least", ulps(ours["min"], numpy.nanmin(wide, axis=0)))
    put("greatest", ulps(ours["max"], numpy.nanmax(wide, axis=0)))
    clipped = sigma_clip(wide, sigma=2, maxiters=5, axis=0)
    put("clipped mean", relative(ours["clipped"], clipped.mean(axis=0).filled(numpy.nan)))
    put("clipped count", 0 if numpy.array_equal(ours["kept"], clipped.count(axis=0)) else "differs")

infinite = numpy.array([array(each) for each in given["infinite"]["stack"]], "f8")
clipped = sigma_clip(infinite, sigma=2, maxiters=5, axis=0)
answers["clipped mean with infinities"] = relative(
    array(given["infinite"]["clipped"]), clipped.mean(axis=0).filled(numpy.nan)
)
same = numpy.array_equal(array(given["infinite"]["kept"]), clipped.count(axis=0))
answers["clipped count with infinities"] = 0 if same else "differs"
assert numpy.isinf(infinite).sum() > 100

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

# What it puts in their place is the median of the nine, or more, around that are not hit themselves.
def repaired(image, flagged):
    out, good = image.astype("f8"), numpy.where(flagged, numpy.nan, image.astype("f8"))
    for row, column in zip(*numpy.nonzero(flagged)):
        for reach in range(1, 6):
            around = good[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
            if numpy.count_nonzero(~numpy.isnan(around)) >= 3:
                break
        found = around[~numpy.isnan(around)]
        out[row, column] = numpy.median(found) if len(found) >= 3 else numpy.nan
    return out


answers["rejected cosmic rays"] = ulps(array(given["rejected"]), repaired(sky, array(given["hits"]) != 0))
answers["repaired pixels"] = ulps(array(given["repaired"]), repaired(sky, array(given["mask"]) != 0))

masked = given["masked"]
stack = numpy.ma.array(
    [array(each) for each in masked["stack"]], mask=[(array(each) & masked["bits"]) != 0 for each in masked["masks"]]
).astype("f8")
theirs = {
    "sum": stack.sum(axis=0),
    "mean": stack.mean(axis=0),
    "deviation": stack.std(axis=0),
    "median": numpy.ma.median(stack, axis=0),
    "min": stack.min(axis=0),
    "max": stack.max(axis=0),
    "clipped": sigma_clip(stack, sigma=2, maxiters=5, axis=0).mean(axis=0),
}
answers["pixels without any"] = int(numpy.ma.count_masked(theirs["sum"]))
for name, values in theirs.items():
    answers[f"masked {name}"] = relative(array(masked["ours"][name]), values.filled(numpy.nan))

a, b, va, vb = (array(given[name]).astype("f8") for name in ["a", "b", "va", "vb"])
ratio = given["to"] / given["from"]
for name, values in {
    "add": va + vb,
    "multiply": va * b**2 + vb * a**2,
    "divide": (va + vb * (a / b) ** 2) / b**2,
    "scale": va * given["factor"] ** 2 + a**2 * given["factorVariance"],
    "scaleDark": va * ratio**2 + vb * (1 - ratio) ** 2,
}.items():
    answers[f"variance of {name}"] = relative(array(given["variances"][name]), values)
answers["scale"] = ulps(array(given["scale"]), (a * given["factor"]).astype("f4"))
answers["scaleDark"] = relative(array(given["scaleDark"]), b + (a - b) * ratio)

states, modulation = numpy.array([a, b]), array(given["demodulation"])
combined = numpy.einsum("...mn,n...->m...", modulation, states)
answers["demodulation"] = relative(numpy.array([array(each) for each in given["stokes"]]), combined)
answers["variance of demodulation"] = relative(
    numpy.array([array(each) for each in given["variances"]["stokes"]]),
    numpy.einsum("...mn,n...->m...", modulation**2, numpy.array([va, vb])),
)


def shares(before, after):
    """How much of each old pixel lies in each new one."""
    edges = numpy.arange(after + 1) * before / after
    old = numpy.arange(before)
    inside = numpy.minimum(edges[1:, None], old + 1) - numpy.maximum(edges[:-1, None], old)
    return numpy.maximum(inside, 0) * after / before


smaller = array(given["local mean"])
answers["local mean"] = relative(smaller, shares(sky.shape[0], smaller.shape[0]) @ sky @ shares(sky.shape[1], smaller.shape[1]).T)

for name, case in given["zscale"].items():
    answers[f"zscale of {name}"] = relative(case["ours"], ZScaleInterval().get_limits(array(case["image"])))

binary = array(given["binary"])
answers["hough"] = 0 if numpy.array_equal(array(given["votes"]), hough(binary, given["angles"])) else "differs"
angles = numpy.array(given["lines"]["angles"])
power = numpy.sqrt((array(given["lines"]["votes"]).astype("f8") ** 2).sum(axis=0))
best = power.argmax()
near = slice(max(0, best - 10), best + 11)
places = numpy.arange(near.stop)[near]
normal = lambda x, height, peak, width: height * numpy.exp(-((x - peak) ** 2) / (2 * width**2))
fit, _ = optimize.curve_fit(normal, places, power[near], [power[best], best, 10], maxfev=20_000)
step = angles[1] - angles[0]
answers["hough angle in steps"] = float(abs((given["lines"]["angle"] - angles[0]) / step - fit[1]))
for name in ["image of whole numbers", "image of reals"]:
    answers[f"otsu of {name}"] = relative(given["otsu"][name]["ours"], otsu(array(given["otsu"][name]["image"])))
print(json.dumps(answers))
