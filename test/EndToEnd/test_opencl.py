"""Kernels on an OpenCL device (or the one that --device names), against NumPy: from the language to SPIR-V to a launch. Skips where no
device takes SPIR-V. Intel's runtime for CPUs is asked twice: with its vectoriser, which runs work items in lanes, and without, where one
follows the other and a missing barrier shows.
"""

import math
import os

import numpy as np
import pytest
from conftest import ROOT, Flexc

SOURCE = """
import nn
kernel add(a: f32[N], b: f32[N]) -> f32[N] { return a + b }
kernel bias_gelu(a: f32[M, N], b: f32[N]) -> f32[M, N] { return nn.gelu(a + b) }
kernel softmax(x: f32[M, N]) -> f32[M, N] { return nn.softmax(x) }
kernel layer_norm(x: f32[M, N], gain: f32[N], bias: f32[N]) -> f32[M, N] { return nn.layer_norm(x, gain, bias) }
kernel matmul(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { return a @ b }
kernel dense(a: f32[M, K], b: f32[K, N], c: f32[N]) -> f32[M, N] { return nn.relu(a @ b + c) }
kernel total(x: f32[N]) -> f32 { return sum(i) x[i] }
kernel columns(x: f32[M, N]) -> f32[N] { return [j] max(i) x[i, j] }
kernel blur(img: f32[H, W]) -> f32[H, W] {
  let p = clamp(img)
  return [y, x] (p[y, x-1] + p[y, x] + p[y, x+1]) / 3
}
kernel flipped(x: f32[M, N]) -> f32[N, M] { return [j, i] x[i, j] }
kernel count(x: f32[M, N]) -> (bool[M], i32[M]) { return [i] any(j) (x[i, j] > 2), [i] sum(j) i32(x[i, j] > 0) }
kernel half(x: f16[N], y: f16[N]) -> f16[N] { return x * y }
kernel brain(x: bf16[N]) -> f32[N] { return f32(x) * 2 }
kernel wide(x: f64[M, N]) -> f64[M] { return [i] sum(j) x[i, j] * x[i, j] }
kernel integers(x: i64[N], y: u8[N]) -> (i64[N], u8[N]) { return x * 3 - 1, max(y, 7) }
"""

MODES = pytest.mark.parametrize("mode", [[], ["--dynamic"]], ids=["static", "dynamic"])


@pytest.fixture(scope="module")
def devices(tmp_path_factory):
    return Flexc(tmp_path_factory.mktemp("devices")).run("devices", "--verbose").stdout


@pytest.fixture(params=["lanes", "one-by-one"])
def device(flexc, devices, request):
    """Runs a kernel of SOURCE on the first OpenCL device, or the one asked for."""
    flexc.env["CL_CONFIG_USE_VECTORIZER"] = str(request.param == "lanes")
    wanted = os.environ.get("FLEX_TEST_DEVICE", "opencl:0")
    if f"{wanted} " not in devices:
        pytest.skip("no OpenCL device here takes SPIR-V" if wanted == "opencl:0" else f"there is no device {wanted} here")
    options = [f"--device={wanted}", "-I", ROOT / "std"]
    return lambda name, inputs, mode, results=1: flexc.kernel(SOURCE, name, inputs, results, [*options, *mode])


def f32(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


@MODES
@pytest.mark.parametrize("n", [5, 4097])
def test_elementwise(device, rng, mode, n):
    a, b = f32(rng, n), f32(rng, n)
    np.testing.assert_array_equal(device("add", {"a": a, "b": b}, mode), a + b)


@MODES
def test_elementwise_with_broadcast_and_elementary_functions(device, rng, mode):
    a, b = f32(rng, 13, 37), f32(rng, 37)
    x = (a + b).astype(np.float64)
    expected = 0.5 * x * (1 + np.vectorize(math.erf)(x * math.sqrt(0.5)))
    np.testing.assert_allclose(device("bias_gelu", {"a": a, "b": b}, mode), expected, rtol=1e-5, atol=1e-6)


@MODES
@pytest.mark.parametrize("shape", [(7, 100), (3, 2500)])
def test_softmax(device, rng, mode, shape):
    x = f32(rng, *shape)
    e = np.exp(x.astype(np.float64) - x.max(axis=1, keepdims=True))
    np.testing.assert_allclose(device("softmax", {"x": x}, mode), e / e.sum(axis=1, keepdims=True), rtol=1e-5, atol=1e-7)


@MODES
def test_layer_norm(device, rng, mode):
    x, gain, bias = f32(rng, 6, 515), f32(rng, 515), f32(rng, 515)
    wide = x.astype(np.float64)
    expected = (wide - wide.mean(1, keepdims=True)) / np.sqrt(wide.var(1, keepdims=True) + 1e-5) * gain + bias
    np.testing.assert_allclose(device("layer_norm", {"x": x, "gain": gain, "bias": bias}, mode), expected, rtol=1e-4, atol=1e-5)


@MODES
@pytest.mark.parametrize("m,n,k", [(1, 1, 1), (65, 33, 17), (130, 70, 200)])
def test_matmul(device, rng, mode, m, n, k):
    a, b = f32(rng, m, k), f32(rng, k, n)
    expected = a.astype(np.float64) @ b
    np.testing.assert_allclose(device("matmul", {"a": a, "b": b}, mode), expected, rtol=1e-4, atol=1e-4)


@MODES
def test_matmul_with_epilogue(device, rng, mode):
    a, b, c = f32(rng, 40, 50), f32(rng, 50, 60), f32(rng, 60)
    expected = np.maximum(a.astype(np.float64) @ b + c, 0)
    np.testing.assert_allclose(device("dense", {"a": a, "b": b, "c": c}, mode), expected, rtol=1e-4, atol=1e-4)


@MODES
def test_reductions(device, rng, mode):
    x = f32(rng, 3001)
    np.testing.assert_allclose(device("total", {"x": x}, mode), x.astype(np.float64).sum(), rtol=1e-4, atol=1e-3)
    y = f32(rng, 50, 77)
    np.testing.assert_array_equal(device("columns", {"x": y}, mode), y.max(axis=0))
    above, positive = device("count", {"x": y}, mode, results=2)
    np.testing.assert_array_equal(above, (y > 2).any(axis=1))
    np.testing.assert_array_equal(positive, (y > 0).sum(axis=1))


@MODES
def test_stencil_and_transpose(device, rng, mode):
    x = f32(rng, 19, 45)
    p = np.pad(x, ((0, 0), (1, 1)), mode="edge").astype(np.float64)
    np.testing.assert_allclose(device("blur", {"img": x}, mode), (p[:, :-2] + p[:, 1:-1] + p[:, 2:]) / 3, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(device("flipped", {"x": x}, mode), x.T)


@MODES
def test_other_element_types(device, rng, mode):
    x, y = rng.standard_normal(333).astype(np.float16), rng.standard_normal(333).astype(np.float16)
    np.testing.assert_array_equal(device("half", {"x": x, "y": y}, mode), x * y)
    bits = (f32(rng, 333).view(np.uint32) >> 16).astype(np.uint16)
    np.testing.assert_array_equal(device("brain", {"x": bits.view("V2")}, mode),
                                  (bits.astype(np.uint32) << 16).view(np.float32) * 2)
    w = rng.standard_normal((9, 130))
    np.testing.assert_allclose(device("wide", {"x": w}, mode), (w * w).sum(1), rtol=1e-12)
    i, u = rng.integers(-(2**40), 2**40, 100), rng.integers(0, 200, 100).astype(np.uint8)
    tripled, least = device("integers", {"x": i, "y": u}, mode, results=2)
    np.testing.assert_array_equal(tripled, i * 3 - 1)
    np.testing.assert_array_equal(least, np.maximum(u, 7))
