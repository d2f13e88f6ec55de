"""Contractions with few tiles of results and long sums, which are cut into parts that a second launch adds: executed on emulated chips, against NumPy; the same
bits on every run; and when nothing is cut.
"""

import numpy as np
import pytest
from conftest import ROOT

CHIPS = ["sm_80", "sm_90a", "sm_100a", "gfx942", "gfx1100"]
KERNELS = """
import nn
kernel product(x: f16[M, K], w: f16[K, N], b: f16[N]) -> f16[M, N] {
  let y[i, j] = sum(k) x[i, k] * w[k, j]
  return [i, j] max(y[i, j] + b[j], 0)
}
kernel turned(x: f16[M, K], w: f16[N, K]) -> f32[M, N] { return [i, j] sum(k) f32(x[i, k]) * f32(w[j, k]) }
kernel brain(x: bf16[M, K], w: bf16[K, N]) -> bf16[M, N] { return [i, j] sum(k) x[i, k] * w[k, j] }
kernel bytes(x: i8[M, K], w: i8[N, K]) -> i32[M, N] { return [i, j] sum(k) i32(x[i, k]) * i32(w[j, k]) }
kernel same(x: f16[N, H, W, C], f: f16[3, 3, C, K]) -> f16[N, H, W, K] where H >= 1, W >= 1 { return nn.conv2d(x, f, padding = 1) }
@numerics(strict) kernel strict(x: f16[M, K], w: f16[K, N]) -> f16[M, N] { return [i, j] sum(k) x[i, k] * w[k, j] }
kernel single(x: f32[M, K], w: f32[K, N]) -> f32[M, N] { return [i, j] sum(k) x[i, k] * w[k, j] }
kernel placed(x: f16[M, K], w: f16[K, N]) -> f16[M, N] { return [i, j] sum(k) (x[i, k] * f16(k)) * w[k, j] }
"""
TARGETS = {chip: ("nvptx:" if chip.startswith("sm_") else "amdgpu:") + chip for chip in CHIPS}


@pytest.fixture(params=CHIPS)
def chip(request):
    return request.param


def is_cut(flexc, name, chip, sizes):
    flexc.write("k.flex", KERNELS)
    defined = [f"-D{key}={value}" for key, value in sizes.items()]
    return f'"{name}_0_parts"' in flexc.run("check", f"k.flex:{name}", "-e", "groups", "-t", TARGETS[chip], "-I", ROOT / "std", *defined).stdout


def run(flexc, name, chip, inputs):
    return flexc.kernel(KERNELS, name, inputs, 1, [f"--device=emulated:{chip}", "-I", ROOT / "std"])


@pytest.mark.parametrize("parts", [2, 4, 8])
@pytest.mark.parametrize("dtype", ["f32", "f64", "i32"])
def test_parts_on_a_cpu(flexc, rng, dtype, parts):
    """Asked for in a schedule: a product of few rows, and one with a function behind it."""
    m, k, n = 3, 520, 333
    scheduled = f"for cpu {{ strategy tile  lane j  unroll i  lanes 4  vectors 2  rows 3  lane_tile 64  depth 16  parts {parts} }}\n"
    operands, result = f"x: {dtype}[{m}, {k}], w: {dtype}[{k}, {n}]", f"{dtype}[{m}, {n}]"
    source = (f"kernel plain({operands}) -> {result} {{ return x @ w }}\nschedule plain {scheduled}"
              f"kernel biased({operands}, b: {dtype}[{n}]) -> {result} {{\n  let y[i, j] = sum(k) x[i, k] * w[k, j]\n"
              f"  return [i, j] max(y[i, j] + b[j], 0)\n}}\nschedule biased {scheduled}")
    flexc.write("k.flex", source)
    assert '"plain_0_parts"' in flexc.run("check", "k.flex:plain", "-e", "groups", "-t", "cpu").stdout
    numbers = {"f32": np.float32, "f64": np.float64, "i32": np.int32}[dtype]
    x, w, b = ((rng.integers(-99, 99, s) if dtype == "i32" else rng.standard_normal(s)).astype(numbers) for s in ((m, k), (k, n), n))
    unit = {"f32": 2.0**-24, "f64": 2.0**-53, "i32": 0}[dtype]
    # k products and additions in any order, and the bias.
    bound = unit * (k + 3) * (np.abs(x.astype(np.float64)) @ np.abs(w) + np.abs(b))
    exact = x.astype(np.longdouble) @ w
    for name, given, expected in (("plain", {"x": x, "w": w}, exact), ("biased", {"x": x, "w": w, "b": b}, np.maximum(exact + b, 0))):
        got = flexc.kernel(source, name, given, 1, ["--threads=2"])
        assert (np.abs(got - expected) <= bound).all()


def test_parts_are_refused_under_strict(flexc):
    source = ("@numerics(strict) kernel k(x: f32[4, 64], w: f32[64, 128]) -> f32[4, 128] { return x @ w }\n"
              "schedule k for cpu { strategy tile  lane j  unroll i  lanes 4  vectors 2  rows 4  lane_tile 64  depth 16  parts 2 }\n")
    result = flexc.run("check", flexc.write("k.flex", source), "-e", "groups", "-t", "cpu", check=False)
    assert "'parts' would add in another order" in result.stderr


def half(rng, *shape):
    return rng.standard_normal(shape).astype(np.float16)


def near(got, expected, size, relative=2**-10):
    np.testing.assert_array_less(np.abs(got.astype(np.float64) - expected), 1e-5 + size * 2**-18 + np.abs(expected) * relative)


@pytest.mark.parametrize("m,n,k", [(16, 64, 4096), (5, 43, 3072), (33, 40, 8192)])
def test_products(flexc, rng, chip, m, n, k):
    assert is_cut(flexc, "product", chip, {"M": m, "N": n, "K": k})
    x, w, b = half(rng, m, k), half(rng, k, n), half(rng, n)
    given = {"x": x, "w": w, "b": b}
    got = run(flexc, "product", chip, given)
    near(got, np.maximum(x.astype(np.float64) @ w + b, 0), np.abs(x.astype(np.float64)) @ np.abs(w))
    np.testing.assert_array_equal(run(flexc, "product", chip, given), got)


def test_other_types(flexc, rng, chip):
    x, w = half(rng, 7, 4096), half(rng, 24, 4096)
    assert is_cut(flexc, "turned", chip, {"M": 7, "N": 24, "K": 4096})
    near(run(flexc, "turned", chip, {"x": x, "w": w}), x.astype(np.float64) @ w.T, np.abs(x.astype(np.float64)) @ np.abs(w.T), 0)
    x, w = ((rng.standard_normal(s).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16) for s in ((9, 4096), (4096, 32)))
    wide_x, wide_w = ((v.astype(np.uint32) << 16).view(np.float32).astype(np.float64) for v in (x, w))
    got = run(flexc, "brain", chip, {"x": x.view("V2"), "w": w.view("V2")}).view(np.uint16)
    near((got.astype(np.uint32) << 16).view(np.float32), wide_x @ wide_w, np.abs(wide_x) @ np.abs(wide_w), 2**-7)
    x, w = rng.integers(-128, 128, (9, 8192)).astype(np.int8), rng.integers(-128, 128, (20, 8192)).astype(np.int8)
    np.testing.assert_array_equal(run(flexc, "bytes", chip, {"x": x, "w": w}), x.astype(np.int32) @ w.astype(np.int32).T)


def test_single_precision(flexc, rng, chip):
    """On blocks of FMA."""
    assert is_cut(flexc, "single", chip, {"M": 11, "N": 40, "K": 8192})
    x, w = rng.standard_normal((11, 8192)).astype(np.float32), rng.standard_normal((8192, 40)).astype(np.float32)
    near(run(flexc, "single", chip, {"x": x, "w": w}), x.astype(np.float64) @ w, np.abs(x.astype(np.float64)) @ np.abs(w), 0)


def test_convolutions(flexc, rng, chip):
    sizes = {"N": 1, "H": 4, "W": 3, "C": 512, "K": 40}
    assert is_cut(flexc, "same", chip, sizes)
    x, f = half(rng, 1, 4, 3, 512), half(rng, 3, 3, 512, 40)

    def conv(x, f):
        x = np.pad(x.astype(np.float64), [(0, 0), (1, 1), (1, 1), (0, 0)])
        return sum(x[:, r : r + 4, s : s + 3] @ f[r, s].astype(np.float64) for r in range(3) for s in range(3))

    near(run(flexc, "same", chip, {"x": x, "f": f}), conv(x, f), conv(np.abs(x), np.abs(f)))


@pytest.mark.parametrize("name,sizes", [
    ("product", {"M": 4096, "N": 4096, "K": 4096}), ("product", {"M": 16, "N": 64, "K": 256}), ("product", {"M": 16, "N": 64}), ("product", {"M": 16, "N": 64, "K": 4099}),
    ("strict", {"M": 16, "N": 64, "K": 4096}), ("placed", {"M": 16, "N": 64, "K": 4096}),
], ids=["large", "short", "open", "odd", "strict", "index"])  # fmt: skip
def test_what_is_not_cut(flexc, chip, name, sizes):
    assert not is_cut(flexc, name, chip, sizes)
