"""What each kernel of the suite computes, in f64: the reference of every contender, its work, and how far rounding may take a result.

A reference gives a pair for each result: where in it (`...`: everywhere; large products are looked at in some rows only), and the values.
"""

from dataclasses import dataclass
from typing import Callable

import numpy as np

EVERYWHERE = ...


@dataclass(frozen=True)
class Operation:
    """`reference(dims, **arrays)` on f64 arrays; `flops(dims)`, 0 where memory decides; `steps(dims)`: the longest sum that is rounded;
    `draw`: names of parameters and how to draw them; `moved(row)`: bytes that must be moved, where that is not all of them."""

    reference: Callable
    flops: Callable = lambda d: 0
    steps: Callable = lambda d: 1
    draw: dict = None
    moved: Callable = lambda row: row.bytes

    def tolerance(self, row):
        """Largest allowed error, relative to the largest value: rounding of a sum of N random terms, one after the other, is of the order
        of sqrt(N) units of the sum's type beside the sum; then functions (32 units), then the result's own type."""
        result = row.results[0][1]
        if result.kind in "iu":
            return 0.0
        unit = lambda dtype: {2: 2.0**-11 if dtype == np.float16 else 2.0**-8, 4: 2.0**-24, 8: 2.0**-53}[dtype.itemsize]  # noqa: E731
        inner = unit(np.dtype("f8")) if result == np.float64 else unit(np.dtype("f4"))
        return inner * (4 * self.steps(row.dims) ** 0.5 + 32) + 2 * (unit(result) if result.itemsize < 4 else 0)


def normal(rng, shape, dtype, dims):
    if dtype.kind in "iu":
        return rng.integers(0 if dtype.kind == "u" else -128, 256 if dtype.kind == "u" else 128, shape).astype(dtype)
    return rng.standard_normal(shape, dtype=np.float32).astype(dtype)


def below(name):
    return lambda rng, shape, dtype, dims: rng.integers(0, dims[name], shape).astype(dtype)


def scaled(name):
    """Normal, divided by the root of a dimension, so that layers keep the size of their values."""
    return lambda rng, shape, dtype, dims: (rng.standard_normal(shape, dtype=np.float32) / dims[name] ** 0.5).astype(dtype)


def _some(count):
    """Some 16 places of an axis, both ends among them."""
    return np.unique(np.linspace(0, count - 1, 16).astype(int))


def matmul(turn_a=False, turn_b=False):
    def reference(d, a, b):
        a, b = (a.swapaxes(-1, -2) if turn_a else a), (b.swapaxes(-1, -2) if turn_b else b)
        rows = _some(a.shape[-2])
        return [((EVERYWHERE, rows, slice(None)), a[..., rows, :] @ b)]
    return Operation(reference, lambda d: 2 * d.get("B", 1) * d["M"] * d["N"] * d["K"], lambda d: d["K"])


def erf(x):
    """To 1e-12 or better, by SciPy if it is there, else element by element."""
    try:
        from scipy.special import erf as exact
        return exact(x)
    except ImportError:
        import math
        return np.vectorize(math.erf, otypes=[float])(x)


def gelu(x):
    return 0.5 * x * (1 + erf(x * 0.5**0.5))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def log_softmax(x):
    m = x.max(-1, keepdims=True)
    return x - m - np.log(np.exp(x - m).sum(-1, keepdims=True))


def layer_norm(x, gain, bias):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * gain + bias


def lines(function, by_line=1, **more):
    """A function of each line of the first `by_line` arguments; some lines are looked at."""
    def reference(d, **arrays):
        arguments = list(arrays.values())
        some = _some(len(arguments[0]))
        return [(some, function(*(array[some] for array in arguments[:by_line]), *arguments[by_line:]))]
    return Operation(reference, **more)


def elements(function, **more):
    def reference(d, **arrays):
        some = slice(None) if next(iter(arrays.values())).size < 1 << 16 else slice(None, None, 509)
        return [(some, function(*(array[some] for array in arrays.values())))]
    return Operation(reference, **more)


def whole(function, **more):
    def reference(d, **arrays):
        results = function(*arrays.values())
        return [(EVERYWHERE, result) for result in (results if isinstance(results, tuple) else (results,))]
    return Operation(reference, **more)


def conv(x, f, stride, padding):
    """NHWC by [R, S, C, K], one product of matrices for each place of the filter."""
    r, s = f.shape[:2]
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    h, w = (x.shape[1] - r) // stride + 1, (x.shape[2] - s) // stride + 1
    return sum(x[:, i : i + stride * h : stride, j : j + stride * w : stride][:, :h, :w] @ f[i, j] for i in range(r) for j in range(s))


def depthwise(x, f):
    h, w = x.shape[1:3]
    x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return sum(x[:, i : i + h, j : j + w] * f[i, j] for i in range(3) for j in range(3))


def convolution(size, stride=1, padding=0, first=False):
    def function(x, f):
        y = conv(x.transpose(0, 2, 3, 1) if first else x, f.transpose(2, 3, 1, 0) if first else f, stride, padding)
        return y.transpose(0, 3, 1, 2) if first else y
    return whole(function, flops=lambda d: 2 * d["B"] * -(-d["H"] // stride) * -(-d["W"] // stride) * d["C"] * d["K"] * size * size,
                 steps=lambda d: d["C"] * size * size)


def attention(causal=False):
    def reference(d, q, k, v):
        heads = sorted({0, len(q) - 1})
        scores = np.einsum("...sd,...td->...st", q[heads], k[heads] if k.ndim == q.ndim else k[heads][:, None]) / d["D"] ** 0.5
        if causal:
            scores = np.where(np.tril(np.ones(scores.shape[-2:], bool)), scores, -np.inf)
        values = v[heads] if v.ndim == q.ndim else v[heads][:, None]
        return [(heads, softmax(scores) @ values)]
    keys = lambda d: d.get("T", d["S"])  # noqa: E731
    return Operation(reference, lambda d: (2 if causal else 4) * d.get("H", d.get("G", 1) * d.get("R", 1)) * d["S"] * keys(d) * d["D"],
                     lambda d: keys(d) + d["D"])


def decode(q, k, v):
    p = softmax(np.einsum("hd,htd->ht", q, k) / q.shape[-1] ** 0.5)
    return np.einsum("ht,htd->hd", p, v)


def gauss5(img):
    weights = (1, 4, 6, 4, 1)
    for axis in (1, 0):
        p = np.pad(img, [(2, 2) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        img = sum(w * np.take(p, range(i, i + img.shape[axis]), axis) for i, w in enumerate(weights)) / 16
    return img


def resize_up(img):
    for axis in (1, 0):
        n = img.shape[axis]
        place = np.clip((np.arange(2 * n) + 0.5) / 2 - 0.5, 0, n - 1)
        low = np.floor(place).astype(int)
        part = (place - low).reshape([-1 if a == axis else 1 for a in (0, 1)])
        img = np.take(img, low, axis) * (1 - part) + np.take(img, np.minimum(low + 1, n - 1), axis) * part
    return img


def transformer(x, gain1, bias1, wq, wk, wv, wo, gain2, bias2, up, down):
    n = layer_norm(x, gain1, bias1)
    q, k, v = ((n @ w).reshape(len(x), -1, 64).swapaxes(0, 1) for w in (wq, wk, wv))
    y = x + (softmax(q @ k.swapaxes(1, 2) / 8) @ v).swapaxes(0, 1).reshape(x.shape) @ wo
    return y + gelu(layer_norm(y, gain2, bias2) @ up) @ down


def resnet(x, f1, b1, f2, b2):
    return np.maximum(conv(np.maximum(conv(x, f1, 1, 1) + b1, 0), f2, 1, 1) + b2 + x, 0)


def top_k(x):
    places = np.argsort(-x, axis=1, kind="stable")[:, :8]
    return np.take_along_axis(x, places, 1), places


LENGTH = {"steps": lambda d: d["N"]}
HEIGHT = {"steps": lambda d: d["M"]}
OPERATIONS = {
    "gemm": matmul(), "gemm_ta": matmul(True), "gemm_tb": matmul(False, True), "gemm_tab": matmul(True, True), "gemm_batched": matmul(),
    "gemm_f64": matmul(), "gemm_bf16": matmul(), "gemm_f16": matmul(), "gemm_s8s8": matmul(), "gemm_u8s8": matmul(),
    "dense_gelu": lines(lambda x, w, b: gelu(x @ w + b), flops=lambda d: 2 * d["M"] * d["N"] * d["K"], steps=lambda d: d["K"], draw={"w": scaled("K")}),
    "softmax": lines(softmax, **LENGTH), "log_softmax": lines(log_softmax, **LENGTH), "layer_norm": lines(layer_norm, **LENGTH),
    "rms_norm": lines(lambda x, g: x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6) * g, **LENGTH),
    "cross_entropy": whole(lambda x, c: -np.take_along_axis(log_softmax(x), c.astype(int)[:, None], 1).mean(), draw={"classes": below("N")},
                           steps=lambda d: d["M"] + d["N"]),
    "gelu": elements(gelu), "silu": elements(lambda x: x / (1 + np.exp(-x))), "swiglu": lines(lambda a, b: a / (1 + np.exp(-a)) * b, by_line=2),
    "add": elements(lambda a, b: a + b),
    "sum_all": whole(np.sum, **LENGTH), "sum_rows": whole(lambda x: x.sum(1), **LENGTH), "sum_columns": whole(lambda x: x.sum(0), **HEIGHT),
    "max_rows": whole(lambda x: x.max(1)), "max_columns": whole(lambda x: x.max(0)),
    "argmax_rows": whole(lambda x: x.argmax(1)), "argmax_columns": whole(lambda x: x.argmax(0)),
    "cumsum_rows": whole(lambda x: x.cumsum(1), **LENGTH), "cumsum_columns": whole(lambda x: x.cumsum(0), **HEIGHT),
    "transpose2": whole(np.transpose), "transpose_heads": whole(lambda x: x.transpose(0, 2, 1, 3)),
    "transpose_channels": whole(lambda x: x.transpose(0, 2, 3, 1)),
    "embedding": whole(lambda t, i: t[i.astype(int)], draw={"ids": below("V")}, moved=lambda row: 2 * 4 * row.dims["L"] * row.dims["D"]),
    "top_k8": whole(top_k),
    "conv3x3": convolution(3, padding=1), "conv1x1": convolution(1), "conv7x7": convolution(7, 2, 3), 
    "depthwise": whole(depthwise, flops=lambda d: 18 * d["B"] * d["H"] * d["W"] * d["C"], steps=lambda d: 9),
    "conv7x7_first": convolution(7, 2, 3, first=True),
    "depthwise_first": whole(lambda x, f: depthwise(x.transpose(0, 2, 3, 1), f[:, 0].transpose(1, 2, 0)).transpose(0, 3, 1, 2),
                             flops=lambda d: 18 * d["B"] * d["H"] * d["W"] * d["C"], steps=lambda d: 9),
    "conv3x3_first": convolution(3, padding=1, first=True), "conv1x1_first": convolution(1, first=True),
    "attention": attention(), "attention_causal": attention(True), "attention_shared": attention(),
    "decode": whole(decode, flops=lambda d: 4 * d["H"] * d["T"] * d["D"], steps=lambda d: d["T"] + d["D"]),
    "gauss5": whole(gauss5), "halve": whole(lambda x: (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4), "resize_up": whole(resize_up),
    "transformer": whole(transformer, flops=lambda d: 2 * d["S"] * (4 * d["M"] ** 2 + 2 * d["S"] * d["M"] + 2 * d["M"] * d["F"]),
                         steps=lambda d: d["M"] + d["F"] + d["S"], draw={n: scaled("M") for n in ("wq", "wk", "wv", "wo", "up")} | {"down": scaled("F")}),
    "resnet": whole(resnet, flops=lambda d: 36 * d["B"] * d["H"] * d["W"] * d["C"] ** 2, steps=lambda d: 18 * d["C"],
                    draw={n: scaled("C") for n in ("f1", "f2")}),
}


def draw(row, seed=1):
    """The function that draws a row's arguments, the same ones every time."""
    rng = np.random.default_rng(seed)
    special = OPERATIONS[row.kernel].draw or {}
    return lambda name, shape, dtype: special.get(name, normal)(rng, shape, dtype, row.dims)


def expected(row):
    wide = {name: array.astype(np.float64) for name, array in row.arrays.items()}
    return OPERATIONS[row.kernel].reference(row.dims, **wide)


def errors(row, wanted, outputs):
    """The largest error of a contender's outputs relative to the largest value, over all results; inf where a shape or a NaN is wrong."""
    worst = 0.0
    for (where, values), output, (shape, _) in zip(wanted, outputs, row.results, strict=True):
        if tuple(output.shape) != shape:
            return float("inf")
        found = output[where].astype(np.float64)
        if not np.isfinite(found).all():
            return float("inf")
        worst = max(worst, float(np.abs(found - values).max(initial=0) / max(np.abs(values).max(initial=0), 1e-300)))
    return worst
