"""Rows of std_rows.py for everything but nn."""

import numpy as np
from std_rows import FLOATS, MATRICES, NUMBERS, VECTORS, row

# ---------------------------------------------------------------------------------------------------------------------
# linalg
# ---------------------------------------------------------------------------------------------------------------------

PRODUCTS = [{"M": 0, "K": 3, "N": 4}, {"M": 4, "K": 0, "N": 3}, {"M": 1, "K": 1, "N": 1}, {"M": 65, "K": 127, "N": 63}, {"M": 3, "K": 5, "N": 7}]
SQUARES = [{"N": n} for n in (0, 1, 33, 7)]


def matrix(function, head, call, numpy, runs=MATRICES, **more):
    row(f"linalg.{function}", head, f"linalg.{function}({call})", numpy, runs, **more)


def batched(run, count):
    return dict(run, B=count)


matrix("matmul", "(a: T[M, K], b: T[K, N]) -> T[M, N]", "a, b", lambda a, b: a @ b, PRODUCTS, dtypes=NUMBERS, skip=("special",))
matrix("batch_matmul", "(a: T[B, M, K], b: T[B, K, N]) -> T[B, M, N]", "a, b", lambda a, b: a @ b, [batched(run, 2) for run in PRODUCTS], dtypes=NUMBERS, skip=("special",))
matrix("matvec", "(a: T[M, N], x: T[N]) -> T[M]", "a, x", lambda a, x: a @ x, dtypes=NUMBERS, skip=("special",))
matrix("dot", "(a: T[N], b: T[N]) -> T", "a, b", lambda a, b: np.sum(a * b, dtype=a.dtype), VECTORS, dtypes=NUMBERS, skip=("special",))
matrix("outer", "(a: T[M], b: T[N]) -> T[M, N]", "a, b", np.outer, dtypes=NUMBERS)
matrix("kron", "(a: T[M, N], b: T[N, M]) -> T[M * N, N * M]", "a, b", np.kron, MATRICES[1:3], dtypes=NUMBERS)
matrix("cross", "(a: T[N, 3], b: T[N, 3]) -> T[N, 3]", "a, b", lambda a, b: np.cross(a, b).reshape(a.shape), VECTORS, dtypes=("f32", "f64", "i32"))
matrix("bilinear", "(x: T[M], a: T[M, N], y: T[N]) -> T", "x, a, y", lambda x, a, y: np.sum(x[:, None] * a * y, dtype=a.dtype), dtypes=NUMBERS, skip=("special",))
matrix("squared_distances", "(a: T[M, K], b: T[N, K]) -> T[M, N]", "a, b", lambda a, b: np.sum((a[:, None] - b) ** 2, 2, dtype=a.dtype), PRODUCTS, dtypes=NUMBERS)
matrix("transpose", "(a: T[M, N]) -> T[N, M]", "a", np.transpose, dtypes=NUMBERS)
matrix("diagonal", "(a: T[N, N]) -> T[N]", "a", np.diagonal, SQUARES, dtypes=NUMBERS)
matrix("diagonal_matrix", "(x: T[N]) -> T[N, N]", "x", np.diag, SQUARES, dtypes=NUMBERS)
matrix("lower", "(a: T[M, N]) -> T[M, N]", "a", np.tril, dtypes=NUMBERS)
matrix("upper", "(a: T[M, N]) -> T[M, N]", "a", np.triu, dtypes=NUMBERS)
matrix("trace", "(a: T[N, N]) -> T", "a", lambda a: np.trace(a, dtype=a.dtype), SQUARES, dtypes=NUMBERS, skip=("special",))
matrix("norm", "(x: T[N]) -> T", "x", np.linalg.norm, VECTORS)
matrix("norm1", "(x: T[N]) -> T", "x", lambda x: np.abs(x).sum(), VECTORS)
matrix("norm_inf", "(x: T[N]) -> T", "x", lambda x: np.abs(x).max(initial=0), VECTORS)
matrix("frobenius", "(a: T[M, N]) -> T", "a", lambda a: np.sqrt((a**2).sum()))
matrix("normalize_rows", "(x: T[M, N]) -> T[M, N]", "x, 0.001", lambda x: x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 0.001))

# ---------------------------------------------------------------------------------------------------------------------
# stats
# ---------------------------------------------------------------------------------------------------------------------


def table(function, head, call, numpy, runs=MATRICES, **more):
    row(f"stats.{function}", head, f"stats.{function}({call})", numpy, runs, **more)


def covariance(x, ddof=1):
    c = x - x.mean(0)
    return c.T @ c / (len(x) - ddof)


table("mean_rows", "(x: T[M, N]) -> T[M]", "x", lambda x: x.mean(1))
table("variance", "(x: T[M, N]) -> T[M]", "x, ddof = 1", lambda x: ((x - x.mean(1, keepdims=True)) ** 2).sum(1) / (x.shape[1] - 1.0), MATRICES[2:])
table("std", "(x: T[M, N]) -> T[M]", "x", lambda x: x.std(1), MATRICES[2:])
table("mean_variance", "(x: T[M, N]) -> (T[M], T[M])", "x", lambda x: (x.mean(1), x.var(1)))
table("standardize", "(x: T[M, N]) -> T[M, N]", "x", lambda x: (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True), MATRICES[2:])
table("min_max", "(x: T[M, N]) -> (T[M], T[M])", "x", lambda x: (x.min(1), x.max(1)), MATRICES[1:], dtypes=NUMBERS)
table("covariance", "(x: T[M, N]) -> T[N, N]", "x", covariance, [{"M": 2, "N": 1}, {"M": 65, "N": 17}, {"M": 7, "N": 5}])
table("correlation", "(x: T[M, N]) -> T[N, N]", "x", lambda x: np.corrcoef(x.T).reshape(x.shape[1], x.shape[1]), [{"M": 3, "N": 1}, {"M": 65, "N": 17}, {"M": 7, "N": 5}])
table("weighted_mean", "(x: T[M, N], w: T[N]) -> T[M]", "x, w", lambda x, w: (x * w).sum(1) / w.sum(), values={"w": "positive"})

# ---------------------------------------------------------------------------------------------------------------------
# signal
# ---------------------------------------------------------------------------------------------------------------------

FILTERS = [{"N": 1, "K": 1}, {"N": 5, "K": 5}, {"N": 1000, "K": 3}, {"N": 65, "K": 17}]


def signal(function, head, call, numpy, runs=FILTERS, **more):
    row(f"signal.{function}", head, f"signal.{function}({call})", numpy, runs, **more)


def convolve(x, h, count):
    return np.convolve(x, h)[:count].astype(x.dtype)


def parts(z):
    return z.real, z.imag


signal("convolve_valid", "(x: T[N], h: T[K]) -> T[N - K + 1]", "x, h", lambda x, h: np.convolve(x, h, "valid").astype(x.dtype), dtypes=NUMBERS, skip=("special",))
signal("convolve", "(x: T[N], h: T[K]) -> T[N + K - 1] where N + K >= 1", "x, h", lambda x, h: convolve(x, h, None), dtypes=NUMBERS, skip=("special",))
signal("fir", "(x: T[N], h: T[K]) -> T[N]", "x, h", lambda x, h: convolve(x, h, len(x)), dtypes=NUMBERS, skip=("special",))
signal("correlate_valid", "(x: T[N], h: T[K]) -> T[N - K + 1]", "x, h", lambda x, h: np.correlate(x, h, "valid").astype(x.dtype), dtypes=NUMBERS, skip=("special",))
signal("dft", "(x: T[N], y: T[N]) -> (T[N], T[N])", "x, y", lambda x, y: parts(np.fft.fft(x + 1j * y)), [*VECTORS[1:], {"N": 96}], skip=("special",))
signal("dft_by_rows", "(x: T[P, Q], y: T[P, Q]) -> (T[P * Q], T[P * Q])", "x, y", lambda x, y: parts(np.fft.fft((x + 1j * y).ravel())), [{"P": p, "Q": q} for p, q in ((1, 1), (3, 37), (32, 40))],
       skip=("special",))
signal("idft", "(x: T[N], y: T[N]) -> (T[N], T[N])", "x, y", lambda x, y: parts(np.fft.ifft(x + 1j * y)), VECTORS[1:], skip=("special",))
signal("rdft", "(x: T[N]) -> (T[N / 2 + 1], T[N / 2 + 1]) where N >= 1", "x", lambda x: parts(np.fft.rfft(x)), [*VECTORS[1:], {"N": 64}], skip=("special",))
signal("power_spectrum", "(x: T[N]) -> T[N / 2 + 1] where N >= 1", "x", lambda x: np.abs(np.fft.rfft(x)) ** 2, VECTORS[1:], skip=("special",))
signal("hann", "(x: T[N]) -> T[N]", "x", lambda x: x * np.hanning(len(x)), VECTORS)
signal("hamming", "(x: T[N]) -> T[N]", "x", lambda x: x * np.hamming(len(x)), VECTORS)


def decimate(x):
    p = np.pad(x, 2, mode="edge")
    return np.convolve(p, np.array([1, 4, 6, 4, 1]) / 16, "valid")[::2]


signal("decimate", "(x: T[N]) -> T[(N + 1) / 2]", "x", decimate, VECTORS[1:], skip=("special",))

# ---------------------------------------------------------------------------------------------------------------------
# image
# ---------------------------------------------------------------------------------------------------------------------

IMAGES = [{"H": 1, "W": 1}, {"H": 1, "W": 8}, {"H": 33, "W": 65}, {"H": 6, "W": 17}]


def image(function, head, call, numpy, runs=IMAGES, **more):
    row(f"image.{function}", head, f"image.{function}({call})", numpy, runs, **more)


def around(img, r=1, s=None):
    """The views of an image shifted by up to r rows and s columns, in a list of lists; the border is repeated."""
    s = r if s is None else s
    p = np.pad(img, ((r, r), (s, s)), mode="edge")
    return [[p[i : i + img.shape[0], j : j + img.shape[1]] for j in range(2 * s + 1)] for i in range(2 * r + 1)]


def weighted(img, weights):
    weights = np.asarray(weights, float)
    shifted = around(img, weights.shape[0] // 2, weights.shape[1] // 2)
    return sum(w * v for row_, views in zip(weights, shifted) for w, v in zip(row_, views))


SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
FIVE = np.array([1, 4, 6, 4, 1]) / 16


def window(pick):
    return lambda img: pick(np.array(around(img)).reshape(9, *img.shape), 0).astype(img.dtype)


def dilate(img):
    return window(np.max)(img)


def erode(img):
    return window(np.min)(img)


GREY = "(img: T[H, W]) -> T[H, W]"
image("blur3", GREY, "img", lambda img: weighted(img, np.ones((3, 3)) / 9), skip=("special",))
image("gauss3", GREY, "img", lambda img: weighted(img, np.outer([1, 2, 1], [1, 2, 1]) / 16), skip=("special",))
image("gauss5", GREY, "img", lambda img: weighted(img, np.outer(FIVE, FIVE)), skip=("special",))
image("sobel_xy", "(img: T[H, W]) -> (T[H, W], T[H, W])", "img", lambda img: (weighted(img, SOBEL), weighted(img, SOBEL.T)), skip=("special",))
image("sobel", GREY, "img", lambda img: np.hypot(weighted(img, SOBEL), weighted(img, SOBEL.T)), skip=("special",))
image("laplace", GREY, "img", lambda img: weighted(img, [[0, 1, 0], [1, -4, 1], [0, 1, 0]]), skip=("special",))
image("filter", "(img: T[H, W], f: T[R, S]) -> T[H, W]", "img, f", weighted, [dict(run, R=3, S=5) for run in IMAGES], skip=("special",))
image("dilate3", GREY, "img", dilate, dtypes=NUMBERS)
image("erode3", GREY, "img", erode, dtypes=NUMBERS)
image("open3", GREY, "img", lambda img: dilate(erode(img)), dtypes=NUMBERS)
image("close3", GREY, "img", lambda img: erode(dilate(img)), dtypes=NUMBERS)
image("median3", GREY, "img", window(np.median), dtypes=NUMBERS, skip=("special",))
image("halve", "(img: T[H, W]) -> T[H / 2, W / 2]", "img", lambda img: img[: len(img) // 2 * 2, : img.shape[1] // 2 * 2].reshape(len(img) // 2, 2, img.shape[1] // 2, 2).mean((1, 3)))
image("double_nearest", "(img: T[H, W]) -> T[2 * H, 2 * W]", "img", lambda img: img.repeat(2, 0).repeat(2, 1))


def twice(x):
    """Bilinear, along the first axis."""
    p = np.pad(x, ((1, 1), (0, 0)), mode="edge")
    return np.stack([0.25 * p[:-2] + 0.75 * x, 0.75 * x + 0.25 * p[2:]], 1).reshape(2 * len(x), -1)


image("double_bilinear", "(img: T[H, W]) -> T[2 * H, 2 * W]", "img", lambda img: twice(twice(img).T).T, skip=("special",))

COLOURS = "(img: T[H, W, 3]) -> T[H, W, 3]"
POSITIVE = {"*": [0, 0.1, 0.5, 1, 0.02, 0.9, 0.33, 0.75, 0.003, 0.25, 0.25, 0.6, 0.6, 0.6, 0.6]}
JPEG = np.array([[0.299, 0.587, 0.114], [-0.299 / 1.772, -0.587 / 1.772, 0.886 / 1.772], [0.701 / 1.402, -0.587 / 1.402, -0.114 / 1.402]])


def rgb_to_hsv(img):
    r, g, b = np.moveaxis(img, -1, 0)
    high, low = img.max(-1), img.min(-1)
    d = np.where(high > low, high - low, 1)
    hue = np.where(high == r, (g - b) / d % 6, np.where(high == g, (b - r) / d + 2, (r - g) / d + 4)) / 6
    return np.stack([np.where(high > low, hue, 0), np.where(high > 0, (high - low) / np.where(high > 0, high, 1), 0), high], -1)


def hsv_to_rgb(img):
    h, s, v = (img[..., i, None] for i in range(3))
    k = (np.array([5, 3, 1]) + h * 6) % 6
    return v - v * s * np.clip(np.minimum(k, 4 - k), 0, 1)


image("luminance", "(img: T[H, W, 3]) -> T[H, W]", "img", lambda img: img @ [0.2126, 0.7152, 0.0722], skip=("special",))
image("srgb_to_linear", COLOURS, "img", lambda v: np.where(v <= 0.04045, v / 12.92, (np.abs(v + 0.055) / 1.055) ** 2.4), values=POSITIVE, skip=("special",))
image("linear_to_srgb", COLOURS, "img", lambda v: np.where(v <= 0.0031308, 12.92 * v, 1.055 * np.abs(v) ** (1 / 2.4) - 0.055), values=POSITIVE, skip=("special",))
image("rgb_to_ycbcr", COLOURS, "img", lambda img: img @ JPEG.T + [0, 0.5, 0.5], skip=("special",))
image("ycbcr_to_rgb", COLOURS, "img", lambda img: (img - [0, 0.5, 0.5]) @ np.linalg.inv(JPEG).T, skip=("special",))
image("rgb_to_hsv", COLOURS, "img", rgb_to_hsv, values=POSITIVE, skip=("special",))
image("hsv_to_rgb", COLOURS, "img", hsv_to_rgb, values=POSITIVE, skip=("special",))
COLOUR = "(img: T[H, W, 3]) -> T[H, W]"
row("image.hue", COLOUR, "return [y, x] image.hue(img[y, x, 0], img[y, x, 1], img[y, x, 2])", lambda img: rgb_to_hsv(img)[..., 0], IMAGES, values=POSITIVE, skip=("special",))
row("image.saturation", COLOUR, "return [y, x] image.saturation(img[y, x, 0], img[y, x, 1], img[y, x, 2])", lambda img: rgb_to_hsv(img)[..., 1], IMAGES, values=POSITIVE, skip=("special",))

# ---------------------------------------------------------------------------------------------------------------------
# random
# ---------------------------------------------------------------------------------------------------------------------

MASK, WORD = np.uint64(0xFFFFFFFF), np.uint64(32)


def philox_round(c, k):
    c, k = [np.asarray(v).astype(np.uint64) for v in c], [np.asarray(v).astype(np.uint64) for v in k]
    p, q = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
    return (q >> WORD) ^ c[1] ^ k[0], q & MASK, (p >> WORD) ^ c[3] ^ k[1], p & MASK


def philox(c, k):
    k = [np.asarray(v).astype(np.uint64) for v in k]
    for _ in range(10):
        c = philox_round(c, k)
        k = [(k[0] + np.uint64(0x9E3779B9)) & MASK, (k[1] + np.uint64(0xBB67AE85)) & MASK]
    return tuple(np.broadcast_arrays(*c))


def bits4(index, seed):
    index, seed = index.astype(np.uint64), np.asarray(seed).astype(np.uint64)
    return philox((index & MASK, index >> WORD, np.uint64(0), np.uint64(0)), (seed & MASK, seed >> WORD))


def normal(index, seed):
    a, b, _, _ = bits4(index, seed)
    return np.sqrt(-2 * np.log(((a >> np.uint64(8)) + 1.0) / 2**24)) * np.cos(2 * np.pi * ((b >> np.uint64(8)) / 2.0**24))


def random(function, call, result, numpy, head="(i: i64[N], seed: u64)", **more):
    more.setdefault("values", {"*": "wide"})
    row(f"random.{function}", f"{head} -> {result}", f"random.{function}({call})", numpy, VECTORS, dtypes=("f32",), skip=("special",), **more)


U4 = "(u32[N], u32[N], u32[N], u32[N])"
random("philox_round", "a, b, c, d, k, h", U4, lambda a, b, c, d, k, h: philox_round((a, b, c, d), (k, h)), "(a: u32[N], b: u32[N], c: u32[N], d: u32[N], k: u32, h: u32)")
random("philox4x32", "a, b, c, d, k, h", U4, lambda a, b, c, d, k, h: philox((a, b, c, d), (k, h)), "(a: u32[N], b: u32[N], c: u32[N], d: u32[N], k: u32, h: u32)")
random("bits4", "seed, i", U4, bits4)
random("bits", "seed, i", "u32[N]", lambda i, seed: bits4(i, seed)[0])
random("uniform", "seed, i", "f32[N]", lambda i, seed: (bits4(i, seed)[0] >> np.uint64(8)) / 2.0**24)
random("uniform64", "seed, i", "f64[N]", lambda i, seed: ((bits4(i, seed)[0] >> np.uint64(5)) * np.uint64(2**26) + (bits4(i, seed)[1] >> np.uint64(6))) / 2.0**53)
random("normal", "seed, i", "f32[N]", normal, rtol=1e-5)
random("below", "seed, i, 6", "u32[N]", lambda i, seed: bits4(i, seed)[0] * np.uint64(6) >> WORD)
random("bernoulli", "seed, i, 0.25", "bool[N]", lambda i, seed: (bits4(i, seed)[0] >> np.uint64(8)) / 2.0**24 < 0.25)

# ---------------------------------------------------------------------------------------------------------------------
# image: other sizes, histograms
# ---------------------------------------------------------------------------------------------------------------------


def resized(img, height, width, weight, reach):
    """By a weight of the distance, over `reach` pixels to each side; the border is repeated."""
    def along(x, count):
        place = (np.arange(count) + 0.5) * len(x) / count - 0.5
        base = np.floor(place).astype(int)
        return sum(weight(place - base - i)[:, None] * x[np.clip(base + i, 0, len(x) - 1)] for i in range(1 - reach, reach + 1))
    return along(along(img, height).T, width).T


def cubic(t):
    d = np.abs(t)
    return np.where(d <= 1, (1.25 * d - 2.25) * d * d + 1, np.where(d < 2, ((-0.75 * d + 3.75) * d - 6) * d + 3, 0))


def gaussian(img, sigma):
    w = np.exp(-((np.arange(-4, 5) / sigma) ** 2) / 2)
    return weighted(img, np.outer(w, w) / w.sum() ** 2)


SIZED = "(img: T[H, W]) -> T[7, 20] where H >= 1, W >= 1"
image("resize_nearest", SIZED, "img, 7, 20", lambda img: img[((2 * np.arange(7) + 1) * img.shape[0]) // 14][:, ((2 * np.arange(20) + 1) * img.shape[1]) // 40], dtypes=NUMBERS)
image("resize_bilinear", SIZED, "img, 7, 20", lambda img: resized(img, 7, 20, lambda t: np.maximum(1 - np.abs(t), 0), 1), skip=("special",))
image("resize_bicubic", SIZED, "img, 7, 20", lambda img: resized(img, 7, 20, cubic, 2), skip=("special",))
row("image.cubic_weight", "(t: T[N]) -> T[N]", "image.cubic_weight(t)", cubic, VECTORS)
image("box", GREY, "img, 2", lambda img: weighted(img, np.ones((5, 5)) / 25), skip=("special",))
image("gaussian", "(img: T[H, W], sigma: T) -> T[H, W]", "img, sigma, 4", gaussian, values={"sigma": [1.5]}, skip=("special",))
image("histogram", "(img: T[H, W]) -> i32[10]", "img, 10", lambda img: np.bincount(np.floor(img[(img >= 0) & (img < 1)] * 10).astype(int), minlength=10), skip=("special",))

# ---------------------------------------------------------------------------------------------------------------------
# stats: by sorting and counting
# ---------------------------------------------------------------------------------------------------------------------

table("quantile", "(x: T[M, N], q: T) -> T[M] where N >= 1", "x, q", lambda x, q: np.quantile(x, q, axis=1), MATRICES[1:], values={"q": [0.3]}, skip=("special",))
table("median", "(x: T[M, N]) -> T[M] where N >= 1", "x", lambda x: np.median(x, axis=1), MATRICES[1:], skip=("special",))
table("histogram_of", "(x: T[N]) -> i32[8]", "x, 8, -1, 1.5", lambda x: np.histogram(x, 8, (-1, 1.5))[0].astype(np.int32), VECTORS, skip=("special",))

# ---------------------------------------------------------------------------------------------------------------------
# linalg: systems
# ---------------------------------------------------------------------------------------------------------------------

SYSTEMS = [{"N": 1, "M": 1}, {"N": 0, "M": 2}, {"N": 17, "M": 5}, {"N": 5, "M": 3}]
# Values for which l + N * identity is what the kernels make of their argument: far from singular.
DOMINANT = "let l[i, j] = a[i, j] + (if i == j { 20 } else { 0 })\n  "
SPD = "let l[i, j] = sum(k) a[i, k] * a[j, k] + (if i == j { 20 } else { 0 })\n  "


def heavy(a):
    return a + 20 * np.eye(len(a))


def spd(a):
    return a @ a.T + 20 * np.eye(len(a))


def system(function, prepare, numpy):
    row(f"linalg.{function}", "(a: T[N, N], b: T[N, M]) -> T[N, M]", f"{prepare}return linalg.{function}(l, b)", numpy, SYSTEMS, skip=("special",))


system("solve_lower", DOMINANT, lambda a, b: np.linalg.solve(np.tril(heavy(a)), b))
system("solve_upper", DOMINANT, lambda a, b: np.linalg.solve(np.triu(heavy(a)), b))
system("solve_spd", SPD, lambda a, b: np.linalg.solve(spd(a), b))
row("linalg.cholesky", "(a: T[N, N]) -> T[N, N]", f"{SPD}return linalg.cholesky(l)", lambda a: np.linalg.cholesky(spd(a)), [{"N": n} for n in (0, 1, 17, 5)], skip=("special",))

# ---------------------------------------------------------------------------------------------------------------------
# reduce
# ---------------------------------------------------------------------------------------------------------------------

SEGMENTS = [{"K": 0, "D": 3}, {"K": 1, "D": 1}, {"K": 65, "D": 17}, {"K": 20, "D": 3}]
IDS = {"ids": [0, 3, 1, 3, 3, 5, -1, 2, 0, 9]}


def segments(start, combine):
    def run(x, ids):
        out = np.full((5, x.shape[1]), start, x.dtype)
        for value, i in zip(x, ids):
            if 0 <= i < 5:
                out[i] = combine(out[i], value)
        return out
    return run


def count(ids):
    return np.bincount(ids[(ids >= 0) & (ids < 5)], minlength=5).astype(np.int32)


def segmented(function, numpy, **more):
    row(f"reduce.{function}", "(x: T[K, D], ids: i32[K]) -> T[5, D]", f"reduce.{function}(x, ids, 5)", numpy, SEGMENTS, values=IDS, **more)


def recurrence(a, b):
    out = np.zeros_like(b)
    for t in range(len(b)):
        out[t] = b[t] + (a[t] * out[t - 1] if t else 0)
    return out


def ema(x):
    out = x.copy()
    for t in range(1, len(x)):
        out[t] = 0.1 * x[t] + 0.9 * out[t - 1]
    return out


segmented("segment_sum", segments(0, np.add), dtypes=NUMBERS, skip=("special",))
segmented("segment_mean", lambda x, ids: segments(0, np.add)(x, ids) / count(ids)[:, None], skip=("special",))
segmented("segment_max", segments(-np.inf, np.maximum))
segmented("segment_min", segments(np.inf, np.minimum))
row("reduce.segment_count", "(ids: i32[K]) -> i32[5]", "reduce.segment_count(ids, 5)", count, [{"K": 0}, {"K": 65}, {"K": 20}], dtypes=("i32",), values=IDS)
row("reduce.logsumexp", "(x: T[M, N]) -> T[M]", "reduce.logsumexp(x)", lambda x: np.log(np.exp(x - x.max(1, keepdims=True)).sum(1)) + x.max(1), MATRICES[1:])
row("reduce.count", "(x: bool[M, N]) -> i32[M]", "reduce.count(x)", lambda x: x.sum(1, dtype=np.int32), MATRICES, dtypes=("bool",))
row("reduce.one_hot", "(ids: i32[N]) -> i32[N, 5]", "reduce.one_hot(ids, 5)", lambda ids: (ids[:, None] == np.arange(5)).astype(np.int32), VECTORS, dtypes=("i32",), values=IDS)
row("reduce.exclusive_sum", "(x: T[M, N]) -> T[M, N]", "reduce.exclusive_sum(x)", lambda x: np.cumsum(x, 1, dtype=x.dtype) - x, MATRICES, dtypes=NUMBERS, skip=("special",))
row("reduce.recurrence", "(a: T[L, D], b: T[L, D]) -> T[L, D]", "reduce.recurrence(a, b)", recurrence, [{"L": 0, "D": 3}, {"L": 1, "D": 1}, {"L": 33, "D": 17}, {"L": 9, "D": 5}], skip=("special",))
row("reduce.ema", "(x: T[L, D]) -> T[L, D]", "reduce.ema(x, 0.1)", ema, [{"L": 0, "D": 3}, {"L": 1, "D": 1}, {"L": 33, "D": 17}, {"L": 9, "D": 5}], skip=("special",))
