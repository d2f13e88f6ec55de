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

# ---------------------------------------------------------------------------------------------------------------------
# Convolutions and pools
# ---------------------------------------------------------------------------------------------------------------------


def padded(x, by, value=0.0):
    return np.pad(x, [(0, 0), *((by, by) for _ in x.shape[1:-1]), (0, 0)], constant_values=value)


def windows(x, sizes, stride, dilation=1):
    """Views of x[N, …, C] at each place of a window, with the place."""
    count = [(n - dilation * (k - 1) - 1) // stride + 1 for n, k in zip(x.shape[1:-1], sizes)]
    for place in np.ndindex(*sizes):
        yield place, x[(slice(None), *(slice(dilation * p, dilation * p + stride * (n - 1) + 1, stride) for p, n in zip(place, count)))]


def conv(x, f, stride=1, padding=0, dilation=1):
    return sum(view @ f[place] for place, view in windows(padded(x, padding), f.shape[:-2], stride, dilation))


def conv_grouped(x, f, groups, **more):
    n, k = x.shape[-1] // groups, f.shape[-1] // groups
    return np.concatenate([conv(x[..., g * n : (g + 1) * n], f[..., g * k : (g + 1) * k], **more) for g in range(groups)], -1)


def conv_transposed(x, f, stride, padding):
    n, h, w, _ = x.shape
    r, s, _, k = f.shape
    y = np.zeros((n, (h - 1) * stride + r, (w - 1) * stride + s, k))
    for i in range(h):
        for j in range(w):
            y[:, i * stride : i * stride + r, j * stride : j * stride + s] += np.einsum("nc,rsck->nrsk", x[:, i, j], f)
    return y[:, padding : y.shape[1] - padding, padding : y.shape[2] - padding]


NUMERIC = ("f32", "f64", "f16", "bf16", "i32")
FILTERED = [{"N": 1, "H": 1, "W": 1, "C": 1, "R": 1, "S": 1, "K": 1}, {"N": 0, "H": 4, "W": 5, "C": 2, "R": 3, "S": 3, "K": 2},
            {"N": 2, "H": 9, "W": 8, "C": 5, "R": 3, "S": 2, "K": 17}, {"N": 1, "H": 6, "W": 7, "C": 3, "R": 3, "S": 3, "K": 4}]
row("nn.conv1d", "(x: T[N, L, C], f: T[R, C, K]) -> T[N, (L + 2 - 2 * (R - 1) - 1) / 3 + 1, K]", "nn.conv1d(x, f, stride = 3, padding = 1, dilation = 2)",
    lambda x, f: conv(x, f, 3, 1, 2), [{"N": 1, "L": 1, "C": 1, "R": 1, "K": 1}, {"N": 2, "L": 100, "C": 5, "R": 3, "K": 17}, {"N": 1, "L": 17, "C": 3, "R": 3, "K": 4}],
    dtypes=NUMERIC, skip=("special",))
row("nn.conv2d", "(x: T[N, H, W, C], f: T[R, S, C, K]) -> T[N, (H + 2 - (R - 1) - 1) / 2 + 1, (W + 2 - (S - 1) - 1) / 2 + 1, K]", "nn.conv2d(x, f, stride = 2, padding = 1)",
    lambda x, f: conv(x, f, 2, 1), FILTERED, dtypes=NUMERIC, skip=("special",))
row("nn.conv3d", "(x: T[N, A, H, W, C], f: T[Q, R, S, C, K]) -> T[N, A - Q + 3, H - R + 3, W - S + 3, K]", "nn.conv3d(x, f, padding = 1)",
    lambda x, f: conv(x, f, 1, 1), [{"N": 1, "A": 1, "H": 1, "W": 1, "C": 1, "Q": 1, "R": 1, "S": 1, "K": 1}, {"N": 2, "A": 4, "H": 5, "W": 6, "C": 3, "Q": 2, "R": 3, "S": 3, "K": 5}],
    dtypes=NUMERIC, skip=("special",))
row("nn.conv2d_grouped", "(x: T[N, H, W, C], f: T[R, S, D, K]) -> T[N, H - R + 3, W - S + 3, K] where C == D * 2, K % 2 == 0", "nn.conv2d_grouped(x, f, groups = 2, padding = 1)",
    lambda x, f: conv_grouped(x, f, 2, padding=1), [{"N": 1, "H": 1, "W": 1, "C": 2, "R": 1, "S": 1, "D": 1, "K": 2}, {"N": 2, "H": 7, "W": 9, "C": 6, "R": 3, "S": 3, "D": 3, "K": 10}],
    dtypes=NUMERIC, skip=("special",))
row("nn.conv2d_transposed", "(x: T[N, H, W, C], f: T[R, S, C, K]) -> T[N, (H - 1) * 2 + R - 2, (W - 1) * 2 + S - 2, K] where H >= 2, W >= 2", "nn.conv2d_transposed(x, f, stride = 2, padding = 1)",
    lambda x, f: conv_transposed(x, f, 2, 1), [{"N": 1, "H": 2, "W": 2, "C": 1, "R": 1, "S": 1, "K": 1}, {"N": 2, "H": 5, "W": 4, "C": 3, "R": 3, "S": 4, "K": 7}, {"N": 1, "H": 4, "W": 3, "C": 2, "R": 2, "S": 2, "K": 3}],
    dtypes=NUMERIC, skip=("special",))
POOLED = "(x: T[N, H, W, C]) -> T[N, (H - 1) / 2 + 1, (W - 1) / 2 + 1, C] where H >= 1, W >= 1"
row("nn.max_pool2d", POOLED, "nn.max_pool2d(x, 3, stride = 2, padding = 1)", lambda x: np.max([v for _, v in windows(padded(x, 1, -np.inf), (3, 3), 2)], 0), IMAGES)
row("nn.avg_pool2d", POOLED, "nn.avg_pool2d(x, 3, stride = 2, padding = 1)", lambda x: np.mean([v for _, v in windows(padded(x, 1), (3, 3), 2)], 0), IMAGES)


def group_norm(x, g, b):
    n, h, w, c = x.shape
    return normalize(x.reshape(n, h, w, 2, c // 2), (1, 2, 4), 0.01).reshape(x.shape) * g + b


row("nn.group_norm", "(x: T[N, H, W, C], g: T[C], b: T[C]) -> T[N, H, W, C] where C % 2 == 0, C >= 2", "nn.group_norm(x, g, b, groups = 2, eps = 0.01)",
    group_norm, [{"N": 1, "H": 1, "W": 1, "C": 2}, {"N": 2, "H": 5, "W": 7, "C": 18}, {"N": 3, "H": 4, "W": 6, "C": 8}])


def dropout(x, seed):
    from std_rows_data import bits4

    drawn = (bits4(np.arange(x.size), seed)[0] >> np.uint64(8)) / 2.0**24
    return np.where(drawn.reshape(x.shape) < np.float32(0.25), 0, x / 0.75)


row("nn.dropout", "(x: T[M, N], seed: u64) -> T[M, N]", "nn.dropout(x, 0.25, seed)", dropout, MATRICES, values={"seed": "wide"})

# ---------------------------------------------------------------------------------------------------------------------
# By number
# ---------------------------------------------------------------------------------------------------------------------

TABLES = [{"V": 1, "D": 1, "L": 1}, {"V": 3, "D": 4, "L": 0}, {"V": 100, "D": 33, "L": 65}, {"V": 7, "D": 5, "L": 17}]
row("nn.embedding", "(table: T[V, D], ids: i32[L]) -> T[L, D] where V >= 1", "nn.embedding(table, ids)", lambda table, ids: table[np.clip(ids, 0, len(table) - 1)], TABLES,
    dtypes=("f32", "f64", "f16", "i32"), values={"ids": "normal"})


def cache_update(cache, fresh, start):
    out, start = cache.copy(), int(start)
    count = max(0, min(len(fresh), len(cache) - start))
    out[start : start + count] = fresh[:count]
    return out


row("nn.cache_update", "(c: T[C, G, D], f: T[S, G, D], start: i64) -> T[C, G, D] where S >= 1", "nn.cache_update(c, f, start)", cache_update,
    [{"C": 1, "G": 1, "D": 1, "S": 1}, {"C": 33, "G": 2, "D": 17, "S": 5}, {"C": 6, "G": 3, "D": 4, "S": 3}], values={"start": [2]})
row("nn.quantize_int4", "(x: T[N], s: T) -> i8[N]", "i8(nn.quantize_int4(x, s))", lambda x, s: np.clip(np.rint(x / s), -8, 7).astype(np.int8), VECTORS, dtypes=("f32", "f64"),
    values={"s": [0.2]}, skip=("special",))
row("nn.dense_int4", "(x: T[B, K], w: i8[K, N], s: T[G, N], b: T[N]) -> T[B, N] where K % G == 0, K >= 1, G >= 1", "nn.dense_int4(x, i4(w), s, b)",
    lambda x, w, s, b: x @ ((((w.astype(int) + 8) % 16) - 8) * np.repeat(s, len(w) // len(s), 0)) + b,
    [{"B": 1, "K": 1, "N": 1, "G": 1}, {"B": 3, "K": 64, "N": 33, "G": 4}, {"B": 5, "K": 12, "N": 7, "G": 3}], dtypes=("f32", "f64"), values={"w": "wide"}, skip=("special",))
row("nn.cross_entropy(classes)", "(x: T[M, N], c: i32[M]) -> T where N >= 1", "nn.cross_entropy(x, c)",
    lambda x, c: -log_softmax(x)[np.arange(len(x)), np.clip(c, 0, x.shape[1] - 1)].mean(), MATRICES[1:], values={"c": "normal"})
