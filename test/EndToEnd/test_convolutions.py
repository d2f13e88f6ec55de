"""Convolutions as products of matrices, executed on emulated chips of every family, against NumPy: padding, strides, dilation, groups, odd sizes,
open dimensions, every operand type; and that matrix instructions are in the main loop.
"""

import numpy as np
import pytest
from conftest import ROOT
from sweep import CHIPS

KERNELS = """
import nn
kernel plain(x: f16[N, H, W, C], f: f16[R, S, C, K]) -> f16[N, H-R+1, W-S+1, K] {
  return [n, h, v, o] f16(sum(p, q, c) f32(x[n, h+p, v+q, c]) * f32(f[p, q, c, o]))
}
kernel same(x: f16[N, H, W, C], f: f16[3, 3, C, K]) -> f16[N, H, W, K] where H >= 1, W >= 1 { return nn.conv2d(x, f, padding = 1) }
kernel single(x: f32[N, H, W, C], f: f32[3, 3, C, K]) -> f32[N, H, W, K] where H >= 1, W >= 1 { return nn.conv2d(x, f, padding = 1) }
kernel sparse(x: f16[N, H, W, C], f: f16[R, S, C, K]) -> f16[N, (H + 4 - 2*(R-1) - 1) / 2 + 1, (W + 4 - 2*(S-1) - 1) / 2 + 1, K] {
  return nn.conv2d(x, f, stride = 2, padding = 2, dilation = 2)
}
kernel pointwise(x: f16[N, H, W, C], f: f16[1, 1, C, K]) -> f16[N, H, W, K] where H >= 1, W >= 1 { return nn.conv2d(x, f) }
kernel block(x: f16[N, H, W, C], f: f16[3, 3, C, C], b: f16[C]) -> f16[N, H, W, C] where H >= 1, W >= 1 {
  return nn.relu(nn.conv2d(x, f, padding = 1) + b + x)
}
kernel grouped(x: f16[N, H, W, C], f: f16[3, 3, D, K]) -> f16[N, H, W, K] where C == 2 * D, K % 2 == 0, H >= 1, W >= 1 {
  return nn.conv2d_grouped(x, f, groups = 2, padding = 1)
}
kernel line(x: bf16[N, L, C], f: bf16[3, C, K]) -> bf16[N, L, K] where L >= 1 { return nn.conv1d(x, f, padding = 1) }
kernel volume(x: f16[N, A, H, W, C], f: f16[2, 3, 3, C, K]) -> f16[N, A+1, H, W, K] where A >= 1, H >= 1, W >= 1 {
  return nn.conv3d(x, f, padding = 1)
}
kernel bytes(x: i8[N, H, W, C], f: i8[3, 3, C, K]) -> i32[N, H, W, K] where H >= 1, W >= 1 {
  let p = zero(x)
  return [n, h, v, o] sum(r, s, c) i32(p[n, h+r-1, v+s-1, c]) * i32(f[r, s, c, o])
}
kernel planes(x: f16[N, C, H, W], f: f16[K, C, R, S]) -> f16[N, K, H-R+1, W-S+1] {
  return [n, o, h, v] sum(c, r, s) x[n, c, h+r, v+s] * f[o, c, r, s]
}
kernel of_filters(x: f16[N, H, W, C], d: f16[N, H-2, W-2, K]) -> f32[3, 3, C, K] {
  return [r, s, c, o] sum(n, h in 0..H-3, v in 0..W-3) f32(x[n, h+r, v+s, c]) * f32(d[n, h, v, o])
}
kernel clamped(x: f16[N, H, W, C], f: f16[3, 3, C, K]) -> f16[N, H, W, K] where H >= 1, W >= 1 {
  let p = clamp(x)
  return [n, h, v, o] sum(r, s, c) p[n, h+r-1, v+s-1, c] * f[r, s, c, o]
}
"""


@pytest.fixture(params=CHIPS)
def device(request, flexc):
    options = [f"--device=emulated:{request.param}", "-I", ROOT / "std"]
    return lambda name, inputs, more=(): flexc.kernel(KERNELS, name, inputs, 1, [*options, *more])


def half(rng, *shape):
    return rng.standard_normal(shape).astype(np.float16)


def conv(x, f, stride=1, padding=0, dilation=1, mode="constant"):
    """In double precision, over any number of spatial axes."""
    axes = f.ndim - 2
    x = np.pad(x.astype(np.float64), [(0, 0), *[(padding, padding)] * axes, (0, 0)], mode=mode)
    count = [(n - dilation * (k - 1) - 1) // stride + 1 for n, k in zip(x.shape[1:-1], f.shape)]
    views = ((place, tuple(slice(dilation * p, dilation * p + stride * (n - 1) + 1, stride) for p, n in zip(place, count))) for place in np.ndindex(*f.shape[:axes]))
    return sum(x[(slice(None), *view)] @ f[place].astype(np.float64) for place, view in views)


def near(got, expected, size, relative=2**-10):
    np.testing.assert_array_less(np.abs(got.astype(np.float64) - expected), 1e-5 + size * 2**-18 + np.abs(expected) * relative)


def check(got, x, f, relative=2**-10, **more):
    near(got, conv(x, f, **more), conv(np.abs(x), np.abs(f), **more), relative)


# Whole tiles of channels; chunks that do not fill tiles; no chunks; one pixel, one channel; a single image that fills several tiles.
SHAPES = [(2, 7, 9, 32, 32), (1, 9, 8, 24, 40), (2, 5, 6, 3, 17), (1, 1, 1, 1, 8), (3, 12, 11, 8, 64)]


@pytest.mark.parametrize("more", [[], ["--dynamic"]], ids=["static", "dynamic"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "x".join(map(str, s)))
def test_zeros_around(device, rng, shape, more):
    n, h, w, c, k = shape
    x, f = half(rng, n, h, w, c), half(rng, 3, 3, c, k)
    check(device("same", {"x": x, "f": f}, more), x, f, padding=1)


@pytest.mark.parametrize("more", [[], ["--dynamic"]], ids=["static", "dynamic"])
@pytest.mark.parametrize("c,k", [(16, 24), (64, 32), (5, 12)])
def test_inside(device, rng, c, k, more):
    x, f = half(rng, 2, 9, 7, c), half(rng, 3, 2, c, k)
    check(device("plain", {"x": x, "f": f}, more), x, f)


@pytest.mark.parametrize("more", [[], ["--dynamic"]], ids=["static", "dynamic"])
def test_strides_and_dilation(device, rng, more):
    x, f = half(rng, 2, 11, 9, 16), half(rng, 3, 2, 16, 32)
    check(device("sparse", {"x": x, "f": f}, more), x, f, stride=2, padding=2, dilation=2)


def test_one_pixel_filters(device, rng):
    x, f = half(rng, 2, 5, 7, 40), half(rng, 1, 1, 40, 48)
    check(device("pointwise", {"x": x, "f": f}), x, f)


@pytest.mark.parametrize("c", [16, 11])
def test_maps_behind(device, rng, c):
    x, f, b = half(rng, 1, 6, 7, c), half(rng, 3, 3, c, c), half(rng, c)
    expected = np.maximum(conv(x, f, padding=1) + b + x, 0)
    near(device("block", {"x": x, "f": f, "b": b}, ["--dynamic"]), expected, conv(np.abs(x), np.abs(f), padding=1))


@pytest.mark.parametrize("d,k", [(16, 32), (3, 10), (1, 2)])
def test_groups(device, rng, d, k):
    x, f = half(rng, 1, 6, 7, 2 * d), half(rng, 3, 3, d, k)
    got = device("grouped", {"x": x, "f": f})
    for g in range(2):
        check(got[..., g * k // 2 : (g + 1) * k // 2], x[..., g * d : (g + 1) * d], f[..., g * k // 2 : (g + 1) * k // 2], padding=1)


@pytest.mark.parametrize("c", [24, 6])
def test_lines_of_bf16(device, rng, c):
    x, f = ((rng.standard_normal(s).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16) for s in ((2, 19, c), (3, c, 16)))
    wide_x, wide_f = ((v.astype(np.uint32) << 16).view(np.float32) for v in (x, f))
    got = device("line", {"x": x.view("V2"), "f": f.view("V2")}, ["--dynamic"])
    check((got.view(np.uint16).astype(np.uint32) << 16).view(np.float32), wide_x, wide_f, relative=2**-7, padding=1)


def test_volumes(device, rng):
    x, f = half(rng, 1, 3, 5, 4, 16), half(rng, 2, 3, 3, 16, 24)
    check(device("volume", {"x": x, "f": f}), x, f, padding=1)


@pytest.mark.parametrize("c", [32, 16, 7])
def test_integers_are_exact(device, rng, c):
    x, f = rng.integers(-128, 128, (2, 5, 6, c)).astype(np.int8), rng.integers(-128, 128, (3, 3, c, 48)).astype(np.int8)
    np.testing.assert_array_equal(device("bytes", {"x": x, "f": f}), conv(x, f, padding=1))


@pytest.mark.parametrize("shape", [(1, 9, 8, 24, 40), (2, 5, 6, 3, 17)], ids=lambda s: "x".join(map(str, s)))
def test_single_precision(device, rng, shape):
    n, h, w, c, k = shape
    x, f = rng.standard_normal((n, h, w, c)).astype(np.float32), rng.standard_normal((3, 3, c, k)).astype(np.float32)
    check(device("single", {"x": x, "f": f}, ["--dynamic"]), x, f, relative=2**-20, padding=1)


@pytest.mark.parametrize("more", [[], ["--dynamic"]], ids=["static", "dynamic"])
def test_channels_first(device, rng, more):
    x, f = half(rng, 2, 5, 9, 10), half(rng, 24, 5, 3, 3)
    got = device("planes", {"x": x, "f": f}, more)
    check(got.transpose(0, 2, 3, 1), x.transpose(0, 2, 3, 1), f.transpose(2, 3, 1, 0))


def test_gradient_of_filters(device, rng):
    """Chunks run along the channels, while several indices are summed over that are not walked evenly."""
    x, d = half(rng, 2, 9, 7, 16), half(rng, 2, 7, 5, 32)
    x64, d64 = x.astype(np.float64), d.astype(np.float64)

    def gradient(x, d):
        return np.stack([[np.einsum("nhwc,nhwk->ck", x[:, r : r + 7, s : s + 5], d) for s in range(3)] for r in range(3)])

    near(device("of_filters", {"x": x, "d": d}), gradient(x64, d64), gradient(np.abs(x64), np.abs(d64)))


def test_other_rules_at_the_edge(device, rng):
    x, f = half(rng, 1, 6, 5, 16), half(rng, 3, 3, 16, 16)
    check(device("clamped", {"x": x, "f": f}), x, f, padding=1, mode="edge")


@pytest.mark.parametrize("chip", ["sm_75", "sm_86", "sm_100a", "sm_120", "gfx90a", "gfx950", "gfx1201", "intel-dg2", "intel-pvc"])
def test_other_chips(flexc, rng, chip):
    x, f = half(rng, 2, 7, 6, 24), half(rng, 3, 3, 24, 40)
    check(flexc.kernel(KERNELS, "same", {"x": x, "f": f}, 1, [f"--device=emulated:{chip}", "-I", ROOT / "std"]), x, f, padding=1)


SIZES = {"N": 8, "H": 56, "W": 56, "C": 64, "K": 64, "R": 3, "S": 3}
MATRIX = [("nvptx:sm_80", "mma.sync.aligned"), ("nvptx:sm_90a", "wgmma.mma_async"), ("amdgpu:gfx942", "v_mfma_f32"), ("amdgpu:gfx1100", "v_wmma_f32")]


@pytest.mark.parametrize("sizes", [SIZES, {}], ids=["static", "open"])
@pytest.mark.parametrize("target,instruction", MATRIX)
@pytest.mark.parametrize("name", ["plain", "same", "planes"])
def test_matrix_instructions(flexc, name, target, instruction, sizes):
    flexc.write("k.flex", KERNELS)
    used = [f"-D{key}={value}" for key, value in sizes.items() if name != "same" or key not in "RS"]
    text = flexc.run("check", f"k.flex:{name}", "-e", "asm", "-t", target, "-I", ROOT / "std", *used).stdout
    assert text.count(instruction) >= 2
    if target == "nvptx:sm_80" and name != "planes":
        assert "cp.async.cg.shared.global" in text
