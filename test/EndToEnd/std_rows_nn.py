"""Rows of std_rows.py for nn."""

import numpy as np
from std_rows import MATRICES, VECTORS, row

erf = np.vectorize(__import__("math").erf, otypes=[np.float64])


def elementwise(name, numpy, call="x", **more):
    row(f"nn.{name}", "(x: T[N]) -> T[N]", f"nn.{name}({call})", numpy, VECTORS, **more)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.logaddexp(x, 0)


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True, initial=-np.inf))
    return e / e.sum(axis, keepdims=True)


def log_softmax(x):
    m = x.max(-1, keepdims=True, initial=-np.inf)
    return x - m - np.log(np.exp(x - m).sum(-1, keepdims=True))


elementwise("relu", lambda x: np.maximum(x, 0))
elementwise("relu6", lambda x: np.minimum(np.maximum(x, 0), 6))
elementwise("leaky_relu", lambda x: np.where(x > 0, x, 0.1 * x), "x, slope = 0.1")
elementwise("elu", lambda x: np.where(x > 0, x, 1.5 * np.expm1(np.minimum(x, 0))), "x, 1.5")
elementwise("sigmoid", sigmoid)
elementwise("silu", lambda x: x / (1 + np.exp(-x)))
elementwise("gelu", lambda x: 0.5 * x * (1 + erf(x * 0.7071067811865476)))
elementwise("gelu_tanh", lambda x: 0.5 * x * (1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x**3))))
elementwise("softplus", lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))
elementwise("mish", lambda x: x * np.tanh(softplus(x)))
row("nn.swiglu", "(a: T[M, N], b: T[M, N]) -> T[M, N]", "nn.swiglu(a, b)", lambda a, b: a / (1 + np.exp(-a)) * b, MATRICES)

row("nn.softmax", "(x: T[M, N]) -> T[M, N]", "nn.softmax(x)", softmax, MATRICES)
row("nn.log_softmax", "(x: T[M, N]) -> T[M, N]", "nn.log_softmax(x)", log_softmax, MATRICES)


def normalize(x, axes, eps):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


row("nn.layer_norm", "(x: T[M, N], g: T[N], b: T[N]) -> T[M, N]", "nn.layer_norm(x, g, b, 0.01)", lambda x, g, b: normalize(x, -1, 0.01) * g + b, MATRICES)
row("nn.rms_norm", "(x: T[M, N], g: T[N]) -> T[M, N]", "nn.rms_norm(x, g, 0.01)", lambda x, g: x / np.sqrt((x**2).mean(-1, keepdims=True) + 0.01) * g, MATRICES)

IMAGES = [{"N": 0, "H": 2, "W": 3, "C": 4}, {"N": 1, "H": 1, "W": 1, "C": 1}, {"N": 2, "H": 5, "W": 7, "C": 17}, {"N": 3, "H": 4, "W": 6, "C": 8}]
row("nn.batch_norm", "(x: T[N, H, W, C], mu: T[C], v: T[C], g: T[C], b: T[C]) -> T[N, H, W, C]", "nn.batch_norm(x, mu, v, g, b)",
    lambda x, mu, v, g, b: (x - mu) / np.sqrt(v + 1e-5) * g + b, IMAGES, values={"v": "positive"})
row("nn.batch_norm_train", "(x: T[N, H, W, C], g: T[C], b: T[C]) -> (T[N, H, W, C], T[C], T[C])", "nn.batch_norm_train(x, g, b, 0.01)",
    lambda x, g, b: (normalize(x, (0, 1, 2), 0.01) * g + b, x.mean((0, 1, 2)), x.var((0, 1, 2))), IMAGES)
row("nn.instance_norm", "(x: T[N, H, W, C], g: T[C], b: T[C]) -> T[N, H, W, C]", "nn.instance_norm(x, g, b, 0.01)",
    lambda x, g, b: normalize(x, (1, 2), 0.01) * g + b, IMAGES)
row("nn.global_avg_pool", "(x: T[N, H, W, C]) -> T[N, C]", "nn.global_avg_pool(x)", lambda x: x.mean((1, 2)), IMAGES)
row("nn.global_max_pool", "(x: T[N, H, W, C]) -> T[N, C]", "nn.global_max_pool(x)", lambda x: x.max((1, 2)), IMAGES)

LAYERS = [{"B": 0, "K": 3, "N": 4}, {"B": 3, "K": 0, "N": 4}, {"B": 1, "K": 1, "N": 1}, {"B": 65, "K": 127, "N": 63}, {"B": 5, "K": 17, "N": 33}]
row("nn.dense", "(x: T[B, K], w: T[K, N], b: T[N]) -> T[B, N]", "nn.dense(x, w, b)", lambda x, w, b: x @ w + b, LAYERS)

HEADS = [{"S": 1, "D": 1, "L": 1, "E": 1}, {"S": 0, "D": 4, "L": 3, "E": 2}, {"S": 17, "D": 33, "L": 65, "E": 16}, {"S": 5, "D": 8, "L": 7, "E": 3}]


def attention(q, k, v, mask=True):
    scores = q @ k.T / np.sqrt(q.shape[1])
    return softmax(np.where(mask, scores, -np.inf)) @ v


def seen(s, t):
    return np.arange(t) <= np.arange(s)[:, None] + t - s


row("nn.attention", "(q: T[S, D], k: T[L, D], v: T[L, E]) -> T[S, E]", "nn.attention(q, k, v)", attention, HEADS, skip=("special",))
row("nn.attention_masked", "(q: T[S, D], k: T[L, D], v: T[L, E], m: bool[S, L]) -> T[S, E]", "nn.attention_masked(q, k, v, m)",
    attention, HEADS, skip=("special",))
row("nn.attention_causal", "(q: T[S, D], k: T[L, D], v: T[L, E]) -> T[S, E]", "nn.attention_causal(q, k, v)",
    lambda q, k, v: attention(q, k, v, seen(len(q), len(k))), HEADS, skip=("special",))


def attention_gqa(q, k, v, start):
    (s, h, _), (c, g, _) = q.shape, k.shape
    mask = np.arange(c) <= np.arange(s)[:, None] + start
    return np.stack([attention(q[:, i], k[:, i // (h // g)], v[:, i // (h // g)], mask) for i in range(h)], 1)


row("nn.attention_gqa", "(q: T[S, H, D], k: T[C, G, D], v: T[C, G, E], start: i64) -> T[S, H, E] where H % G == 0, G >= 1, H >= 1", "nn.attention_gqa(q, k, v, start)",
    attention_gqa, [{"S": 1, "H": 1, "D": 1, "C": 1, "G": 1, "E": 1}, {"S": 3, "H": 8, "D": 16, "C": 33, "G": 2, "E": 16}, {"S": 4, "H": 6, "D": 5, "C": 9, "G": 3, "E": 7}],
    values={"start": [3]}, skip=("special",))


def rope(x, positions):
    half = x.shape[2] // 2
    angle = positions[:, None].astype(np.float64) * 10000.0 ** (-2 * np.arange(half) / x.shape[2])
    c, s, a, b = np.cos(angle)[:, None], np.sin(angle)[:, None], x[..., :half], x[..., half:]
    return np.concatenate([a * c - b * s, b * c + a * s], -1)


row("nn.rope", "(x: T[S, H, D], p: i32[S]) -> T[S, H, D] where D % 2 == 0, D >= 2", "nn.rope(x, p)", rope,
    [{"S": 0, "H": 2, "D": 4}, {"S": 1, "H": 1, "D": 2}, {"S": 17, "H": 3, "D": 64}, {"S": 5, "H": 4, "D": 6}], skip=("special",))

row("nn.cross_entropy", "(x: T[M, N], t: T[M, N]) -> T", "nn.cross_entropy(x, t)", lambda x, t: -(log_softmax(x) * t).sum() / len(x), MATRICES[1:])
row("nn.mse", "(x: T[M, N], t: T[M, N]) -> T", "nn.mse(x, t)", lambda x, t: ((x - t) ** 2).mean(), MATRICES)


def to_i8(x):
    return np.clip(np.nan_to_num(x, nan=0, posinf=127, neginf=-128), -128, 127).astype(np.int8)


def quantize_rows(x):
    top = np.abs(x).max(1, initial=0)
    scale = np.where(top > 0, top / 127, 1)
    return np.clip(to_i8(np.rint(x / scale[:, None])), -127, 127), scale


row("nn.quantize", "(x: T[N], s: T) -> i8[N]", "nn.quantize(x, s, 3)", lambda x, s: to_i8(np.rint(x / s) + 3), VECTORS, values={"s": [0.01]}, skip=("special",))
row("nn.dequantize", "(q: i8[N], s: T) -> T[N]", "nn.dequantize(q, s, 3)", lambda q, s: (q.astype(np.float64) - 3) * s, VECTORS, values={"q": "wide", "s": [0.01]})
row("nn.quantize_rows", "(x: T[M, N]) -> (i8[M, N], T[M])", "nn.quantize_rows(x)", quantize_rows, MATRICES, skip=("special",))
row("nn.dense_int8", "(x: i8[B, K], w: i8[K, N], xs: T[B], ws: T[N], b: T[N]) -> T[B, N]", "nn.dense_int8(x, w, xs, ws, b)",
    lambda x, w, xs, ws, b: (x.astype(np.int64) @ w.astype(np.int64)) * xs[:, None] * ws + b, LAYERS, values={"x": "wide", "w": "wide"}, skip=("special",))
