"""Convolutions on the host. Images that end inside of tiles: what is around an image is written out before, where tiles would often meet it. Channels first
and last, every boundary rule, strides, dilation, epilogues, types with units of their own; extents fixed, open and 0; against NumPy in f64.
"""

import sys

import numpy as np
import pytest
from conftest import BUILD, ROOT

sys.path.insert(0, str(ROOT / "python"))
import flex  # noqa: E402

KERNELS = """
kernel first(x: f32[B, C, H, W], f: f32[K, C, 3, 3]) -> f32[B, K, H, W] {
  let p = zero(x)
  return [b, k, h, w] sum(c, r, s) p[b, c, h+r-1, w+s-1] * f[k, c, r, s]
}
kernel strided(x: f32[B, C, H, W], f: f32[K, C, 5, 5]) -> f32[B, K, (H-1)/2 + 1, (W-1)/2 + 1] where H >= 1, W >= 1 {
  let p = zero(x)
  return [b, k, h, w] sum(c, r, s) p[b, c, 2*h+r-2, 2*w+s-2] * f[k, c, r, s]
}
kernel last(x: f32[B, H, W, C], f: f32[3, 3, C, K]) -> f32[B, H, W, K] {
  let p = zero(x)
  return [b, h, w, k] sum(r, s, c) p[b, h+2*r-2, w+2*s-2, c] * f[r, s, c, k]
}
kernel filled(x: f32[B, C, H, W], f: f32[K, C, 3, 3], bias: f32[K]) -> f32[B, K, H, W] {
  let p = fill(x, 2.5)
  let y[b, k, h in 0..H-1, w in 0..W-1] = sum(c, r, s) p[b, c, h+r-1, w+s-1] * f[k, c, r, s]
  return [b, k, h, w] max(y[b, k, h, w] + bias[k], 0)
}
kernel flipped(x: f32[B, C, H, W], f: f32[K, C, 3, 3]) -> f32[B, K, H, W] {
  let p = zero(x)
  return [b, k, h, w] sum(c, r, s) p[b, c, h-r+1, w-s+1] * f[k, c, r, s]
}
kernel pixels(x: f32[B, C, H, W], f: f32[K, C]) -> f32[B, K, H, W] { return [b, k, h, w] sum(c) x[b, c, h, w] * f[k, c] }
kernel bytes(x: i8[B, H, W, C], f: i8[3, 3, C, K]) -> i32[B, H, W, K] {
  let p = zero(x)
  return [b, h, w, k] sum(r, s, c) i32(p[b, h+r-1, w+s-1, c]) * i32(f[r, s, c, k])
}
@numerics(strict) kernel exact(x: f32[B, C, H, W], f: f32[K, C, 3, 3]) -> f32[B, K, H, W] {
  let p = zero(x)
  return [b, k, h, w] sum(c, r, s) p[b, c, h+r-1, w+s-1] * f[k, c, r, s]
}
""" + "".join(f"""
kernel {rule}_first(x: f32[B, C, H, W], f: f32[K, C, 3, 3]) -> f32[B, K, H, W] where H >= 3, W >= 3 {{
  let p = {rule}(x)
  return [b, k, h, w] sum(c, r, s) p[b, c, h+r-1, w+s-1] * f[k, c, r, s]
}}
""" for rule in ("clamp", "wrap", "mirror"))
# Images, channels, filters: one vector and less, tails, tiles that all meet an end, nothing.
SHAPES = [(1, 14, 14, 32, 16), (2, 7, 7, 9, 33), (1, 5, 61, 3, 8), (1, 1, 1, 4, 12), (2, 3, 16, 64, 5), (1, 0, 9, 3, 8), (0, 4, 4, 3, 8), (1, 4, 4, 0, 9),
          # Lanes along the filters: whole tiles, tails of them and of pixels.
          (2, 14, 14, 40, 96), (1, 7, 7, 30, 130), (1, 9, 17, 29, 64)]
MODES = {"clamp": "edge", "wrap": "wrap", "mirror": "reflect"}


@pytest.fixture(scope="module")
def kernels():
    return flex.Context(device="host", cache_dir="", threads=2, library=BUILD / "lib" / "libflexrt.so").loads(KERNELS)


def convolved(x, f, pad, stride=1, dilation=1, **mode):
    """Channels first: the sum, and that of the magnitudes."""
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (pad, pad), (pad, pad)), **mode)
    size = (f.shape[2] - 1) * dilation + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), (2, 3))[:, :, ::stride, ::stride, ::dilation, ::dilation]
    return tuple(np.einsum("bchwrs,kcrs->bkhw", part(windows), part(f.astype(np.float64))) for part in (np.asarray, np.abs))


def check(got, expected, f):
    exact, size = expected
    np.testing.assert_array_less(np.abs(got - exact), size * (f[0].size + 4) * 2.0**-24 + 1e-30, strict=False)


def numbers(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("dynamic", [False, True], ids=["fixed", "open"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
def test_zeros_around(kernels, rng, shape, dynamic):
    b, h, w, c, k = shape
    x, f = numbers(rng, b, c, h, w), numbers(rng, k, c, 3, 3)
    if h and w:
        f5 = numbers(rng, k, c, 5, 5)
        check(kernels.strided(x, f5, dynamic=dynamic), convolved(x, f5, 2, 2), f5)
    if h:
        for kernel in (kernels.first, kernels.exact):
            check(kernel(x, f, dynamic=dynamic), convolved(x, f, 1), f)
        check(kernels.flipped(x, f, dynamic=dynamic), convolved(x, f[:, :, ::-1, ::-1], 1), f)
        turned = [np.ascontiguousarray(array) for array in (x.transpose(0, 2, 3, 1), f.transpose(2, 3, 1, 0))]
        check(kernels.last(*turned, dynamic=dynamic).transpose(0, 3, 1, 2), convolved(x, f, 2, dilation=2), f)
        bias = numbers(rng, k)
        exact, size = convolved(x, f, 1, constant_values=2.5)
        got = kernels.filled(x, f, bias, dynamic=dynamic)
        check(got, (np.maximum(exact + bias[:, None, None], 0), size + np.abs(bias)[:, None, None]), f)
    else:
        assert kernels.first(x, f, dynamic=dynamic).shape == (b, k, h, w)


@pytest.mark.parametrize("dynamic", [False, True], ids=["fixed", "open"])
@pytest.mark.parametrize("rule", MODES)
def test_other_rules(kernels, rng, rule, dynamic):
    for b, h, w, c, k in ((1, 14, 14, 32, 16), (2, 7, 7, 9, 33), (1, 5, 61, 3, 8)):
        x, f = numbers(rng, b, c, h, w), numbers(rng, k, c, 3, 3)
        check(getattr(kernels, f"{rule}_first")(x, f, dynamic=dynamic), convolved(x, f, 1, mode=MODES[rule]), f)


@pytest.mark.parametrize("dynamic", [False, True], ids=["fixed", "open"])
@pytest.mark.parametrize("shape", [*SHAPES, (1, 13, 17, 6, 50), (2, 5, 3, 4, 1)], ids=lambda shape: "x".join(map(str, shape)))
def test_pixels_as_one_index(kernels, rng, shape, dynamic):
    b, h, w, c, k = shape
    x, f = numbers(rng, b, c, h, w), numbers(rng, k, c)
    exact = [np.einsum("bchw,kc->bkhw", part(x.astype(np.float64)), part(f.astype(np.float64))) for part in (np.asarray, np.abs)]
    check(kernels.pixels(x, f, dynamic=dynamic), exact, f)


@pytest.mark.parametrize("dynamic", [False, True], ids=["fixed", "open"])
def test_bytes(kernels, rng, dynamic):
    """On a unit, where the machine has one: it takes no factor that is read beyond its ends."""
    for b, h, w, c, k in ((1, 14, 14, 64, 48), (2, 7, 20, 37, 33), (1, 5, 5, 3, 8)):
        x, f = rng.integers(-128, 128, (b, h, w, c)).astype(np.int8), rng.integers(-128, 128, (3, 3, c, k)).astype(np.int8)
        exact, _ = convolved(x.transpose(0, 3, 1, 2), f.transpose(3, 2, 0, 1), 1)
        np.testing.assert_array_equal(kernels.bytes(x, f, dynamic=dynamic), exact.transpose(0, 2, 3, 1))


def test_what_is_copied(flexc):
    """Where tiles would meet an end; not where few do, or where nothing is read beyond one."""
    flexc.write("k.flex", KERNELS)
    explain = lambda name, *dims: flexc.run("explain", f"k.flex:{name}", "-t", "cpu:x86-64-v4", *(f"-D{dim}" for dim in dims)).stdout  # noqa: E731
    assert "first_0_padded" in explain("first", "B=1", "C=64", "H=56", "W=56", "K=64")
    assert "last_0_padded" in explain("last", "B=1", "C=64", "H=14", "W=14", "K=64")
    assert "_padded" not in explain("last", "B=1", "C=32", "H=200", "W=200", "K=32")
    assert "_padded" in explain("last", "B=1", "C=64", "H=200", "W=200", "K=64")  # its columns are packed: a tile at an end is as dear as ten
    assert "_padded" not in explain("clamp_first")
    assert "lane k" in explain("first", "B=2", "C=40", "H=14", "W=14", "K=96") and "lane k" in explain("filled", "B=1", "C=29", "H=9", "W=17", "K=64")
    assert "lane w" in explain("first", "B=1", "C=64", "H=64", "W=64", "K=64")
