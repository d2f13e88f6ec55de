"""What run.py runs: for each kernel file the arguments (a small set to check, a large one to time) and the same in NumPy.

`@example` takes the kernel's name and the two sizes. The decorated function makes the arguments of one size from a random generator
and returns them with the expected results, computed in f64 where that matters.
"""

from dataclasses import dataclass, field
from typing import Callable

import numpy as np

EXAMPLES = {}
f32 = np.float32


@dataclass
class Example:
    """`tolerance` is relative to a result's largest magnitude; 0: equal to the last bit. `bindings`: dimensions and types to fix."""

    file: str
    kernel: str
    check: tuple
    bench: tuple
    make: Callable
    tolerance: float = 1e-5
    bindings: Callable = field(default=lambda *size: {})


def example(file, check, bench, kernel=None, **more):
    def add(make):
        EXAMPLES[file] = Example(file, kernel or file, check, bench, make, **more)
        return make

    return add


def normal(rng, *shape):
    return rng.standard_normal(shape, dtype=f32)


def wide(*arrays):
    return [array.astype(np.float64) for array in arrays]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def shifted(img, r, s=None):
    """The views of an image shifted by up to r rows and columns, top left first; the border is repeated."""
    p = np.pad(img, r, mode="edge")
    h, w = img.shape
    return [p[i : i + h, j : j + w] for i in range(2 * r + 1) for j in range(2 * r + 1)]


def filtered(img, weights):
    weights = np.asarray(weights, np.float64)
    return sum(w * v for w, v in zip(weights.ravel(), shifted(img, weights.shape[0] // 2)))


SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
GAUSS = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256


def picture(rng, h, w):
    """Soft waves with a few bright boxes: something with edges and corners."""
    y, x = np.mgrid[:h, :w]
    img = 0.4 + 0.2 * np.sin(x / 17) * np.cos(y / 23)
    for _ in range(8):
        top, left = rng.integers(0, h), rng.integers(0, w)
        img[top : top + h // 6 + 1, left : left + w // 5 + 1] += 0.35
    return np.clip(img, 0, 1).astype(f32)


# ---------------------------------------------------------------------------------------------------------------------
# Finance, physics, automata
# ---------------------------------------------------------------------------------------------------------------------


@example("black_scholes", (1001,), (1 << 22,))
def black_scholes(rng, n):
    from math import sqrt

    erf = _erf()
    s, k, t, v = (rng.uniform(low, high, n).astype(f32) for low, high in ((50, 150), (50, 150), (0.1, 2), (0.1, 0.6)))
    s64, k64, t64, v64, r = *wide(s, k, t, v), float(f32(0.03))
    cdf = lambda x: 0.5 * (1 + erf(x / sqrt(2)))
    d1 = (np.log(s64 / k64) + (r + v64**2 / 2) * t64) / (v64 * np.sqrt(t64))
    d2, discounted = d1 - v64 * np.sqrt(t64), k64 * np.exp(-r * t64)
    return [s, k, t, v, f32(0.03)], [s64 * cdf(d1) - discounted * cdf(d2), discounted * cdf(-d2) - s64 * cdf(-d1), cdf(d1)]


def _erf():
    try:
        from scipy.special import erf
    except ImportError:
        from math import erf as one

        erf = np.vectorize(one, otypes=[np.float64])
    return erf


@example("nbody", (65,), (4096,))
def nbody(rng, n):
    x, v, m, dt, soft = normal(rng, n, 3), normal(rng, n, 3), rng.uniform(0.5, 1.5, n).astype(f32), f32(0.01), f32(0.1)
    a, x64 = np.zeros((n, 3)), x.astype(np.float64)
    for i in range(n):
        d = x64 - x64[i]
        a[i] = (m[:, None] * d * (((d**2).sum(1) + float(soft)) ** -1.5)[:, None]).sum(0)
    w = v + a * float(dt)
    return [x, v, m, dt, soft], [x64 + w * float(dt), w]


@example("life", (33, 65), (4096, 4096), tolerance=0)
def life(rng, h, w):
    cells = rng.integers(0, 2, (h, w), np.uint8)
    around = sum(np.roll(cells, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)) - cells
    return [cells], [((around == 3) | ((around == 2) & (cells == 1))).astype(np.uint8)]


@example("jacobi", (33, 65), (4096, 4096))
def jacobi(rng, h, w):
    u, f = normal(rng, h, w), normal(rng, h, w)
    after = u.astype(np.float64)
    after[1:-1, 1:-1] = (u[:-2, 1:-1].astype(np.float64) + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] + f[1:-1, 1:-1]) / 4
    return [u, f], [after, np.abs(after - u).max()]


@example("monte_carlo_pi", (7, 1000), (1000, 10000), tolerance=0, bindings=lambda m, n: {"M": m, "N": n})
def monte_carlo_pi(rng, m, n):
    index, key = np.arange(m * n, dtype=np.uint64), [np.uint64(7), np.uint64(0)]
    mask, word = np.uint64(0xFFFFFFFF), np.uint64(32)
    c = [index & mask, index >> word, np.uint64(0) * index, np.uint64(0) * index]
    for _ in range(10):  # Philox 4x32-10
        p, q = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(q >> word) ^ c[1] ^ key[0], q & mask, (p >> word) ^ c[3] ^ key[1], p & mask]
        key = [(key[0] + np.uint64(0x9E3779B9)) & mask, (key[1] + np.uint64(0xBB67AE85)) & mask]
    x, y = (f32(word >> np.uint64(8)) * f32(2**-24) for word in c[:2])
    hits = (x * x + y * y < 1).reshape(m, n).sum(1, dtype=np.int32)
    return [np.uint64(7)], [f32(hits.sum(dtype=np.int64) * 4.0 / (m * n)), hits]


# ---------------------------------------------------------------------------------------------------------------------
# Images and signals
# ---------------------------------------------------------------------------------------------------------------------


@example("harris", (65, 97), (2160, 3840))
def harris(rng, h, w):
    img, k, threshold = picture(rng, h, w), f32(0.05), f32(0.02)
    dx, dy = filtered(img, SOBEL), filtered(img, SOBEL.T)
    a, b, c = (filtered(p, GAUSS) for p in (dx * dx, dx * dy, dy * dy))
    response = a * c - b * b - float(k) * (a + c) ** 2
    peak = np.max(shifted(response, 1), 0)
    return [img, k, threshold], [np.where((response == peak) & (response > float(threshold)), response, 0)]


@example("bilateral", (33, 65), (1080, 1920))
def bilateral(rng, h, w):
    img, space, spread = picture(rng, h, w), f32(2), f32(0.1)
    near = np.exp(-(np.mgrid[-3:4, -3:4] ** 2).sum(0) / (2 * float(space) ** 2)).ravel()
    views = shifted(img.astype(np.float64), 3)
    weights = [n * np.exp(-((v - img) ** 2) / (2 * float(spread) ** 2)) for n, v in zip(near, views)]
    return [img, space, spread], [sum(g * v for g, v in zip(weights, views)) / sum(weights)]


@example("dft", (12, 35), (128, 128))
def dft(rng, a, b):
    re, im = normal(rng, a, b), normal(rng, a, b)
    y = np.fft.fft((re.astype(np.float64) + 1j * im).T.ravel()).reshape(a, b)
    return [re, im], [y.real, y.imag]


# ---------------------------------------------------------------------------------------------------------------------
# Learning
# ---------------------------------------------------------------------------------------------------------------------


@example("pca", (65, 7, 3), (20000, 128, 8), kernel="pca_step", tolerance=1e-4)
def pca(rng, n, d, k):
    x, start = normal(rng, n, d) * np.linspace(3, 1, d).astype(f32), normal(rng, k, d)
    moved = start.astype(np.float64) @ np.cov(x.T.astype(np.float64))
    variance = np.linalg.norm(moved, axis=1)
    unit = moved / variance[:, None]
    apart = unit - np.tril(unit @ unit.T, -1) @ unit
    return [x, start], [apart / np.linalg.norm(apart, axis=1, keepdims=True), variance]


@example("int8_dense", (5, 65, 33), (256, 1024, 1024), tolerance=1e-5)
def int8_dense(rng, b, k, n):
    x, q = normal(rng, b, k), rng.integers(-127, 128, (k, n)).astype(np.int8)
    scale, bias = rng.uniform(0.001, 0.002, n).astype(f32), normal(rng, n)
    xs = np.abs(x).max(1) / f32(127)
    xq = np.clip(np.rint(x / xs[:, None]), -127, 127).astype(np.int64)
    return [x, q, scale, bias], [np.maximum((xq @ q.astype(np.int64)) * wide(xs)[0][:, None] * scale + bias, 0)]


def conv3x3(x, f, bias):
    p = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    h, w = x.shape[1:3]
    return sum(p[:, r : r + h, s : s + w] @ f[r, s] for r in range(3) for s in range(3)) + bias


@example("resnet", (2, 9, 7, 5), (1, 56, 56, 64), kernel="resnet_block")
def resnet(rng, n, h, w, c):
    x, f1, f2 = normal(rng, n, h, w, c), normal(rng, 3, 3, c, c) / f32(3 * c**0.5), normal(rng, 3, 3, c, c) / f32(3 * c**0.5)
    b1, b2 = normal(rng, c), normal(rng, c)
    x64, f164, b164, f264, b264 = wide(x, f1, b1, f2, b2)
    hidden = np.maximum(conv3x3(x64, f164, b164), 0)
    return [x, f1, b1, f2, b2], [np.maximum(conv3x3(hidden, f264, b264) + x64, 0)]


@example("mandelbrot", (33, 65), (1080, 1920), tolerance=0)
def mandelbrot(rng, h, w):
    re, im = np.linspace(-2.2, 0.8, w, dtype=f32), np.linspace(-1.2, 1.2, h, dtype=f32)
    cx, cy = np.broadcast_arrays(re, im[:, None])
    x, y, count = cx.copy(), cy.copy(), np.zeros((h, w), np.int32)
    with np.errstate(all="ignore"):
        for _ in range(64):
            xx, yy = x * x, y * y
            count += xx + yy <= 4
            x, y = xx - yy + cx, 2 * x * y + cy
    return [re, im], [count]


@example("heat", (33, 65), (2048, 2048))
def heat(rng, h, w):
    u, k = normal(rng, h, w), f32(0.2)
    t = u.astype(np.float64)
    for _ in range(8):
        p = np.pad(t, 1, mode="edge")
        t = t + float(k) * (p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:] - 4 * t)
    return [u, k], [t]


@example("histogram", (33, 65), (2160, 3840), kernel="equalize", tolerance=0)
def histogram(rng, h, w):
    img = (picture(rng, h, w) * 255).astype(np.uint8)
    counts = np.bincount(img.ravel(), minlength=256).astype(np.int32)
    share = counts.cumsum().astype(f32) / f32(h * w)
    return [img], [counts, np.rint(f32(255) * share[img]).astype(np.uint8)]


@example("canny", (65, 97), (1080, 1920), tolerance=0)
def canny(rng, h, w):
    img, low, high = picture(rng, h, w), f32(0.15), f32(0.5)
    smooth = filtered(img, GAUSS)
    dx, dy = filtered(smooth, SOBEL), filtered(smooth, SOBEL.T)
    m = np.sqrt(dx * dx + dy * dy)
    p = np.pad(m, 1)
    at = lambda i, j: p[1 + i : 1 + i + h, 1 + j : 1 + j + w]
    flat, steep = np.abs(dy) <= 0.41421356 * np.abs(dx), np.abs(dx) <= 0.41421356 * np.abs(dy)
    across = np.select([flat, steep, dx * dy > 0], [np.maximum(at(0, -1), at(0, 1)), np.maximum(at(-1, 0), at(1, 0)), np.maximum(at(-1, -1), at(1, 1))],
                       np.maximum(at(-1, 1), at(1, -1)))
    thin = np.where(m >= across, m, 0)
    weak, edge = thin > low, thin > high
    for _ in range(16):
        edge = weak & np.max(shifted(edge, 1), 0)
    return [img, low, high], [edge.astype(np.uint8)]


@example("kmeans", (65, 5, 7), (20000, 32, 64), kernel="kmeans_step")
def kmeans(rng, n, d, k):
    x, centres = normal(rng, n, d), normal(rng, k, d)
    distance = np.stack([((x.astype(np.float64) - c) ** 2).sum(1) for c in centres], 1)
    nearest = distance.argmin(1)
    moved = np.stack([x[nearest == i].astype(np.float64).mean(0) if np.any(nearest == i) else centres[i] for i in range(k)])
    return [x, centres], [moved, nearest, distance.min(1).mean()]


@example("viterbi", (33, 7), (1000, 64))
def viterbi(rng, t, s):
    start, step, seen = normal(rng, s), normal(rng, s, s), normal(rng, t, s)
    best, back = [(start + seen[0]).astype(f32)], []
    for now in seen[1:]:
        choice = best[-1][:, None] + step
        back.append(choice.argmax(0))
        best.append(now + choice.max(0))
    path = [int(best[-1].argmax())]
    for choice in reversed(back):
        path.append(int(choice[path[-1]]))
    return [start, step, seen], [np.array(path[::-1]), best[-1].max()]


@example("dtw", (17, 33), (500, 500))
def dtw(rng, m, n):
    x, y = normal(rng, m), normal(rng, n)
    d = np.full((m + 1, n + 1), np.inf)
    d[0, 0] = 0
    for i in range(m):
        for j in range(n):
            d[i + 1, j + 1] = abs(float(x[i]) - float(y[j])) + min(d[i, j + 1], d[i + 1, j], d[i, j])
    return [x, y], [d[m, n], d[1:, 1:]]


@example("spmv", (33, 17), (20000, 20000))
def spmv(rng, m, n):
    filled = rng.integers(0, 9, m)
    start = np.concatenate([[0], np.cumsum(filled)]).astype(np.int32)
    column, value = rng.integers(0, n, start[-1]).astype(np.int32), normal(rng, start[-1])
    x, y = normal(rng, n), np.zeros(m)
    np.add.at(y, np.repeat(np.arange(m), filled), value.astype(np.float64) * x[column])
    return [value, column, start, x], [y]


@example("adam", (1001,), (1 << 22,))
def adam(rng, n):
    p, m, v, g = normal(rng, n), normal(rng, n), normal(rng, n) ** 2, normal(rng, n)
    p64, m64, v64, g64 = wide(p, m, v, g)
    m64, v64 = 0.9 * m64 + 0.1 * g64, 0.999 * v64 + 0.001 * g64**2
    return [p, m, v, g, f32(3)], [p64 - 1e-3 * (m64 / (1 - 0.9**3)) / (np.sqrt(v64 / (1 - 0.999**3)) + 1e-8), m64, v64]


@example("moe", (5, 16, 4, 24), (256, 256, 8, 512))
def moe(rng, b, d, e, f):
    x, router, w1, w2 = normal(rng, b, d), normal(rng, d, e), normal(rng, e, d, f) / f32(d**0.5), normal(rng, e, f, d) / f32(f**0.5)
    x64, router64, w164, w264 = wide(x, router, w1, w2)
    score = x64 @ router64
    chosen = np.argsort(-score, axis=1)[:, :2]
    weight, y = softmax(np.take_along_axis(score, chosen, 1)), np.zeros((b, d))
    for i in range(b):
        for c, w in zip(chosen[i], weight[i]):
            h = x64[i] @ w164[c]
            y[i] += w * ((h / (1 + np.exp(-h))) @ w264[c])
    return [x, router, w1, w2], [y]


@example("int4_dense", (5, 64, 33, 4), (16, 2048, 2048, 32))
def int4_dense(rng, b, k, n, g):
    x, q, scale, bias = normal(rng, b, k), rng.integers(-8, 8, (k, n)), rng.uniform(0.01, 0.02, (g, n)).astype(f32), normal(rng, n)
    packed = ((q[0::2] & 15) | ((q[1::2] & 15) << 4)).astype(np.uint8)
    return [x, packed, scale, bias], [x.astype(np.float64) @ (q * np.repeat(scale.astype(np.float64), k // g, 0)) + bias]


@example("llama", (3, 32, 4, 2, 8, 48, 16, 5), (16, 512, 8, 2, 64, 1376, 256, 100), kernel="llama_block", tolerance=2e-5)
def llama(rng, s, m, h, g, d, f, c, start):
    weights = [normal(rng, *shape) / f32(shape[0] ** 0.5) for shape in ((m, h, d), (m, g, d), (m, g, d))]
    wo, gate, up, down = normal(rng, h, d, m) / f32((h * d) ** 0.5), normal(rng, m, f) / f32(m**0.5), normal(rng, m, f) / f32(m**0.5), normal(rng, f, m) / f32(f**0.5)
    x, keys, values = normal(rng, s, m), normal(rng, c, g, d), normal(rng, c, g, d)
    norm1, norm2 = (rng.uniform(0.5, 1.5, m).astype(f32) for _ in range(2))
    norm = lambda t, w: t / np.sqrt((t**2).mean(1, keepdims=True) + 1e-5) * w
    angle = np.arange(start, start + s)[:, None] * 10000.0 ** (-2 * np.arange(d // 2) / d)

    def turned(t):
        a, b, cos, sin = t[..., : d // 2], t[..., d // 2 :], np.cos(angle)[:, None], np.sin(angle)[:, None]
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)

    n = norm(x.astype(np.float64), norm1)
    q, k, v = (np.tensordot(n, w.astype(np.float64), 1) for w in weights)
    k_all, v_all = keys.astype(np.float64), values.astype(np.float64)
    k_all[start : start + s], v_all[start : start + s] = turned(k), v
    scores = np.einsum("shd,chd->hsc", turned(q), k_all.repeat(h // g, 1)) / d**0.5
    scores[:, np.arange(c) > np.arange(s)[:, None] + start] = -np.inf
    a = np.einsum("hsc,chd->shd", softmax(scores), v_all.repeat(h // g, 1))
    y = x + np.tensordot(a, wo.astype(np.float64), 2)
    t = norm(y, norm2)
    u = t @ gate.astype(np.float64)
    y = y + (u / (1 + np.exp(-u)) * (t @ up.astype(np.float64))) @ down.astype(np.float64)
    return [x, np.int64(start), keys, values, norm1, *weights, wo, norm2, gate, up, down], [y, k_all, v_all]
