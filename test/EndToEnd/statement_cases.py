"""Cases of the sweep: names that change, loops written out, ranges that follow an index, overloads and functions of any rank.

Each case is compared with the interpreter, which in turn must agree with the NumPy function of the same name in ORACLES.
"""

import numpy as np
from sweep import LONG, Case

ORACLES = {}
VECTORS = [{"N": n} for n in (1, 2, 17, *((64, 1000) if LONG else (65,)))]
MATRICES = [{"M": m, "N": n} for m, n in ((1, 1), (3, 17), (7, 65), *(((64, 127), (2, 1000)) if LONG else ()))]
EMPTY = [{"N": 0}]
ROWS = []


def case(id, source, runs, function, **more):
    """A case of this family and what NumPy makes of it."""
    ORACLES[id] = function
    ROWS.append(Case(id, source, runs, oracle=f"statement_cases:{id}", **more))


def vector(body, result="f32[N]", dtype="f32", before=""):
    return f"{before}kernel k(x: {dtype}[N]) -> {result} {{\n{body}\n}}"


# var and for.
def smooth(x):
    for _ in range(3):
        p = np.pad(x, 1, mode="edge")
        x = (p[:-2] + p[2:]) / 2
    return x


case("var", vector("  var y = x\n  let z = y\n  y = y * 2\n  y[i] = y[i] + x[N - 1 - i]\n  return y - z"), VECTORS + EMPTY, lambda x: x + x[::-1], rtol=1e-4)
case("for-stencil", vector("  var y = x\n  for k in 1..3 {\n    let p = clamp(y)\n    y[i] = (p[i - 1] + p[i + 1]) / 2\n  }\n  return y"), VECTORS, smooth, rtol=1e-4)
case("for-nested", vector("  var s = 0\n  var y = x\n  for i in 0..3 {\n    for j in i..3 { s = s + 10 * i + j }\n    y = y * 3 + i\n  }\n  return y + s", "i32[N]", "i32"), VECTORS + EMPTY,
     lambda x: (((x * 3) * 3 + 1) * 3 + 2) * 3 + 3 + 120)
case("for-tuple", vector("  var a, b = (x, x + 1)\n  for k in 0..4 {\n    a, b = (b, a + k)\n  }\n  return a * 2 + b", "i64[N]", "i64"), VECTORS,
     lambda x: (lambda r: r(r))(lambda r, a=x, b=x + 1, k=0: a * 2 + b if k == 5 else r(r, b, a + k, k + 1)))

# Ranges that follow an index.
case("prefix", "kernel k(x: f32[M, N]) -> f32[M, N] { return [i, j] sum(k in 0..j) x[i, k] }", MATRICES + [{"M": 3, "N": 0}], lambda x: np.cumsum(x, 1), rtol=1e-4)
case("before", vector("  return [i] prod(k in 0..i-1) x[k]", "i32[N]", "i32"), VECTORS + EMPTY, lambda x: np.concatenate([[1], np.cumprod(x, dtype=np.int32)[:-1]])[: len(x)])
case("suffix", vector("  return [i] max(k in i..N-1) x[k]"), VECTORS + EMPTY, lambda x: np.maximum.accumulate(x[::-1])[::-1])
case("suffix-unsigned", vector("  return [i] min(k in i..N-1) x[k]", "u8[N]", "u8"), VECTORS + EMPTY, lambda x: np.minimum.accumulate(x[::-1])[::-1])
case("convolve", "kernel k(x: f32[N], h: f32[N]) -> f32[N] { return [i] sum(k in 0..i) x[i - k] * h[k] }", VECTORS + EMPTY, lambda x, h: np.convolve(x, h)[: len(x)] if len(x) else x, rtol=1e-3)
case("halves", vector("  return [i] mean(k in i/2..i) x[k]"), VECTORS + EMPTY, lambda x: np.array([x[i // 2 : i + 1].mean() for i in range(len(x))], np.float32), rtol=1e-4)
case("window", vector("  return [i in 0..N-3] max(k in i..i+2) x[k]", "f32[N - 2]"), [{"N": 2}, {"N": 3}, {"N": 70}], lambda x: np.array([x[i : i + 3].max() for i in range(len(x) - 2)], np.float32))
case("triangle", "kernel k(x: i32[N, N]) -> i32 { return sum(i, j in 0..i) x[i, j] }", VECTORS + EMPTY, lambda x: np.tril(x).sum())
case("any-before", vector("  return [i] any(k in 0..i-1) (x[k] > x[i])", "bool[N]"), VECTORS + EMPTY, lambda x: np.array([bool(np.any(x[:i] > x[i])) for i in range(len(x))], bool))

# Overloads and any number of axes.
OVERLOADS = """fn f(x: float) -> float { x + 1 }
fn f(x: float, y: float) -> float { x * y }
fn f(x: float[N]) -> float { sum(x) }
fn f(x: int) -> int { -x }
"""
case("overloads", OVERLOADS + "kernel k(x: f32[N], y: f32[M, N], z: i32[N]) -> (f32[M, N], i32[N]) { return f(x) + f(y) * f(y, 2.0), f(z) }", MATRICES,
     lambda x, y, z: (x.sum() + (y + 1) * (y * 2), -z), rtol=1e-4)
SOFTMAX = """fn softmax(x: float[..., N]) -> float[..., N] {
  let m[...] = max(j) x[..., j]
  let e[..., j] = exp(x[..., j] - m[...])
  return [..., j] e[..., j] / sum(k) e[..., k]
}
fn total(x: float[N, ...]) -> float[N] { [i] sum(...) x[i, ...] }
"""


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


case("rank-1", vector("  return softmax(x) + total(x)", before=SOFTMAX), VECTORS, lambda x: softmax(x) + x, rtol=1e-4)
case("rank-3", SOFTMAX + "kernel k(x: f32[M, 3, N]) -> (f32[M, 3, N], f32[M]) { return softmax(x), total(x) }", MATRICES, lambda x: (softmax(x), x.sum((1, 2))), rtol=1e-4)
PAIR = "fn pair(x: f32[K]) -> (f32[K], f32) { return x + 1, sum(x) }\nfn both(x: f32[K]) -> (f32[K], f32) {\n  let t = pair(x)\n  return t\n}\n"
case("tuples", PAIR + "kernel k(x: f32[N]) -> f32[N] {\n  let a, b = if N > 4 { both(x) } else { (x, 2.0) }\n  return a * b\n}", VECTORS,
     lambda x: (x + 1) * x.sum() if len(x) > 4 else x * 2, rtol=1e-3)


def statements():
    """The family, for sweep_cases."""
    yield from ROWS
