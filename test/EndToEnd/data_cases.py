"""Cases of the sweep: slices, tensors put together, data as indices, carried loops, sorting and types of storage.

Each case is compared with the interpreter, which in turn must agree with the NumPy function of the same name in ORACLES.
"""

import numpy as np
from sweep import LONG, Case

ORACLES = {}
MATRICES = [{"M": m, "N": n} for m, n in ((1, 1), (3, 17), (7, 65), *(((64, 127), (2, 1000)) if LONG else ()))]
EMPTY = [{"M": 0, "N": 5}, {"M": 4, "N": 0}]
ROWS = []


def case(id, source, runs, function, **more):
    """A case of this family and what NumPy makes of it."""
    ORACLES[id] = function
    ROWS.append(Case(id, source, runs, oracle=f"data_cases:{id}", **more))


def matrix(body, result="f32[M, N]", dtype="f32", **more):
    return f"kernel k(x: {dtype}[M, N]) -> {result} {{ {body} }}"


# Tensors put together and taken apart.
case("concat", "kernel k(a: f32[M, N], b: f32[K, N]) -> f32[M + K, N] { return concat(a, b * 2) }", [{"M": m, "K": k, "N": n} for m, k, n in ((1, 2, 3), (5, 0, 4), (0, 5, 4), (17, 3, 65))],
     lambda a, b: np.concatenate([a, b * 2]))
case("concat-last", "kernel k(a: i8[M, N], b: i8[M, K]) -> i8[M, 2*N + K] { return concat(a, b, a, axis = -1) }", [{"M": 3, "K": 2, "N": 5}, {"M": 2, "K": 70, "N": 33}],
     lambda a, b: np.concatenate([a, b, a], axis=1))
case("stack", "kernel k(x: f32[N], y: f32[N]) -> f32[N, 3] { return stack(x, y, x + y, axis = 1) }", [{"N": 1}, {"N": 33}], lambda x, y: np.stack([x, y, (x + y).astype(np.float32)], 1))
case("pad", matrix("return pad(x, axis = 0, before = 2, after = 1, value = 7)", "f32[M + 3, N]"), MATRICES + EMPTY, lambda x: np.pad(x, ((2, 1), (0, 0)), constant_values=7))
case("pad-all", matrix("return pad(x, before = 1)", "f32[M + 1, N + 1]"), MATRICES + EMPTY, lambda x: np.pad(x, ((1, 0), (1, 0))))
case("reshape", matrix("return reshape(x, N, M)", "f32[N, M]"), MATRICES + EMPTY, lambda x: x.reshape(x.shape[::-1]))
case("reshape-flat", matrix("return [i] sum(reshape(x, -1)) + x[i, 0]", "f32[M] where N >= 1"), MATRICES, lambda x: x.sum() + x[:, 0], rtol=1e-4)
case("reshape-cube", "kernel k(x: f32[M, M, M]) -> f32[M*M*M] { return reshape(x, M*M*M) }", [{"M": 0}, {"M": 3}], lambda x: x.reshape(-1))
case("reshape-heads", "kernel k(x: f32[B, T, 12]) -> f32[B, 3, T, 4] { return transpose(reshape(x, B, T, 3, 4), 0, 2, 1, 3) }", [{"B": 2, "T": 5}, {"B": 1, "T": 64}, {"B": 0, "T": 3}],
     lambda x: x.reshape(*x.shape[:2], 3, 4).transpose(0, 2, 1, 3))
case("transpose", matrix("return transpose(x) + 1", "f32[N, M]"), MATRICES + EMPTY, lambda x: x.T + 1)
case("flip", matrix("return flip(x) + flip(x, axis = 1)"), MATRICES + EMPTY, lambda x: x[::-1, ::-1] + x[:, ::-1])

# Slices.
SLICES = {"tail": ("x[1:, ::2]", "f32[M - 1, ceildiv(N, 2)]", lambda x: x[1:, ::2]), "ends": ("x[:-1, 1:]", "f32[M - 1, N - 1]", lambda x: x[:-1, 1:]),
          "back": ("x[::-1, ::-3]", "f32[M, ceildiv(N, 3)]", lambda x: x[::-1, ::-3]), "column": ("x[:, -1]", "f32[M]", lambda x: x[:, -1]), "dots": ("x[..., 0]", "f32[M]", lambda x: x[..., 0]),
          "row": ("x[-1, ...]", "f32[N]", lambda x: x[-1]), "inner": ("x[M/2:, N/3:N]", "f32[M - M/2, N - N/3]", lambda x: x[x.shape[0] // 2:, x.shape[1] // 3:])}
for name, (text, result, function) in SLICES.items():
    case(f"slice-{name}", matrix(f"return {text}", result), MATRICES, function)
case("slice-window", "kernel k(x: f32[N], w: f32[3]) -> f32[N - 2] { return [i] sum(x[i:i+3] * w) }", [{"N": 3}, {"N": 70}], lambda x, w: np.correlate(x, w, "valid"))
# The beginning of a tensor is not the tensor (found by scripts/fuzz-kernels).
case("slice-start", "kernel k(x: f32[N]) -> (f32[N - 2], f32[2]) where N >= 2 {\n  let y = x * 2\n  return y[:-2], y[:2]\n}", [{"N": 2}, {"N": 33}], lambda x: (2 * x[:-2], 2 * x[:2]))
case("gather-start", "kernel k(t: f32[N], i: i32[K]) -> f32[K] where N >= 3 {\n  let s = t[:3]\n  return s[i] + wrap(s)[i]\n}", [{"N": 6, "K": 10}],
     lambda t, i: t[np.clip(i, 0, 2)] + t[i % 3], values={"i": [0, 2, -1, 1, 9, 4, 3, 100, -100, 5]})
case("scatter-start", "kernel k(t: i32[N], v: i32[K]) -> i32[3] where N >= 3 {\n  let s = t[:3]\n  return scatter_set(s, v, v)\n}", [{"N": 6, "K": 4}],
     lambda t, v: np.array([*v[:2], t[2]]), values={"v": [0, 1, 5, -1]})

# An index far outside, known when compiled (found by scripts/fuzz-kernels).
case("gather-far", "kernel k(t: f64[3, M]) -> (f64[4], f64[4]) {\n  let a[i in 0..3] = zero(t)[u64(2) - u64(M), i64(2)]\n  let b[i in 0..3] = clamp(t)[u64(2) - u64(M), 0]\n  return a, b\n}",
     [{"M": 15}], lambda t: (np.zeros(4), np.full(4, t[2, 0])))

# Conversions to a narrow float that LLVM's x86 code generator would leave to a library (found by scripts/fuzz-kernels).
case("copysign-narrow", "kernel k(x: f32[M]) -> f16[M] { return [i] atan2(cosh(f16(x[i])), f16(2)) + sinh(cbrt(f16(M))) }", [{"M": 1}, {"M": 40}],
     lambda x: np.arctan2(np.cosh(x), 2) + np.sinh(np.cbrt(x.size)), values={"x": "positive"}, target="cpu:x86-64-v4", rtol=1e-2)
case("element-narrow", "kernel k(x: bf16[M]) -> bf16[M, 2] { return transpose(cummax(stack(x, x, axis = 0), axis = 0)) }", [{"M": 11}, {"M": 40}],
     lambda x: np.stack([x, x], 1), target="cpu:x86-64-v3")
# MLIR's folder of atan2 gives NaN for two zeros (found by scripts/fuzz-kernels).
case("angle-of-nothing", "kernel k(x: f64[M]) -> (f32[4], f16[M]) {\n  let zero = f32(bool(0))\n"
     "  return [i in 0..3] atan2(if i < 2 { zero } else { -zero }, if i % 2 == 0 { zero } else { -zero }), [i] atan2(f16(zero), f16(x[i])) }", [{"M": 3}],
     lambda x: (np.array([0, np.pi, -0.0, -np.pi]), np.where(x < 0, np.pi, 0)))
# A row of a group may begin with a value of its own, without an index along it (found by scripts/fuzz-kernels).
case("row-value", "kernel k(x: i32[M]) -> (i64[M], i64[M, M]) where M >= 1 {\n  let t[i in 0..M-1] = i64(2)\n  let u[i, j in 0..M-1] = t[i]\n  return t, u\n}",
     [{"M": 256}], lambda x: (np.full(x.size, 2), np.full((x.size, x.size), 2)), target="cpu:x86-64-v3")
# A product of a sum may have a factor without an index (found by scripts/fuzz-kernels).
case("factor-of-no-index", "kernel k(x: f32[M], p: f32) -> f32[4, M, M] { return [i in 0..3, j, l in 0..M-1] sum(r in 0..2) p * (x[j] + 1) }",
     [{"M": 1}, {"M": 70}], lambda x, p: np.broadcast_to((3 * p * (x + 1))[None, :, None], (4, x.size, x.size)))

# Data as indices.
IDS = [0, 2, -1, 1, 9, 4, 3, 100, -100, 5]
for dtype in ("f32", "i8", "f64"):
    case(f"gather-{dtype}", f"kernel k(t: {dtype}[M, N], i: i32[K]) -> {dtype}[K, N] {{ return [k, n] t[i[k], n] }}", [{**r, "K": 23} for r in MATRICES], lambda t, i: t[np.clip(i, 0, len(t) - 1)], values={"i": IDS})
case("gather-zero", "kernel k(t: f32[N], i: i64[K]) -> f32[K] { return [k] zero(t)[i[k] + 1] }", [{"N": 6, "K": 33}, {"N": 0, "K": 4}], lambda t, i: np.array([t[j + 1] if 0 <= j + 1 < len(t) else 0 for j in i]), values={"i": IDS})
case("gather-wrap", "kernel k(t: f32[N], i: i16[K]) -> f32[K] { return [k] wrap(t)[i[k]] }", [{"N": 6, "K": 33}], lambda t, i: t[i % len(t)], values={"i": IDS})
case("gather-rows", "kernel k(t: f32[M, N], i: u8[K]) -> f32[K, N] { return t[i] * 2 }", [{**r, "K": 5} for r in MATRICES], lambda t, i: t[np.minimum(i, len(t) - 1)] * 2, values={"i": [0, 3, 1, 200, 2]})
case("gather-twice", "kernel k(t: f32[N], i: i32[N]) -> f32[N] { return [n] t[i[i[n]]] + t[n] }", [{"N": 10}, {"N": 64}],
     lambda t, i: t[np.clip(i[np.clip(i, 0, len(i) - 1)], 0, len(t) - 1)] + t, values={"i": IDS})
case("gather-sum", "kernel k(t: f32[M, N], i: i32[M, K]) -> f32[M] { return [m] sum(k) t[m, i[m, k]] }", [{**r, "K": 9} for r in MATRICES],
     lambda t, i: np.take_along_axis(t, np.clip(i, 0, t.shape[1] - 1), 1).sum(1), values={"i": IDS})
case("gather-best", matrix("return [i] x[i, argmax(j) x[i, j]]", "f32[M]"), MATRICES, lambda x: x.max(1))
case("gather-empty", "kernel k(t: f32[N], i: i32[K]) -> f32[K] { return t[i] }", [{"N": 0, "K": 3}], lambda t, i: i, error="min(1, K) <= N")
for dtype in ("f32", "f16", "i32", "u8", "i64", "f64", "bf16"):
    case(f"argmax-{dtype}", matrix("return [i] argmax(j) x[i, j]", "i64[M]", dtype), MATRICES, lambda x: x.argmax(1))
    case(f"argmin-{dtype}", matrix("return argmin(x, axis = 0)", "i64[N]", dtype), MATRICES, lambda x: x.argmin(0))
case("argmax-nan", matrix("return argmax(x, axis = 1), argmin(x)", "(i64[M], i64)"), MATRICES, lambda x: (x.argmax(1), x.argmin()), values={"x": [1, 2, "nan", 5, 5, -3, "inf", 0, -0.0, 2, "nan"]})
case("argmax-all", matrix("return argmax(i, j) x[i, j]", "i64"), MATRICES, lambda x: x.argmax())
case("argmax-empty", matrix("return argmax(x, axis = 1)", "i64[M]"), [{"M": 2, "N": 0}], lambda x: x, error="1 <= N")


def scattered(function, start=None):
    def run(base, index, values):
        result = np.array(base)
        for k in np.ndindex(index.shape):
            if 0 <= index[k] < len(result):
                result[index[k]] = function(result[index[k]], values[k])
        return result
    return run


for name, function in {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum, "set": lambda a, b: b}.items():
    for dtype in ("f32", "i32", "u8"):
        case(f"scatter-{name}-{dtype}", f"kernel k(b: {dtype}[N, D], i: i32[K], v: {dtype}[K, D]) -> {dtype}[N, D] {{ return scatter_{name}(b, i, v) }}",
             [{"N": 6, "K": 23, "D": 5}, {"N": 3, "K": 40, "D": 17}, {"N": 3, "K": 0, "D": 2}, {"N": 0, "K": 5, "D": 2}], scattered(function), values={"i": IDS}, rtol=1e-4)
case("scatter-count", "kernel k(b: i64[N], i: u8[K]) -> i64[N] { return scatter_add(b, i, 1) }", [{"N": 10, "K": 100}], lambda b, i: b + np.bincount(i, minlength=len(b)), values={"i": list(range(10)) + [3, 4, 3]})
case("scatter-pairs", "kernel k(b: f32[M, N], i: i32[K], j: i64[K], v: f32[K]) -> f32[M, N] { return scatter_set(b, (i, j), v * 2) }", [{"M": 5, "N": 7, "K": 30}],
     lambda b, i, j, v: scatter_pairs(b, i, j, v), values={"i": IDS, "j": IDS[::-1]})


def scatter_pairs(b, i, j, v):
    result = np.array(b)
    for p, q, value in zip(i, j, v):
        if 0 <= p < b.shape[0] and 0 <= q < b.shape[1]:
            result[p, q] = value * 2
    return result


# The same inside of index notation: computed for all values of the indices around it.
J = "f32(j)"
case("lifted-sort", matrix(f"return [i] sum(j) sort(x[i, :])[j] * {J}", "f32[M]"), MATRICES + EMPTY, lambda x: (np.sort(x, 1) * np.arange(x.shape[1])).sum(1), rtol=1e-4)
case("lifted-argsort", matrix("return [i, j] argsort(x[i, ::-1], descending = true)[j]", "i64[M, N]"), MATRICES + EMPTY, lambda x: np.argsort(-x[:, ::-1], 1, kind="stable"))
case("lifted-top", matrix("let v, p = top_k(x, 1)\nreturn [i] v[i, 0] + f32(top_k_at(p[i, :]))", "f32[M] where N >= 1") + "\nfn top_k_at(p: i64[K]) -> i64 where K >= 1 { return sort(p)[0] }",
     MATRICES, lambda x: x.max(1) + x.argmax(1))
case("lifted-cumsum", matrix(f"return [i] sum(j) cumsum(x[i, :] * f32(i))[j] * {J}", "f32[M]"), MATRICES + EMPTY,
     lambda x: ((x * np.arange(len(x))[:, None]).cumsum(1) * np.arange(x.shape[1])).sum(1), rtol=1e-3, extra=8)
case("zero-of-a-scalar", "kernel k(x: i32[M]) -> f32[M] {\n  let s[i in 0..M-1] = f32((max(r in 0..3) i32(2)))\n  return [i] zero(s)[2*i] + f32(x[i])\n}", [{"M": 1}, {"M": 37}],
     lambda x: x + np.where(2 * np.arange(len(x)) < len(x), 2, 0))
case("range-of-a-minimum", "kernel k(x: f32[N]) -> f32[min(N, 4)] { return [i in 0..min(N, 4)-1] x[i] }", [{"N": n} for n in (0, 1, 4, 9)], lambda x: x[:4])
# An axis that is a quotient of dimensions holds all of an index that runs along it.
case("range-of-a-quotient", """fn turned(x: f32[P, Q]) -> f32[Q, P] {
  let w[k in 0..Q-1] = f32(k)
  return [k, j in 0..P-1] w[k] * clamp(x)[j, k]
}
fn rows(x: f32[N], p: dim) -> f32[N / p, p] where p >= 1 {
  let y = zero(x)
  let z[a in 0..p-1, b in 0..N/p-1] = y[a*(N/p)+b]
  return turned(z)
}
kernel k(x: f32[N]) -> f32[N / (1 + N % 2), 1 + N % 2] { return rows(x, 1 + N % 2) }""", [{"N": n} for n in (1, 2, 9, 33)],
     lambda x: (np.arange(len(x) // (1 + len(x) % 2)) * x[:len(x) // (1 + len(x) % 2) * (1 + len(x) % 2)].reshape(1 + len(x) % 2, -1)).T)
case("lifted-median", "kernel k(x: f32[N]) -> f32[N] where N >= 1 {\n  let p = clamp(x)\n  return [i] sort(stack(p[i-1], p[i], p[i+1]))[1]\n}", [{"N": 1}, {"N": 2}, {"N": 70}],
     lambda x: np.median(np.stack([np.pad(x, 1, "edge")[s:s + len(x)] for s in range(3)]), 0))
case("lifted-rule", matrix("return [i, j] clamp(x[i, :] * 2)[j + 1] + zero(x[:, j] + 1)[i - 1]"), MATRICES,
     lambda x: np.pad(x * 2, ((0, 0), (0, 1)), "edge")[:, 1:] + np.pad(x + 1, ((1, 0), (0, 0)))[:-1])
case("lifted-gather", "kernel k(x: f32[M, N], i: i32[K]) -> f32[M, K] where N >= 1 { return [m, k] (x[m, :] * 2)[i[k]] }", [{**r, "K": 11} for r in MATRICES],
     lambda x, i: (x * 2)[:, np.clip(i, 0, x.shape[1] - 1)], values={"i": IDS})
case("lifted-concat", matrix("return [i, j] sum(concat(x[i, :] * 2, x[i, :j - j + 1])) + x[i, j]", "f32[M, N] where N >= 1"), MATRICES, lambda x: (2 * x.sum(1) + x[:, 0])[:, None] + x, rtol=1e-4)


def lifted_counts(b, i):
    rows = [scattered(np.add)(b, i + m, np.ones(len(i), b.dtype)) for m in range(4)]
    return np.stack(rows)


case("lifted-scatter", "kernel k(b: i32[N], i: i32[K]) -> i32[4, N] { return [m, n] scatter_add(b, i + i32(m), 1)[n] }", [{"N": 6, "K": 23}, {"N": 3, "K": 0}, {"N": 0, "K": 2}], lifted_counts,
     values={"i": IDS})


# Carried loops.
for dtype in ("f32", "f64", "i32", "u8", "i64"):
    rtol = 1e-4 if dtype == "f32" else 1e-9
    case(f"cumsum-{dtype}", matrix("return cumsum(x), cumsum(x, axis = 0)", f"({dtype}[M, N], {dtype}[M, N])", dtype), MATRICES + EMPTY,
         lambda x: (x.cumsum(1, dtype=x.dtype), x.cumsum(0, dtype=x.dtype)), rtol=rtol)
    case(f"cummax-{dtype}", matrix("return cummax(x), cummin(x, axis = 0)", f"({dtype}[M, N], {dtype}[M, N])", dtype), MATRICES + EMPTY,
         lambda x: (np.maximum.accumulate(x, 1), np.minimum.accumulate(x, 0)))
case("cumprod", matrix("return cumprod(x / 2)"), MATRICES, lambda x: (x / 2).cumprod(1), rtol=1e-3, extra=8)
case("cumsum-strict", "@numerics(strict) " + matrix("return cumsum(x * 2, axis = 0)"), MATRICES, lambda x: (x * 2).cumsum(0), rtol=1e-4)


def smooth(x, k):
    y, last = np.array(x), 0
    for n in range(len(x)):
        y[n] = last = k * x[n] + (1 - k) * last
    return y


SMOOTH = "fn smooth(x: float[N], k: float) -> float[N] {\n  let y[n] = scan(n) k * x[n] + (1 - k) * zero(y)[n - 1]\n  return y\n}\n"
case("lifted-scan", SMOOTH + matrix("return [i, j] smooth(x[i, :] * 2, 0.5)[j] + smooth(x[:, j], 0.25)[i]"), MATRICES + EMPTY,
     lambda x: np.stack([smooth(r * 2, 0.5) for r in x]).reshape(x.shape) + np.stack([smooth(c, 0.25) for c in x.T]).reshape(x.T.shape).T if x.size else x, rtol=1e-4)


def viterbi(p, w, e):
    a = np.array(e)
    for t in range(len(e)):
        a[t] = e[t] + (p if t == 0 else (a[t - 1][:, None] + w).max(0))
    return a


def align(c):
    d = np.full((c.shape[0] + 1, c.shape[1] + 1), np.inf)
    d[0, 0] = 0
    for i, j in np.ndindex(c.shape):
        d[i + 1, j + 1] = c[i, j] + min(d[i, j + 1], d[i + 1, j], d[i, j])
    return d[1:, 1:]


def recurrent(x, w):
    h, last = np.array(x), np.zeros(x.shape[1])
    for t in range(len(x)):
        h[t] = last = np.tanh(x[t] + last @ w)
    return h


case("scan-smooth", "kernel k(x: f32[N], a: f32) -> f32[N] {\n  let y[n] = scan(n) a * x[n] + (1 - a) * zero(y)[n - 1]\n  return y\n}", [{"N": 1}, {"N": 0}, {"N": 100}], smooth, values={"a": [0.25]}, rtol=1e-4)
case("scan-viterbi", "kernel k(p: f32[S], w: f32[S, S], e: f32[T, S]) -> f32[T, S] {\n  let a[t, s] = scan(t) e[t, s] + (if t == 0 { p[s] } else { max(r) (zero(a)[t-1, r] + w[r, s]) })\n  return a\n}",
     [{"S": 1, "T": 1}, {"S": 5, "T": 9}, {"S": 33, "T": 20}], viterbi, rtol=1e-4)
case("scan-align", "kernel k(c: f32[M, N]) -> f32[M, N] {\n  let d[i, j] = scan(i, j) c[i, j] + (if i == 0 && j == 0 { 0 } else { min(min(fill(d, inf)[i-1, j], fill(d, inf)[i, j-1]), fill(d, inf)[i-1, j-1]) })\n  return d\n}",
     MATRICES, align, values={"*": "positive"}, rtol=1e-4)
case("scan-recurrent", "kernel k(x: f32[T, D], w: f32[D, D]) -> f32[T, D] {\n  let h[t, d] = scan(t) tanh(x[t, d] + sum(zero(h)[t-1, :] * w[:, d]) / D)\n  return h\n}",
     [{"T": 1, "D": 1}, {"T": 9, "D": 5}, {"T": 12, "D": 33}], lambda x, w: recurrent(x, w / len(w)), rtol=1e-3)



def forward(l, b):
    x = np.array(b)
    for i in range(len(b)):
        x[i] = (b[i] - l[i, :i] @ x[:i]) / l[i, i]
    return x


case("scan-forward-substitution", "kernel k(l: f32[N, N], b: f32[N, M]) -> f32[N, M] {\n  let x[i, m] = scan(i) (b[i, m] - (sum(k in 0..i - 1) l[i, k] * x[k, m]) / N) / l[i, i]\n  return x\n}",
     [{"N": 1, "M": 1}, {"N": 9, "M": 5}, {"N": 12, "M": 33}], lambda l, b: forward(np.tril(l, -1) / len(l) + np.diag(np.diag(l)), b), values={"l": "positive"}, rtol=1e-2, extra=8)
case("scan-sieve", "kernel k(x: i32[N]) -> i32[N] {\n  let p[n] = scan(n) x[n] * 0 + (if n < 2 { 0 } else { if any(k in 2..n - 1) (p[k] == 1 && n % k == 0) { 0 } else { 1 } })\n  return p\n}", [{"N": 1}, {"N": 30}],
     lambda x: np.array([int(n > 1 and all(n % k for k in range(2, n))) for n in range(len(x))], np.int32))
case("scan-lags", "kernel k(x: f32[N]) -> (f32[N], f32[N]) where N >= 4 {\n  let a[t] = scan(t) x[t] + zero(a)[t / 2 - 1]\n  let b[t] = scan(t) x[t] + fill(b, 1)[t - N / 4]\n  return a, b\n}", [{"N": 4}, {"N": 37}],
     lambda x: lags(x))


def lags(x):
    a, b, d = np.array(x), np.array(x), len(x) // 4
    for t in range(len(x)):
        a[t] = x[t] + (a[t // 2 - 1] if t >= 2 else 0)
        b[t] = x[t] + (b[t - d] if t >= d else 1)
    return a, b


case("scan-backwards", "kernel k(x: i64[N]) -> i64[N] {\n  let f[n in 0..N-1] = scan(n) zero(f)[n - 1] * 3 + x[N - 1 - n]\n  return flip(f)\n}", [{"N": 1}, {"N": 20}], lambda x: horner(x))
case("scan-then-map", matrix("let c = cumsum(x)\n  let m[i] = max(j) c[i, j]\n  return [i, j] c[i, j] - m[i]"), MATRICES, lambda x: x.cumsum(1) - x.cumsum(1).max(1, keepdims=True), rtol=1e-4)


def horner(x):
    y, last = np.array(x), 0
    for n in range(len(x)):
        y[n] = last = last * 3 + x[len(x) - 1 - n]
    return y[::-1]


# Sorting: stable, NaN the largest.
def order(x, axis=-1, descending=False):
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    backwards = np.flip(np.argsort(np.flip(x, axis), axis=axis, kind="stable"), axis)
    return x.shape[axis] - 1 - backwards


def top(x, k):
    at = order(x, descending=True)[:, :k]
    return np.take_along_axis(x, at, 1), at


for dtype in ("f32", "i32", "u8", "f64", "f16", "i64"):
    case(f"sort-{dtype}", matrix("return sort(x), argsort(x, axis = 0, descending = true)", f"({dtype}[M, N], i64[M, N])", dtype), MATRICES + EMPTY,
         lambda x: (np.sort(x, 1), order(x, 0, True)))
case("sort-nan", matrix("return sort(x), argsort(x, descending = true)", "(f32[M, N], i64[M, N])"), MATRICES, lambda x: (np.sort(x, 1), order(x, 1, True)),
     values={"x": [1, "nan", 2, "inf", -1, 0.0, -0.0, "nan", "-inf", 1, 7]})
case("top-k", matrix("return top_k(x, 3)", "(f32[M, 3], i64[M, 3])"), [r for r in MATRICES if r["N"] >= 3], lambda x: top(x, 3))
case("top-k-refused", matrix("return top_k(x, 3)", "(f32[M, 3], i64[M, 3])"), [{"M": 2, "N": 2}], lambda x: x, error="0 <= N - 3")


# Types of storage.
def f8(x, mantissa, bias, largest, overflow):
    """x rounded to 8 bits: to nearest, ties to even; beyond the largest value what the type has for it."""
    with np.errstate(all="ignore"):
        _, exponent = np.frexp(x)
        unit = np.exp2(np.maximum(exponent - 1, 1 - bias) - mantissa)
        rounded = np.rint(x / unit) * unit
    rounded = np.where(np.abs(rounded) > largest, np.copysign(overflow, x), rounded)
    return np.where(np.isinf(x), np.copysign(overflow, x), rounded)


def e4m3fn(x):
    return f8(x, 3, 7, 448, np.nan)


def e5m2(x):
    return f8(x, 2, 15, 57344, np.inf)


def clipped(x, low, high):
    return np.where(np.isnan(x), 0, np.clip(np.trunc(x), low, high)).astype(np.int32)


EIGHT = ["nan", "inf", "-inf", 0.0, -0.0, 448, 464, 465, 480, -500, 57344, 61439, 61440, -65504, 0.0625, 0.001, 0.0009765625, 0.0019, -0.002, 1.0625, 1.1875, 3.4, -7.6, 15.9, 16, 1e-7, 7e-6, -8e-6, 2.25, 2.75]
for dtype in ("f32", "f16", "f64", "bf16"):
    case(f"f8-{dtype}", f"kernel k(x: {dtype}[N]) -> (f32[N], f32[N]) {{ return f32(f8e4m3fn(x)), f32(f8e5m2(x)) }}", [{"N": 1}, {"N": 70}], lambda x: (e4m3fn(x), e5m2(x)), values={"x": EIGHT})
case("f8-stored", "kernel k(x: f32[M, N]) -> f32[N, M] {\n  let q[i, j] = f8e4m3fn(x[i, j])\n  let t = transpose(concat(q, q))\n  return f32(t[:, M:])\n}", MATRICES, lambda x: e4m3fn(x).T)
case("f8-integers", "kernel k(x: i32[N], y: f64[N]) -> (f32[N], i32[N], bool[N]) { return f32(f8e4m3fn(x)), i32(f8e5m2(y)), bool(f8e4m3fn(y)) }", [{"N": 40}],
     lambda x, y: (e4m3fn(x.astype(float)), e5m2(y).astype(np.int32), e4m3fn(y) != 0), values={"x": [1, 17, -449, 460, 464, 465, 2**31 - 1], "y": [v for v in EIGHT if isinstance(v, (int, float)) and abs(v) < 57345]})
for n in (1, 2, 7, 33, 130):
    case(f"i4-{n}", "kernel k(x: f32[N]) -> (i32[N], i32[N], f32[N]) {\n  let a[i] = i4(x[i])\n  let b = u4(x[::-1] * 2)\n  return i32(a), i32(b), f32(a[::-1]) * f32(b)\n}", [{"N": n}],
         lambda x: (clipped(x, -8, 7), clipped(x[::-1] * 2, 0, 15), clipped(x, -8, 7)[::-1] * clipped(x[::-1] * 2, 0, 15)), values={"x": EIGHT})
case("i4-wraps", "kernel k(x: i32[M, N], y: u8[M, N]) -> (i32[M, N], i32[M, N]) {\n  let a = i4(x)\n  let b = u4(y)\n  return i32(concat(a, a, axis = 1)[:, N:]), i32(pad(b, axis = 1, before = 1)[:, 1:])\n}", MATRICES,
     lambda x, y: ((x + 8) % 16 - 8, y.astype(np.int32) % 16), values={"*": "wide"})
case("i4-weights", "kernel k(x: f32[M, K], w: i32[K, N], s: f32[N]) -> f32[M, N] {\n  let q = i4(w)\n  return (x @ f32(q)) * s\n}", [{"M": 3, "K": 33, "N": 17}, {"M": 1, "K": 2, "N": 1}],
     lambda x, w, s: (x @ ((w + 8) % 16 - 8)) * s, rtol=1e-4)

# Several of these in one kernel.
case("scan-any-rank", "fn cum(x: float[..., N]) -> float[..., N] {\n  let c[..., n] = scan(n) x[..., n] + zero(c)[..., n - 1]\n  return c\n}\nkernel k(x: f32[A, B, N], y: f32[N]) -> (f32[A, B, N], f32[N]) { return cum(x), cum(y) }",
     [{"A": 2, "B": 3, "N": 17}, {"A": 1, "B": 0, "N": 5}], lambda x, y: (x.cumsum(-1), y.cumsum()), rtol=1e-4)


def means(x):
    a = np.array(x)
    for t in range(1, len(x)):
        a[t] = x[t] + a[t - 1].mean() + np.argmax(a[t - 1] * x[t]) + x[t].max() + (a[t - 1] * 2).min() * 0.5
    return a


case("scan-folds", "kernel k(x: f32[T, S]) -> f32[T, S] {\n  let a[t, s] = scan(t) if t == 0 { x[t, s] } else {\n    let m = mean(r) zero(a)[t - 1, r]\n    let q = f32(argmax(r) zero(a)[t - 1, r] * x[t, r])\n"
     "    x[t, s] + m + q + (max(r) x[t, r]) + (min(zero(a)[t - 1, :] * 2)) * 0.5\n  }\n  return a\n}", [{"T": 4, "S": 3}, {"T": 9, "S": 33}], means, values={"*": "positive"}, rtol=1e-3)


def walk(next, x):
    at = [0]
    while len(at) < len(x):
        at.append(int(np.clip(next[at[-1]], 0, len(x) - 1)))
    return x[at[: len(x)]]


case("scan-pointers", "kernel k(next: i32[N], x: f32[N]) -> f32[N] {\n  let p[t in 0..N-1]: i64[N] = scan(t) if t == 0 { 0 } else { i64(next[zero(p)[t - 1]]) }\n  return x[p]\n}", [{"N": 1}, {"N": 9}, {"N": 40}], walk, values={"next": [3, 0, 7, 1, 99, 2, 8, 4, 5, -3]})
case("gather-flipped", "kernel k(t: f32[V, D], ids: i32[N]) -> (f32[N, D], f32[D, N]) {\n  let e = t[ids]\n  return flip(e)[:, ::-1], transpose(t[ids, :])\n}", [{"V": 4, "D": 3, "N": 5}, {"V": 9, "D": 17, "N": 33}],
     lambda t, ids: (t[np.clip(ids, 0, len(t) - 1)][::-1], t[np.clip(ids, 0, len(t) - 1)].T), values={"ids": IDS})
case("gather-middle", "kernel k(t: f32[A, V, D], ids: i32[N]) -> f32[A, N, D] { return t[:, ids] }", [{"A": 2, "V": 4, "D": 3, "N": 5}], lambda t, ids: t[:, np.clip(ids, 0, t.shape[1] - 1)], values={"ids": IDS})
case("scatter-then-scan", "kernel k(x: i32[K], z: i32[N]) -> i32[N] {\n  let counts = scatter_add(z * 0, x, 1)\n  return cumsum(counts)\n}", [{"K": 40, "N": 12}], lambda x, z: np.bincount(x[(x >= 0) & (x < len(z))], minlength=len(z)).cumsum().astype(np.int32), values={"x": IDS})
case("sorted-means", matrix("let s = sort(x)\n  return [i] s[i, N / 2] + s[i, 0]", "f32[M] where N >= 1"), MATRICES, lambda x: np.sort(x, 1)[:, x.shape[1] // 2] + np.sort(x, 1)[:, 0])


# A tensor with some axes fixed is a tensor in memory, too.
case("view-rules", matrix("return [i, j] clamp(x[i, :])[j + 1] + zero(transpose(x))[j, i - 1]"), MATRICES,
     lambda x: x[:, np.minimum(np.arange(x.shape[1]) + 1, x.shape[1] - 1)] + np.pad(x, ((1, 0), (0, 0)))[:-1])
case("view-gather", "kernel k(x: f32[M, N], i: i32[K]) -> f32[M, K] { return [m, k] x[m, :][i[k]] }", [{**r, "K": 11} for r in MATRICES], lambda x, i: x[:, np.clip(i, 0, x.shape[1] - 1)], values={"i": IDS})
case("view-concat", "kernel k(x: f32[M, N], y: f32[M, K]) -> f32[M] { return [i] sum(concat(x[i, :], y[i, :], x[i, :]) ** 2) }", [{**r, "K": 5} for r in MATRICES],
     lambda x, y: 2 * (x ** 2).sum(1) + (y ** 2).sum(1), rtol=1e-4)
case("scatter-i4", "kernel k(b: i32[N], i: i32[K], v: i32[K]) -> i32[N] {\n  let p = i4(b)\n  return i32(scatter_set(p, i, i4(v)))\n}", [{"N": 7, "K": 9}, {"N": 40, "K": 20}],
     lambda b, i, v: (scattered(lambda old, new: new)(b, i, v) + 8) % 16 - 8, values={"i": IDS})


def data():
    yield from ROWS
