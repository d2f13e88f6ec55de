"""Products of 8-bit integers and of bf16 on dot instructions and on AMX, where the machine has them: for each combination of signs and layouts, at sizes with
and without tails, with extents open and fixed, and on units of each width. Integers are to the bit what NumPy gives; bf16 is within what any order of the sum allows,
denormals included.
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
kernel brain(a: bf16[M, K], b: bf16[K, N]) -> f32[M, N] { return f32(a) @ f32(b) }
kernel brain_nt(a: bf16[M, K], b: bf16[N, K]) -> f32[M, N] { return f32(a) @ f32(transpose(b)) }
kernel brain_plain(a: bf16[M, K], b: bf16[K, N]) -> bf16[M, N] { return a @ b }
kernel brain_long(a: bf16[M, K], b: bf16[K, N]) -> f32[M, N] {
  let y = f32(a) @ f32(b)
  return [i, j] y[i, j] + 0 * (exp(y[i, j] * 0) + erf(y[i, j] * 0))
}
"""
NARROW = "".join(f"schedule {name} for cpu {{ unit vnni  lanes 8 }}\n" for name in ("s8s8", "u8s8", "s8s8_nt", "scaled"))
NARROW_BF16 = "schedule brain for cpu { unit vnni  lanes 8 }\nschedule brain_nt for cpu { unit vnni  lanes 8 }\n"
# Rows, columns, steps: whole tiles, tails of each, fewer than a vector or a run, sums of nothing.
SHAPES = [(24, 64, 64), (13, 130, 70), (7, 17, 5), (1, 1, 1), (33, 83, 131), (6, 100, 3), (5, 33, 0), (16, 16, 64), (80, 600, 200), (20, 40, 1300)]
PRODUCTS = ["s8s8", "u8s8", "s8u8", "u8u8", "s8s8_nt", "u8s8_tn", "s8s8_tt"]


@pytest.fixture(scope="module")
def context():
    return flex.Context(device="host", cache_dir="", library=BUILD / "lib" / "libflexrt.so")


def machine_has(*flags):
    path = Path("/proc/cpuinfo")
    return path.exists() and any(flag in path.read_text().split() for flag in flags)


@pytest.fixture(scope="module", params=["", "vnni", "amx"])
def kernels(context, request):
    """On the unit that the compiler chooses, and on each that the machine has."""
    unit = request.param
    if unit and not machine_has(*{"vnni": ("avx512_vnni", "avx_vnni"), "amx": ("amx_int8",)}[unit]):
        pytest.skip(f"the processor has no {unit}")
    taken = [name for name in PRODUCTS if name[5:6] != "t" and (unit != "vnni" or name != "u8u8")]  # rows that run across are turned where that pays
    names = [*taken, "batched", "scaled", "image", "image_turned"]
    return context.loads(KERNELS + "".join(f"schedule {name} for cpu {{ unit {unit} }}\n" for name in names if unit))


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
    if not machine_has("avx512_vnni", "avx_vnni"):
        pytest.skip("the processor has neither AVX512-VNNI nor AVX-VNNI")
    narrow = context.loads(KERNELS + NARROW)
    for dynamic in (False, True):
        for m, n, k in SHAPES:
            a, b = numbers(rng, "s", m, k), numbers(rng, "s", k, n)
            np.testing.assert_array_equal(narrow.s8s8(a, b, dynamic=dynamic), wide(a) @ wide(b))
            np.testing.assert_array_equal(narrow.u8s8(a.view(np.uint8), b, dynamic=dynamic), wide(a.view(np.uint8)) @ wide(b))
            np.testing.assert_array_equal(narrow.s8s8_nt(a, np.ascontiguousarray(b.T), dynamic=dynamic), wide(a) @ wide(b))
        scaled(narrow, rng, dynamic)



def brain_of(values):
    """bf16 as its bits, and what they are."""
    bits = (np.asarray(values, np.float32).view(np.uint32) >> 16).astype(np.uint16)
    return bits, (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def run_brain(flexc, name, a, b, options=(), source=KERNELS):
    """The result, and that of NumPy in f64, which must be as near as any order of the sum allows."""
    (a, wide_a), (b, wide_b) = brain_of(a), brain_of(b)
    given = {"a": a.view("V2"), "b": (np.ascontiguousarray(b.T) if name == "brain_nt" else b).view("V2")}
    got = flexc.kernel(source, name, given, 1, ["--device=host", *options])
    if got.dtype.itemsize == 2:
        got = (got.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    with np.errstate(all="ignore"):
        exact, size = wide_a @ wide_b, np.abs(wide_a) @ np.abs(wide_b)
        error = 2.0**-8 if name == "brain_plain" else (a.shape[1] + 2) * 2.0**-24
        np.testing.assert_array_equal(np.isnan(got), np.isnan(exact))
        usual = np.isfinite(exact)
        np.testing.assert_array_equal(got[np.isinf(exact)], exact[np.isinf(exact)])
        least = 2.0**-133 if name == "brain_plain" else a.shape[1] * 2.0**-149
        np.testing.assert_array_less(np.abs(got - exact)[usual], (size * error + least + 1e-300)[usual])
    return got, exact


@pytest.mark.parametrize("options", [(), ("--dynamic",)], ids=["fixed", "open"])
def test_bf16(flexc, rng, options):
    for name, (m, n, k) in (("brain", (13, 130, 71)), ("brain_nt", (33, 83, 131)), ("brain_plain", (7, 64, 40)), ("brain", (2, 5, 0))):
        run_brain(flexc, name, rng.standard_normal((m, k)), rng.standard_normal((k, n)), options)
    small = rng.standard_normal((20, 30)) * np.where(np.arange(20) % 7 == 3, 1e-38, 1)[:, None]
    run_brain(flexc, "brain_long", small, rng.standard_normal((30, 70)), options)


@pytest.mark.parametrize("options", [(), ("--dynamic",)], ids=["fixed", "open"])
@pytest.mark.parametrize("name", ["brain", "brain_nt", "brain_plain"])
def test_bf16_that_is_small_or_not_a_number(flexc, rng, name, options):
    """The instruction takes what is below 2^-126 for 0, the language does not."""
    a, b = rng.standard_normal((20, 50)), rng.standard_normal((50, 150))
    a[3], a[9, 7], b[:, 70] = a[3] * 1e-40, np.inf, b[:, 70] * 1e-39
    a[11, 49], b[4, 149] = np.nan, -np.inf
    a[15] *= 1e-30  # normal, but products are not
    b[:, 100:110] *= 1e-12
    a[17:19], b[:, 20:30] = a[17:19] * 1e-38, b[:, 20:30] * 1e30
    got, exact = run_brain(flexc, name, a, b, options)
    assert np.abs(got[3, :64]).max() > 0 and np.abs(got[17, 20:30]).min() > 1e-10 and np.isnan(exact).any()


def test_bf16_on_narrow_units(flexc, rng):
    flexc.write("k.flex", KERNELS)
    if "unit vnni" not in flexc.run("explain", "k.flex:brain", "-t", "cpu").stdout:
        pytest.skip("the processor has no dot instruction of bf16, or it is slow")
    for name in ("brain", "brain_nt"):
        run_brain(flexc, name, rng.standard_normal((9, 37)), rng.standard_normal((37, 44)), source=KERNELS + NARROW_BF16)


def test_blocks_in_parts(flexc, rng):
    """AMX on two threads, of rows and columns that several work items share; whatever a user asks of its tiles."""
    if not machine_has("amx_bf16"):
        pytest.skip("the processor has no AMX")
    for keys in ("", "rows 16", "vectors 1", "lane_tile 32  unroll_tile 64", "depth 32", "depth 64  vectors 1", "depth 96  rows 16"):
        schedule = f"schedule brain for cpu {{ unit amx  {keys} }}\n"
        run_brain(flexc, "brain", rng.standard_normal((150, 97)), rng.standard_normal((97, 333)), ["--threads=2"], source=KERNELS + schedule)
    small = rng.standard_normal((70, 1100)) * np.where(np.arange(70) == 45, 1e-38, 1)[:, None]
    run_brain(flexc, "brain", small, rng.standard_normal((1100, 90)))
    # Rows of several items, panels that pass through L1, sums that wait for a second and a third part.
    run_brain(flexc, "brain", rng.standard_normal((701, 1300)), rng.standard_normal((1300, 75)))


def test_bf16_strict(flexc, rng):
    """Strict numerics take the sum in order, so on no such unit."""
    flexc.write("k.flex", "@numerics(strict) " + KERNELS[KERNELS.index("kernel brain(") :])
    assert "unit" not in flexc.run("explain", "k.flex:brain", "-t", "cpu").stdout


def test_what_bounds_them(flexc):
    """`flexc explain` says what the instruction allows, not what f32 would."""
    flexc.write("k.flex", KERNELS)
    for name, kind in (("s8s8", "8-bit"), ("brain", "bf16")):
        text = flexc.run("explain", f"k.flex:{name}", *(f"-D{dim}=512" for dim in "MNK")).stdout
        assert (f"bound by {kind} dot products" in text) == ("unit vnni" in text) and "bound by " in text
        assert (f"bound by {kind} products of blocks" in text) == ("unit amx" in text) == machine_has("amx_int8" if kind == "8-bit" else "amx_bf16")
