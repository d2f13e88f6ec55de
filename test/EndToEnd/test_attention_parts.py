"""Attention of a few queries against many keys, in parts, executed on emulated chips, against NumPy: odd lengths, masks, shared heads, open numbers of
keys; and what stays whole.
"""

import numpy as np
import pytest
from attention_math import attention, half, near

CHIPS = ["sm_80", "sm_90a", "gfx942", "gfx1100"]
KERNELS = """
import nn
kernel plain(q: float[H, S, D], k: float[H, T, D], v: float[H, T, E]) -> float[H, S, E] { return nn.attention(q, k, v) }
kernel causal(q: f16[H, S, D], k: f16[H, T, D], v: f16[H, T, E]) -> f16[H, S, E] { return nn.attention_causal(q, k, v) }
kernel shared(q: float[S, H, D], k: float[T, G, D], v: float[T, G, E], start: i64) -> float[S, H, E] where H % G == 0, G >= 1, H >= 1 {
  return nn.attention_gqa(q, k, v, start)
}
kernel open(q: f16[3, 2, 64], k: f16[3, T, 64], v: f16[3, T, 40], b: f16[40]) -> f32[3, 2, 40] {
  let y = nn.attention(q, k, v)
  return [h, i, e] f32(y[h, i, e]) * 2 + f32(b[e])
}
kernel far(q: f16[1, 64], k: f16[T, 64], v: f16[T, 64], mask: bool[1, T]) -> f16[1, 64] { return nn.attention_masked(q, k, v, mask) }
"""


def launches(flexc, name, chip, *words):
    target = f"{'amdgpu' if chip.startswith('gfx') else 'nvptx'}:{chip}"
    flexc.write("k.flex", KERNELS)
    return flexc.run("check", f"k.flex:{name}", "-e", "groups", "-t", target, *words).stdout.count("flex.group ")


@pytest.mark.parametrize("chip", CHIPS)
def test_sizes(flexc, rng, chip):
    """One query and several, lengths that fit no tile; the chip's parts are taken, not three launches."""
    assert launches(flexc, "plain", chip, "-Dfloat=f16", "-DH=2", "-DS=1", "-DD=64", "-DE=64") == 2
    for h, s, t, d, e in ((2, 1, 1300, 64, 64), (1, 5, 1111, 33, 40)):
        q, k, v = half(rng, h, s, d), half(rng, h, t, d), half(rng, h, t, e)
        near(flexc.kernel(KERNELS, "plain", {"q": q, "k": k, "v": v}, 1, [f"--device=emulated:{chip}"]), attention(q, k, v))


@pytest.mark.parametrize("chip", CHIPS)
def test_causal(flexc, rng, chip):
    """NaN among the values of the last key, which the last query alone sees, and of one in the middle."""
    q, k, v = half(rng, 2, 5, 32), half(rng, 2, 1111, 32), half(rng, 2, 1111, 64)
    v[1, -1, 5] = v[0, 700, 3] = np.nan
    wanted = attention(q, k, v, np.arange(1111)[None, :] <= np.arange(5)[:, None] + 1106)
    assert np.isnan(wanted[1, :, 5]).all()
    near(flexc.kernel(KERNELS, "causal", {"q": q, "k": k, "v": v}, 1, [f"--device=emulated:{chip}"]), wanted)


@pytest.mark.parametrize("start", [700, 0])
@pytest.mark.parametrize("chip", ["sm_80", "sm_90a", "gfx942", "gfx1100"])
def test_shared_heads(flexc, rng, chip, start):
    """Most parts of a cache that is filled to a half see nothing at all."""
    q, k, v = half(rng, 2, 4, 64), half(rng, 1300, 2, 64), half(rng, 1300, 2, 64)
    visible = np.arange(1300)[None, :] <= np.arange(2)[:, None] + start
    first = [np.moveaxis(x, 1, 0) for x in (q, k.repeat(2, 1), v.repeat(2, 1))]
    got = flexc.kernel(KERNELS, "shared", {"q": q, "k": k, "v": v, "start": start}, 1, [f"--device=emulated:{chip}"])
    near(np.moveaxis(got, 1, 0), attention(*first, visible))


@pytest.mark.parametrize("keys", [1111, 70, 0])
@pytest.mark.parametrize("chip", ["sm_80", "sm_90a", "gfx1100"])
def test_open_number_of_keys(flexc, rng, chip, keys):
    """Down to parts without a key, and none with one; maps behind."""
    assert launches(flexc, "open", chip) == 2
    q, k, v, b = half(rng, 3, 2, 64), half(rng, 3, keys, 64), half(rng, 3, keys, 40), half(rng, 40)
    wanted = (attention(q, k, v) if keys else np.zeros((3, 2, 40))) * 2 + b
    near(flexc.kernel(KERNELS, "open", {"q": q, "k": k, "v": v, "b": b}, 1, [f"--device=emulated:{chip}", "--dynamic"]), wanted, 10)


@pytest.mark.parametrize("seen", [range(900, 905), []], ids=["few", "none"])
def test_masks(flexc, rng, seen):
    """What only one part sees; nothing at all is NaN."""
    q, k, v, mask = half(rng, 1, 64), half(rng, 1300, 64), half(rng, 1300, 64), np.zeros((1, 1300), bool)
    mask[0, list(seen)] = True
    wanted = attention(q, k, v, mask)
    near(flexc.kernel(KERNELS, "far", {"q": q, "k": k, "v": v, "mask": mask}, 1, ["--device=emulated:sm_80"]), wanted)


def test_large_scores(flexc, rng):
    """Parts whose maxima are far apart, beyond what exp can take."""
    q, k, v = half(rng, 1, 1, 64), half(rng, 1, 1300, 64), half(rng, 1, 1300, 64)
    q *= 30
    k[0, 1200:] *= 10
    near(flexc.kernel(KERNELS, "plain", {"q": q, "k": k, "v": v}, 1, ["--device=emulated:sm_80"]), attention(q, k, v), 9)


@pytest.mark.parametrize("chip", ["sm_80", "gfx942"])
def test_bf16(flexc, rng, chip):
    q, k, v = ((rng.standard_normal(shape).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16) for shape in ((1, 2, 32), (1, 1300, 32), (1, 1300, 32)))
    wide = [(x.astype(np.uint32) << 16).view(np.float32) for x in (q, k, v)]
    got = flexc.kernel(KERNELS, "plain", {"q": q.view("V2"), "k": k.view("V2"), "v": v.view("V2")}, 1, [f"--device=emulated:{chip}"])
    near((got.view(np.uint16).astype(np.uint32) << 16).view(np.float32), attention(*wide), 8)


@pytest.mark.parametrize("chip,dtype", [("sm_80", np.float32), ("opencl+fp16+fp64", np.float16), ("opencl+fp16+fp64", np.float32)])
def test_without_a_unit(flexc, rng, chip, dtype):
    """f32, and chips without matrix units: launches apart, of the same numbers."""
    q, k, v = (half(rng, *shape).astype(dtype) for shape in ((2, 4, 33), (1111, 2, 33), (1111, 2, 40)))
    visible = np.arange(1111)[None, :] <= np.arange(2)[:, None] + 700
    first = [np.moveaxis(x, 1, 0) for x in (q, k.repeat(2, 1), v.repeat(2, 1))]
    got = flexc.kernel(KERNELS, "shared", {"q": q, "k": k, "v": v, "start": 700}, 1, [f"--device=emulated:{chip}"])
    near(np.moveaxis(got, 1, 0), attention(*first, visible), 10)


@pytest.mark.parametrize("why,words,count", [
    ("heads for all compute units", ["-DH=128", "-DS=32", "-DT=4096"], 1),
    ("few keys", ["-DH=2", "-DS=32", "-DT=400"], 1),
    ("many queries", ["-DH=2", "-DS=512", "-DT=4096"], 1),
    ("open queries", ["-DH=2"], 1),
    ("few queries of many heads", ["-DH=128", "-DS=8", "-DT=512"], 3),
])
def test_what_is_not_cut(flexc, why, words, count):
    assert launches(flexc, "plain", "sm_80", "-Dfloat=f16", "-DD=64", "-DE=64", *words) == count, why


def test_parts_asked_for(flexc, rng):
    """`parts` of a schedule block: so many, or none; and what explain prints is what was chosen."""
    q, k, v = half(rng, 2, 3, 64), half(rng, 2, 1111, 64), half(rng, 2, 1111, 64)
    for parts, count in (("parts 5", 2), ("parts 1", 1)):
        text = KERNELS + f"\nschedule causal for nvptx {{ strategy attention  {parts} }}\n"
        flexc.write("k.flex", text)
        words = ["-DH=2", "-DS=3", "-DT=1111", "-DD=64", "-DE=64"]
        groups = flexc.run("check", "k.flex:causal", "-e", "groups", "-t", "nvptx:sm_80", *words).stdout
        assert groups.count("flex.group ") == count and ("part < 5" in groups) == (count == 2), groups
        wanted = attention(q, k, v, np.arange(1111)[None, :] <= np.arange(3)[:, None] + 1108)
        near(flexc.kernel(text, "causal", {"q": q, "k": k, "v": v}, 1, ["--device=emulated:sm_80"]), wanted)
    flexc.write("k.flex", KERNELS)
    assert "parts 4" in flexc.run("explain", "k.flex:causal", "--target=nvptx:sm_80", *words).stdout
