"""Elementwise kernels and rows on devices with groups of threads: every way that a run of 16 bytes and a row may end.

Lengths around what a thread, a part of a wave, a wave and a group take in one run, and around what they hold in registers.
"""

from sweep import ASKED, CHIPS, LONG, Case

NARROW = ("i8", "u8", "f16", "bf16")
WIDE = ("i32", "f32", "i64", "f64")
ROWS = [(1, 1), (5, 7), (9, 8), (3, 64), (17, 72), (3, 200), (2, 258), (3, 1000), (1, 1024), (2, 2049), (1, 4096), (2, 4104), (1, 9000)]
FEW_ROWS = [(9, 8), (3, 200), (2, 1000), (1, 4104)]
TURNED = [{"M": m, "N": n} for m, n in ((32, 64), (17, 40), (128, 72), (65, 129), (1, 100), (256, 64))]
NONE = [(3, 0), (0, 8), (0, 0)]
LENGTHS = [1, 7, 8, 9, 100, 255, 2047, 2048, 2049, 6001]

SUMS = {"sum": "sum(j) x[i, j]", "max": "max(j) x[i, j]", "min": "min(j) x[i, j]"}
SOFTMAX = """kernel k(x: {0}[M, N]) -> {0}[M, N] {{
  let m[i] = max(j) x[i, j]
  let e[i, j] = exp(f32(x[i, j]) - f32(m[i]))
  return [i, j] {0}(e[i, j] / sum(l) e[i, l])
}}"""
LAYER_NORM = """kernel k(x: {0}[M, N], g: {0}[N], b: f32[N]) -> ({0}[M, N], f32[M]) {{
  let m[i] = sum(j) f32(x[i, j]) / max(N, 1)
  let v[i] = sum(j) (f32(x[i, j]) - m[i]) ** 2 / max(N, 1)
  return [i, j] {0}((f32(x[i, j]) - m[i]) / sqrt(v[i] + 0.25) * f32(g[j]) + b[j]), m
}}"""
BOTH = """kernel k(x: f32[M, N]) -> (f32[M, N], f32[M, N]) {
  let e[i, j] = x[i, j] * 2
  return e, [i, j] e[i, N - 1 - j] + max(l) e[i, l]
}"""
DEEP = """kernel k(x: f32[M, N, M]) -> (f32[M], f32[M, N, M]) {
  let s[i] = sum(a, j) x[i, a, j]
  return s, [i, a, j] x[i, a, j] - s[i]
}"""
STENCIL = "kernel k(x: f32[M, N]) -> f32[M, N - 2] { [i, j in 0..N - 3] x[i, j] + x[i, j + 1] * 2 + x[i, j + 2] }"
TURNED_PAIR = """kernel k(x: f16[M, N], y: f32[M, N], z: f32[N, M]) -> (f32[N, M], f16[N, M]) {
  let s[j, i] = f32(x[i, j]) + y[i, j]
  return [j, i] s[j, i] * z[j, i], [j, i] f16(s[j, i])
}"""


def matrix(shapes):
    return [{"M": m, "N": n} for m, n in shapes]


def cases():
    shapes, few = matrix(ROWS), matrix(FEW_ROWS)
    for dtype in NARROW + WIDE:
        some = shapes if LONG or dtype in ("f16", "f32") else few
        lengths = [{"N": n} for n in (LENGTHS if LONG or dtype in ("f16", "f32") else (9, 2049))]
        yield "double", f"kernel k(x: {dtype}[N]) -> {dtype}[N] {{ x + x }}", dtype, lengths, {}
        yield "compare", f"kernel k(x: {dtype}[N], y: {dtype}[N]) -> bool[N] {{ x > y }}", dtype, lengths, {"undecided": 1}
        yield "convert", f"kernel k(x: {dtype}[M, N], y: f32[N]) -> f32[M, N] {{ f32(x) + y }}", dtype, some, {}
        for name, text in SUMS.items():
            yield name, f"kernel k(x: {dtype}[M, N]) -> {dtype}[M] {{ [i] {text} }}", dtype, some if name == "max" else few, {"undecided": 1}
        yield "argmax", f"kernel k(x: {dtype}[M, N]) -> i64[M] {{ [i] argmax(j) x[i, j] }}", dtype, few, {"undecided": 1}
    for dtype in ("f16", "bf16", "f32"):
        yield "softmax", SOFTMAX.format(dtype), dtype, shapes if dtype != "bf16" else few, {"undecided": 1}
        yield "layer_norm", LAYER_NORM.format(dtype), dtype, shapes if dtype == "f16" else few, {"undecided": 1}
    yield "any", "kernel k(x: f32[M, N]) -> (bool[M], bool[M]) { [i] any(j) (x[i, j] > 1), [i] all(j) (x[i, j] > -1) }", "f32", shapes, {"undecided": 1}
    yield "both", BOTH, "f32", shapes, {}
    yield "deep", DEEP, "f32", matrix([(1, 3), (8, 7), (9, 2), (40, 3)]), {}
    yield "outer", "kernel k(x: f32[M], y: f32[N]) -> f32[M, N] { [i, j] x[i] * y[j] }", "f32", shapes, {}
    yield "stencil", STENCIL, "f32", few, {}
    yield "scalar", "kernel k(x: f32[M, N]) -> f32 { sum(i, j) x[i, j] }", "f32", few, {}
    yield "strict", "@numerics(strict) kernel k(x: f32[M, N]) -> f32[M] { [i] sum(j) x[i, j] }", "f32", few, {}
    for dtype in ("bool", "i8", "f16", "bf16", "f32", "f64"):
        yield "transpose", f"kernel k(x: {dtype}[M, N]) -> {dtype}[N, M] {{ [j, i] x[i, j] }}", dtype, TURNED if dtype in ("f16", "f32") else TURNED[:4], {}
    yield "turned_pair", TURNED_PAIR, "f32", TURNED, {}
    yield "turned_batch", "kernel k(x: f32[3, M, N], y: f32[M]) -> f32[3, N, M] { [b, j, i] x[b, i, j] * 2 + y[i] }", "f32", TURNED, {}
    yield "nothing", "kernel k(x: f32[M, N], y: f32[N]) -> (f32[M, N], f32[M]) { x + y, [i] sum(j) x[i, j] }", "f32", matrix(NONE), {}


def threads():
    """Every case on emulated chips that have code of their own: NVIDIA's, AMD's with long waves, and one of the two others in turn (FLEX_SWEEP=long: all)."""
    for number, (name, source, dtype, runs, more) in enumerate(cases()):
        left_out = ["sm_90a"] if LONG else ["sm_90a", ("gfx1100", "opencl+fp16+fp64")[number % 2]]
        for device in [ASKED] if ASKED else [f"emulated:{chip}" for chip in CHIPS if chip not in left_out]:
            yield Case(f"{name}-{dtype}-{device}", source, runs, device=device, **more)
