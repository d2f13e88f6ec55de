"""Kernels on emulated chips of every family, against NumPy: from the language to the device's LLVM IR to its execution.

sweep.CHIPS has one of each code path; `--device` points the sweeps and test_opencl.py at any other.
"""

import math
import re

import numpy as np
import pytest
from conftest import ROOT
from sweep import CHIPS

KERNELS = """
import nn
kernel add(a: f32[N], b: f32[N]) -> f32[N] { return a + b }
kernel gelu(x: f16[N]) -> f16[N] { return f16(nn.gelu(f32(x))) }
kernel softmax(x: f32[M, N]) -> f32[M, N] { return nn.softmax(x) }
kernel total(x: f32[M, N]) -> f32[M] { return [i] sum(j) x[i, j] }
kernel dense(a: f32[M, K], b: f32[K, N], c: f32[N]) -> f32[M, N] { return nn.relu(a @ b + c) }
kernel narrow(x: bf16[N], y: f16[N]) -> (bf16[N], f16[N]) { return x * 3, y / 3 }
kernel gather(t: f32[V, D], ids: i32[K]) -> f32[K, D] { return [k, d] t[ids[k], d] }
"""


@pytest.fixture(params=CHIPS)
def device(request, flexc):
    """Runs a kernel of KERNELS on the chip."""
    options = [f"--device=emulated:{request.param}", "-I", ROOT / "std"]
    return lambda name, inputs, results=1, more=(): flexc.kernel(KERNELS, name, inputs, results, [*options, *more])


def f32(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("more", [[], ["--dynamic"]], ids=["static", "dynamic"])
def test_elementwise(device, rng, more):
    a, b = f32(rng, 1027), f32(rng, 1027)
    np.testing.assert_array_equal(device("add", {"a": a, "b": b}, more=more), a + b)


def test_elementary_functions_in_f16(device, rng):
    x = rng.standard_normal(333).astype(np.float16)
    wide = x.astype(np.float64)
    expected = 0.5 * wide * (1 + np.vectorize(math.erf)(wide * math.sqrt(0.5)))
    np.testing.assert_allclose(device("gelu", {"x": x}), expected, rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize("more", [[], ["--dynamic"]], ids=["static", "dynamic"])
def test_rows(device, rng, more):
    x = f32(rng, 3, 700)
    e = np.exp(x.astype(np.float64) - x.max(axis=1, keepdims=True))
    np.testing.assert_allclose(device("softmax", {"x": x}, more=more), e / e.sum(axis=1, keepdims=True), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(device("total", {"x": x}, more=more), x.astype(np.float64).sum(1), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("more", [[], ["--dynamic"]], ids=["static", "dynamic"])
def test_matrix_product_with_epilogue(device, rng, more):
    a, b, c = f32(rng, 33, 20), f32(rng, 20, 45), f32(rng, 45)
    expected = np.maximum(a.astype(np.float64) @ b + c, 0)
    np.testing.assert_allclose(device("dense", {"a": a, "b": b, "c": c}, more=more), expected, rtol=1e-4, atol=1e-4)


def test_narrow_floats_round_once(device, rng):
    bits = (f32(rng, 100).view(np.uint32) >> 16).astype(np.uint16)
    y = rng.standard_normal(100).astype(np.float16)
    tripled, third = device("narrow", {"x": bits.view("V2"), "y": y}, results=2)
    exact = ((bits.astype(np.uint32) << 16).view(np.float32) * np.float32(3)).view(np.uint32)
    expected = ((exact + 0x7FFF + ((exact >> 16) & 1)) >> 16).astype(np.uint16)
    np.testing.assert_array_equal(tripled.view(np.uint16), expected)
    np.testing.assert_array_equal(third, y / np.float16(3))


def test_gather(device, rng):
    table, ids = f32(rng, 9, 70), rng.integers(0, 9, 13).astype(np.int32)
    np.testing.assert_array_equal(device("gather", {"t": table, "ids": ids}), table[ids])


def test_an_image_runs(flexc, rng):
    x = f32(rng, 5, 100)
    np.save(flexc.folder / "x.npy", x)
    place = flexc.write("k.flex", KERNELS)
    flexc.run("build", place, "-I", ROOT / "std", "--kernel", "total", "--target", "emulated:sm_80", "-o", "k.fxk")
    flexc.run("run", "k.fxk:total", "x=@x.npy", "--device", "emulated:sm_80", "-o", "y.npy")
    np.testing.assert_allclose(np.load(flexc.folder / "y.npy"), x.astype(np.float64).sum(1), rtol=1e-4, atol=1e-4)


def test_every_chip_has_a_device(flexc):
    """The runtime's list of emulated chips is the compiler's."""
    devices = set(re.findall(r"^emulated:(\S+)", flexc.run("devices", "--verbose").stdout, re.M))
    refused = flexc.run("build", flexc.write("k.flex", KERNELS), "--target", "emulated:nothing", "-o", "k.fxk", check=False)
    known = re.search(r"known: (.*)", refused.stderr).group(1).split(", ")
    assert devices == {word.strip() for word in known}
