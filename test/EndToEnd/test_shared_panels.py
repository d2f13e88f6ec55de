"""Panels that several points of the other outer indices share, on the host: an item packs at its first point and reads at the later ones. Items
that end early, tails of rows and columns, short and looped epilogues, batches; and operands that are widened before they are read. Against NumPy in f64.
"""

import sys

import numpy as np
import pytest
from conftest import BUILD, ROOT

sys.path.insert(0, str(ROOT / "python"))
import flex  # noqa: E402

KERNELS = """
import nn
kernel products(x: f32[P, M, K], w: f32[K, N]) -> f32[P, M, N] { return [p, i, j] sum(k) x[p, i, k] * w[k, j] }
kernel short(x: f32[P, M, K], w: f32[K, N], b: f32[N]) -> f32[P, M, N] {
  let y[p, i, j] = sum(k) x[p, i, k] * w[k, j]
  return [p, i, j] max(y[p, i, j] + b[j], 0)
}
kernel looped(x: f32[P, M, K], w: f32[K, N], b: f32[N]) -> f32[P, M, N] {
  let y[p, i, j] = sum(k) x[p, i, k] * w[k, j]
  return [p, i, j] nn.gelu(y[p, i, j] + b[j])
}
kernel windows(x: f32[P, M, K], w: f32[3, K, N]) -> f32[P, M, N] {
  let z = zero(x)
  return [p, i, j] sum(r, k) z[p, i+r-1, k] * w[r, k, j]
}
kernel guarded(x: f32[P, M, K], w: f32[K, N]) -> f32[P, M, N] { return [p, i, j] sum(k) if p >= 2 { x[p, i, k] * w[k, j] } else { 0 } }
kernel staggered(x: f32[P, M, K], w: f32[3, K, N]) -> f32[P, M, N] {
  let z = zero(x)
  return [p, i, j] sum(r, k) if p >= r { z[p - r, i, k] * w[r, k, j] } else { 0 }
}
"""


def gelu(x):
    from math import erf

    return 0.5 * x * (1 + np.vectorize(erf, otypes=[float])(x * 0.5**0.5)) if x.size else x


# Each kernel in f64; and with absolute values of the operands, which is what the errors of sums are in terms of.
REFERENCES = {
    "products": lambda x, w: x @ w, "short": lambda x, w, b: np.maximum(x @ w + b, 0), "looped": lambda x, w, b: gelu(x @ w + b),
    "windows": lambda x, w: sum(np.pad(x, ((0, 0), (1, 1), (0, 0)))[:, r:r + x.shape[1]] @ w[r] for r in range(3)),
    "guarded": lambda x, w: np.where(np.arange(len(x))[:, None, None] >= 2, x @ w, 0),
    "staggered": lambda x, w: sum(np.pad(x, ((r, 0), (0, 0), (0, 0)))[:len(x)] @ w[r] for r in range(3)),
}


def terms(name, depth):
    return 3 * depth if name in ("windows", "staggered") else depth


def context(**more):
    return flex.Context(device="host", cache_dir="", library=BUILD / "lib" / "libflexrt.so", import_paths=[ROOT / "std"], **more)


@pytest.mark.parametrize("shape", [(7, 13, 20, 100), (3, 16, 33, 48), (1, 8, 5, 16), (5, 9, 64, 47), (4, 8, 1, 33), (2, 8, 0, 16)])
@pytest.mark.parametrize("item_rows", [2, 3, 64])
@pytest.mark.parametrize("name", REFERENCES)
def test_an_item_packs_once(name, item_rows, shape):
    blocks = "unroll_tile 8" if shape[1] % 8 == 0 and item_rows == 3 else ""
    check(name, shape, f"schedule {name} for cpu {{ strategy tile  lane j  unroll i  lanes 8  vectors 2  rows 8  lane_tile 32  item_rows {item_rows}  pack true  {blocks} }}\n")


@pytest.mark.parametrize("shape", [(3, 14, 700, 601), (2, 29, 650, 450), (3, 7, 1100, 300), (2, 14, 1024, 320)])
@pytest.mark.parametrize("name", ["products", "windows", "short"])
def test_a_far_operand(name, shape):
    """As the cost model has it: what the first tile packs comes from beyond L2, which it fetches ahead; tiles of 14 rows by two vectors."""
    check(name, shape, "")


def check(name, shape, asked):
    points, rows, depth, columns = shape
    rng = np.random.default_rng([*shape, len(asked)])
    arrays = [rng.standard_normal((points, rows, depth), dtype=np.float32),
              rng.standard_normal((3, depth, columns) if name in ("windows", "staggered") else (depth, columns), dtype=np.float32)]
    if name in ("short", "looped"):
        arrays.append(rng.standard_normal(columns, dtype=np.float32))
    kernel = context(threads=2).loads(KERNELS + asked).kernel(name)
    out = np.full((points, rows, columns), np.nan, np.float32)
    kernel.specialize(P=points, M=rows, K=depth, N=columns)(*arrays, out=out)
    wide = [array.astype(np.float64) for array in arrays]
    exact = REFERENCES[name](*wide)
    # n products and additions in any order: n u sum |x| |w| (Higham, Accuracy and Stability of Numerical Algorithms, 3.1); the bias one more. The slope of
    # gelu is below 1.13, and its own error at most 4 units in the last place (docs/numerics.md).
    sums = {"short": "products", "looped": "products"}.get(name, name)
    bound = 2.0**-24 * (terms(name, depth) + 2) * REFERENCES[sums](*map(np.abs, wide[:2]))
    if len(wide) == 3:
        bound = 1.13 * (bound + 2.0**-24 * (np.abs(wide[2]) + REFERENCES[sums](*map(np.abs, wide[:2])))) + 8 * 2.0**-24 * np.abs(exact)
    assert not np.isnan(out).any() and (np.abs(out - exact) <= bound + 2.0**-126).all()


@pytest.mark.parametrize("dtype", ["f16", "bf16", "f8e4m3fn", "f8e5m2", "i8", "u8"])
@pytest.mark.parametrize("layout", ["dense", "sliced"])
def test_narrow_rows_are_widened_once(flexc, dtype, layout):
    import ml_dtypes

    types = {"bf16": ml_dtypes.bfloat16, "f16": np.float16, "f8e4m3fn": ml_dtypes.float8_e4m3fn, "f8e5m2": ml_dtypes.float8_e5m2, "i8": np.int8, "u8": np.uint8}
    wide = "i32" if dtype in ("i8", "u8") else "f32"
    source = (f"kernel k(a: {dtype}[M, K], b: {dtype}[K, N]) -> {wide}[M, N] {{ return {wide}(a) @ {wide}(b) }}\n"
              f"kernel t(a: {dtype}[K, M], b: {dtype}[K, N]) -> {wide}[M, N] {{ return transpose({wide}(a)) @ {wide}(b) }}\n")
    rng = np.random.default_rng(3)
    for name, rows, depth, columns in (("k", 37, 65, 300), ("t", 130, 200, 250), ("k", 1, 1, 400)):
        shape = (rows, depth) if name == "k" else (depth, rows)
        a, b = (rng.integers(-9, 9, (shape[0] * 2, shape[1] + 3)), rng.integers(-9, 9, (depth, columns)))
        a, b = ((abs(x) if dtype == "u8" else x).astype(types[dtype]) for x in (a, b))
        a = a[::2, 1:-2] if layout == "sliced" else np.ascontiguousarray(a[::2, 1:-2])
        exact = (a.astype(np.float64) if name == "k" else a.astype(np.float64).T) @ b.astype(np.float64)
        for target in ("cpu:x86-64-v3", "cpu:x86-64-v4"):
            for dims in ((), ("-D", f"M={rows}", "-D", f"K={depth}", "-D", f"N={columns}")):
                flexc.run("build", f"{flexc.write('k.flex', source)}:{name}", f"--target={target}", *dims, "-o", "k.fxk")
                out = np.full((rows, columns), -77 if wide == "i32" else np.nan, np.int32 if wide == "i32" else np.float32)
                context(threads=1).load(flexc.folder / "k.fxk").kernel(name)(a, b, out=out)
                assert np.array_equal(out, exact)
