"""Products of 8-bit integers on dot instructions, where the machine has them: to the bit what NumPy gives, for each combination of signs and layouts, at sizes
with and without tails, with extents open and fixed, and on units of each width.
"""

import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import BUILD, ROOT

sys.path.insert(0, str(ROOT / "python"))
import flex  # noqa: E402

KERNELS = """
kernel s8s8(a: i8[M, K], b: i8[K, N]) -> i32[M, N] { return i32(a) @ i32(b) }
kernel u8s8(a: u8[M, K], b: i8[K, N]) -> i32[M, N] { return i32(a) @ i32(b) }
kernel s8u8(a: i8[M, K], b: u8[K, N]) -> i32[M, N] { return i32(a) @ i32(b) }
kernel u8u8(a: u8[M, K], b: u8[K, N]) -> i32[M, N] { return i32(a) @ i32(b) }
kernel s8s8_nt(a: i8[M, K], b: i8[N, K]) -> i32[M, N] { return i32(a) @ i32(transpose(b)) }
kernel u8s8_tn(a: u8[K, M], b: i8[K, N]) -> i32[M, N] { return i32(transpose(a)) @ i32(b) }
kernel s8s8_tt(a: i8[K, M], b: i8[N, K]) -> i32[M, N] { return i32(transpose(a)) @ i32(transpose(b)) }
kernel batched(a: i8[B, M, K], b: i8[B, K, N]) -> i32[B, M, N] { return i32(a) @ i32(b) }
kernel scaled(a: i8[M, K], b: i8[K, N], s: f32[N]) -> f32[M, N] {
  let y = i32(a) @ i32(b)
  return [i, j] exp(f32(y[i, j]) * s[j]) + 1
}
kernel image(x: i8[H, W, C], f: i8[R, S, C, N]) -> i32[H - R + 1, W - S + 1, N] where H >= R, W >= S {
  return [h, w, n] sum(r, s, c) i32(x[h + r, w + s, c]) * i32(f[r, s, c, n])
}
kernel image_turned(x: u8[H, W, C], f: i8[N, R, S, C]) -> i32[H - R + 1, W - S + 1, N] where H >= R, W >= S {
  return [h, w, n] sum(r, s, c) i32(x[h + r, w + s, c]) * i32(f[n, r, s, c])
}
"""
NARROW = "".join(f"schedule {name} for cpu {{ unit vnni  lanes 8 }}\n" for name in ("s8s8", "u8s8", "s8s8_nt", "scaled"))
# Rows, columns, steps: whole tiles, tails of each, fewer than a vector or a run, sums of nothing.
SHAPES = [(24, 64, 64), (13, 130, 70), (7, 17, 5), (1, 1, 1), (33, 83, 131), (6, 100, 3), (5, 33, 0)]
PRODUCTS = ["s8s8", "u8s8", "s8u8", "u8u8", "s8s8_nt", "u8s8_tn", "s8s8_tt"]


@pytest.fixture(scope="module")
def context():
    return flex.Context(device="host", cache_dir="", library=BUILD / "lib" / "libflexrt.so")


@pytest.fixture(scope="module")
def kernels(context):
    return context.loads(KERNELS)


def numbers(rng, kind, *shape):
    """All values, the ends more often than by chance; in memory that goes on with others."""
    low, high = (-128, 127) if kind == "s" else (0, 255)
    whole = rng.integers(low, high + 1, (np.prod(shape, dtype=int) + 128,)).astype("i1" if kind == "s" else "u1")
    ends = rng.random(whole.shape)
    whole[ends < 0.1], whole[ends > 0.9] = low, high
    return whole[3:][: np.prod(shape, dtype=int)].reshape(shape)


def wide(x):
    return x.astype(np.int32)


@pytest.mark.parametrize("dynamic", [False, True], ids=["fixed", "open"])
@pytest.mark.parametrize("name", PRODUCTS)
def test_products(kernels, rng, name, dynamic):
    turns = name[5:] or "nn"
    for m, n, k in SHAPES:
        a, b = numbers(rng, name[0], *((k, m) if turns[0] == "t" else (m, k))), numbers(rng, name[2], *((n, k) if turns[1] == "t" else (k, n)))
        expected = wide(a.T if turns[0] == "t" else a) @ wide(b.T if turns[1] == "t" else b)
        np.testing.assert_array_equal(getattr(kernels, name)(a, b, dynamic=dynamic), expected, err_msg=f"{m} {n} {k}")


@pytest.mark.parametrize("dynamic", [False, True], ids=["fixed", "open"])
def test_sums_that_wrap(kernels, dynamic):
    """Each of four products is 16 bits wide and none is cut off; the sum leaves 32 bits."""
    a, b = np.full((7, 140000), 255, np.uint8), np.full((140000, 5), -128, np.int8)
    np.testing.assert_array_equal(kernels.u8s8(a, b, dynamic=dynamic), np.full((7, 5), (255 * -128 * 140000 + 2**31) % 2**32 - 2**31, np.int32))
    np.testing.assert_array_equal(kernels.s8s8(a.view(np.int8), b, dynamic=dynamic), np.full((7, 5), 128 * 140000, np.int32))


@pytest.mark.parametrize("dynamic", [False, True], ids=["fixed", "open"])
def test_more_axes_and_maps_behind(kernels, rng, dynamic):
    a, b = numbers(rng, "s", 3, 9, 37), numbers(rng, "s", 3, 37, 70)
    np.testing.assert_array_equal(kernels.batched(a, b, dynamic=dynamic), wide(a) @ wide(b))
    for h, w, c, n, r, s in ((5, 20, 6, 70, 3, 3), (4, 9, 16, 33, 1, 2), (7, 7, 70, 5, 2, 3)):
        x, f = numbers(rng, "s", h, w, c), numbers(rng, "s", r, s, c, n)
        windows = np.lib.stride_tricks.sliding_window_view(wide(x), (r, s), (0, 1))
        np.testing.assert_array_equal(kernels.image(x, f, dynamic=dynamic), np.einsum("hwcrs,rscn->hwn", windows, wide(f)))
        windows = np.lib.stride_tricks.sliding_window_view(wide(x.view(np.uint8)), (r, s), (0, 1))
        np.testing.assert_array_equal(kernels.image_turned(x.view(np.uint8), np.ascontiguousarray(f.transpose(3, 0, 1, 2)), dynamic=dynamic),
                                      np.einsum("hwcrs,rscn->hwn", windows, wide(f)))
    scaled(kernels, rng, dynamic)


def scaled(kernels, rng, dynamic):
    """A long epilogue is looped over the tile."""
    a, b, s = numbers(rng, "s", 29, 66), numbers(rng, "s", 66, 75), rng.random(75, np.float32) * np.float32(1e-5)
    np.testing.assert_allclose(kernels.scaled(a, b, s, dynamic=dynamic), np.exp((wide(a) @ wide(b)) * s.astype(np.float64)) + 1, rtol=1e-6)


def test_narrow_units(context, rng):
    """Of 8 lanes, as chips without AVX-512 have them."""
    flags = Path("/proc/cpuinfo").read_text().split() if Path("/proc/cpuinfo").exists() else []
    if "avx512_vnni" not in flags and "avx_vnni" not in flags:
        pytest.skip("the processor has neither AVX512-VNNI nor AVX-VNNI")
    narrow = context.loads(KERNELS + NARROW)
    for dynamic in (False, True):
        for m, n, k in SHAPES:
            a, b = numbers(rng, "s", m, k), numbers(rng, "s", k, n)
            np.testing.assert_array_equal(narrow.s8s8(a, b, dynamic=dynamic), wide(a) @ wide(b))
            np.testing.assert_array_equal(narrow.u8s8(a.view(np.uint8), b, dynamic=dynamic), wide(a.view(np.uint8)) @ wide(b))
            np.testing.assert_array_equal(narrow.s8s8_nt(a, np.ascontiguousarray(b.T), dynamic=dynamic), wide(a) @ wide(b))
        scaled(narrow, rng, dynamic)

