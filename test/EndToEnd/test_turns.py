"""Several steps of a sum in a turn of its loop, and prefetch of the next tile's rows, on the host: sums of every length, tails of rows and columns, operands
that lie any way, open dimensions. Against NumPy in f64; and bit by bit against one step in a turn, as the order of sums is the same.
"""

import sys

import numpy as np
import pytest
from conftest import BUILD, ROOT

sys.path.insert(0, str(ROOT / "python"))
import flex  # noqa: E402

KERNELS = """
import nn
kernel plain<T: float>(a: T[M, K], b: T[K, N]) -> T[M, N] { return a @ b }
kernel left<T: float>(a: T[K, M], b: T[K, N]) -> T[M, N] { return transpose(a) @ b }
kernel right<T: float>(a: T[M, K], b: T[N, K]) -> T[M, N] { return a @ transpose(b) }
kernel widened(a: f16[M, K], b: f16[K, N]) -> f32[M, N] { return f32(a) @ f32(b) }
kernel after(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { return nn.gelu(a @ b) }
kernel windows(a: f32[M, K], b: f32[3, K, N]) -> f32[M, N] {
  let z = zero(a)
  return [i, j] sum(r, k) z[i+r-1, k] * b[r, k, j]
}
"""
CASES = [("plain", np.float32), ("plain", np.float64), ("left", np.float32), ("right", np.float32), ("widened", np.float16),
         ("after", np.float32), ("windows", np.float32)]


def context():
    return flex.Context(device="host", cache_dir="", threads=1, library=BUILD / "lib" / "libflexrt.so", import_paths=[ROOT / "std"])


def run(name, schedule, arrays, shape, bindings):
    kernel = context().loads(KERNELS + f"schedule {name} for cpu {{ strategy tile  lane j  unroll i  {schedule} }}\n").kernel(name)
    if bindings:
        kernel = kernel.specialize(**bindings)
    out = np.full(shape, np.nan, np.float32 if arrays[0].dtype == np.float16 else arrays[0].dtype)
    kernel(*arrays, out=out)
    return out


def product(name, a, b):
    if name == "windows":
        return sum(np.pad(a, ((1, 1), (0, 0)))[r:r + len(a)] @ b[r] for r in range(3))
    return (a.T if name == "left" else a) @ (b.T if name == "right" else b)


@pytest.mark.parametrize("name, dtype", CASES)
@pytest.mark.parametrize("extents", ["fixed", "open"])
@pytest.mark.parametrize("steps, prefetch", [(2, False), (4, True), (5, True), (16, True)])
def test_turns_change_no_bit(name, dtype, extents, steps, prefetch):
    if extents == "open" and name in ("after", "windows") and steps != 4:
        pytest.skip("the other numbers of steps are covered by fixed extents")
    rng = np.random.default_rng()
    for rows, depth, columns in ((16, 64, 96), (13, 37, 50), (8, 16, 33), (9, 3, 40), (1, 70, 20), (8, 0, 16)):
        a = rng.standard_normal((depth, rows) if name == "left" else (rows, depth)).astype(dtype)
        b = rng.standard_normal((3, depth, columns) if name == "windows" else (columns, depth) if name == "right" else (depth, columns)).astype(dtype)
        bindings = {"M": rows, "K": depth, "N": columns} if extents == "fixed" else {}
        if name in ("plain", "left", "right"):
            bindings["T"] = {4: "f32", 8: "f64"}[a.itemsize]
        tile = f"lanes {4 if dtype == np.float64 else 8}  vectors 2  rows 4  lane_tile {8 if dtype == np.float64 else 16}  unroll_tile 0  pack {'true' if rows >= 4 else 'false'}"
        more = f"prefetch {str(prefetch).lower()}  {tile}"
        turned = run(name, f"steps {steps}  {more}", (a, b), (rows, columns), bindings)
        single = run(name, f"steps 1  prefetch false  {tile}", (a, b), (rows, columns), bindings)
        assert np.array_equal(turned, single), (rows, depth, columns)
        wide = a.astype(np.float64), b.astype(np.float64)
        exact, unit = product(name, *wide), 2.0 ** (-53 if dtype == np.float64 else -24)
        if name == "after":
            from math import erf
            exact = 0.5 * exact * (1 + np.vectorize(erf, otypes=[float])(exact * 0.5**0.5)) if exact.size else exact
        # n products and additions: n u sum |a| |b| (Higham, Accuracy and Stability of Numerical Algorithms, 3.1). NumPy's own in f64 come with it; the slope
        # of gelu is below 1.13, its error at most 4 units in the last place (docs/numerics.md).
        bound = 2 * (3 * depth + 2) * unit * product(name, *map(np.abs, wide)) + 8 * unit * np.abs(exact)
        assert (np.abs(turned - exact) <= bound + 2.0**-126).all(), (rows, depth, columns)
