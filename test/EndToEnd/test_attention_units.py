"""Fused attention on matrix units, executed on emulated chips, against NumPy: sizes that fit no tile, masks, shared heads, both types of 16 bits; and
its loops with faults put into them.
"""

import re

import gpu_compile
import numpy as np
import pytest
from attention_math import attention, half, near

CHIPS = ["sm_80", "sm_90a", "sm_120", "gfx90a", "gfx942", "gfx950", "gfx1100", "gfx1201"]
KERNELS = """
import nn
kernel plain(q: f16[H, S, D], k: f16[H, T, D], v: f16[H, T, E]) -> f16[H, S, E] { return nn.attention(q, k, v) }
kernel brain(q: bf16[H, S, D], k: bf16[H, T, D], v: bf16[H, T, E]) -> bf16[H, S, E] { return nn.attention(q, k, v) }
kernel causal(q: f16[H, S, D], k: f16[H, T, D], v: f16[H, T, E]) -> f16[H, S, E] { return nn.attention_causal(q, k, v) }
kernel masked(q: f16[H, S, D], k: f16[H, T, D], v: f16[H, T, E], mask: bool[S, T]) -> f16[H, S, E] { return nn.attention_masked(q, k, v, mask) }
kernel shared(q: f16[S, H, D], k: f16[T, G, D], v: f16[T, G, E], start: i64) -> f16[S, H, E] where H % G == 0, G >= 1, H >= 1 {
  return nn.attention_gqa(q, k, v, start)
}
kernel behind(q: f16[S, 64], k: f16[T, 64], v: f16[T, 40], b: f16[40]) -> f32[S, 40] {
  let y = nn.attention(q, k, v)
  return [i, e] f32(y[i, e]) * 2 + f32(b[e])
}
"""


@pytest.fixture(params=["sm_80", "sm_90a", "gfx942", "gfx950", "gfx1100", "gfx1201"])
def device(request, flexc):
    return lambda name, inputs, *more: flexc.kernel(KERNELS, name, inputs, 1, [f"--device=emulated:{request.param}", *more])


# Whole blocks; odd in every direction; several blocks of keys, the last one partial.
@pytest.mark.parametrize("sizes", [(2, 128, 128, 64, 64), (1, 37, 71, 33, 43), (2, 20, 200, 64, 32)], ids=lambda s: "x".join(map(str, s)))
@pytest.mark.parametrize("chip", CHIPS)
def test_sizes(flexc, rng, chip, sizes):
    h, s, t, d, e = sizes
    q, k, v = half(rng, h, s, d), half(rng, h, t, d), half(rng, h, t, e)
    near(flexc.kernel(KERNELS, "plain", {"q": q, "k": k, "v": v}, 1, [f"--device=emulated:{chip}"]), attention(q, k, v))


# Rows of queries, keys and values that are panels of 128 bytes, or shorter than one; blocks in stages that are used again; a second group of waves.
@pytest.mark.parametrize("sizes", [(1, 70, 300, 128, 128), (2, 130, 520, 32, 128), (1, 64, 385, 100, 32), (1, 130, 200, 256, 200)], ids=lambda s: "x".join(map(str, s)))
@pytest.mark.parametrize("kernel", ["plain", "causal"])
def test_panels_in_group_memory(flexc, rng, sizes, kernel):
    h, s, t, d, e = sizes
    q, k, v = half(rng, h, s, d), half(rng, h, t, d), half(rng, h, t, e)
    visible = np.arange(t)[None, :] <= np.arange(s)[:, None] + t - s if kernel == "causal" else None
    near(flexc.kernel(KERNELS, kernel, {"q": q, "k": k, "v": v}, 1, ["--device=emulated:sm_90a"]), attention(q, k, v, visible))


# All blocks seen by some query, the last one by none (NaN among its values is still NaN), and queries that see no key at all.
@pytest.mark.parametrize("queries,keys", [(40, 150), (150, 140)])
def test_causal(device, rng, queries, keys):
    q, k, v = half(rng, 2, queries, 32), half(rng, 2, keys, 32), half(rng, 2, keys, 64)
    v[1, -1, 5] = np.nan
    visible = np.arange(keys)[None, :] <= np.arange(queries)[:, None] + keys - queries
    wanted = attention(q, k, v, visible)
    assert np.isnan(wanted[1, :, 5]).all() and np.isnan(wanted[0]).any() == (queries > keys)
    near(device("causal", {"q": q, "k": k, "v": v}), wanted)


def test_masks(device, rng):
    """A row whose first block of keys is masked, and one that sees nothing: NaN."""
    q, k, v, mask = half(rng, 2, 35, 64), half(rng, 2, 130, 64), half(rng, 2, 130, 64), rng.random((35, 130)) < 0.5
    mask[3, :100] = False
    mask[7] = False
    mask[8:, 0] = True
    wanted = attention(q, k, v, mask)
    assert np.isnan(wanted[:, 7]).all()
    near(device("masked", {"q": q, "k": k, "v": v, "mask": mask}), wanted)


def test_shared_heads(device, rng):
    q, k, v = half(rng, 33, 4, 64), half(rng, 90, 2, 64), half(rng, 90, 2, 64)
    visible = np.arange(90)[None, :] <= np.arange(33)[:, None] + 50
    first = [np.moveaxis(x, 1, 0) for x in (q, k.repeat(2, 1), v.repeat(2, 1))]
    got = device("shared", {"q": q, "k": k, "v": v, "start": 50})
    near(np.moveaxis(got, 1, 0), attention(*first, visible))


@pytest.mark.parametrize("keys", [70, 0])
def test_open_sizes_and_maps_behind(device, rng, keys):
    q, k, v, b = half(rng, 21, 64), half(rng, keys, 64), half(rng, keys, 40), half(rng, 40)
    wanted = (attention(q, k, v) if keys else np.zeros((21, 40))) * 2 + b
    near(device("behind", {"q": q, "k": k, "v": v, "b": b}, "--dynamic"), wanted, 10)


def test_bf16(device, rng):
    q, k, v = ((rng.standard_normal(shape).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16) for shape in ((1, 20, 32), (1, 70, 32), (1, 70, 32)))
    wide = [(x.astype(np.uint32) << 16).view(np.float32) for x in (q, k, v)]
    got = device("brain", {"q": q.view("V2"), "k": k.view("V2"), "v": v.view("V2")})
    near((got.view(np.uint16).astype(np.uint32) << 16).view(np.float32), attention(*wide), 8)


def test_what_is_not_finite(device, rng):
    """NaN in a query, infinity among the values: in the rows and columns that see them, nowhere else."""
    q, k, v = half(rng, 1, 20, 32), half(rng, 1, 70, 32), half(rng, 1, 70, 32)
    q[0, 5, 3], v[0, 66, 9] = np.nan, np.inf
    got = device("plain", {"q": q, "k": k, "v": v})[0]
    assert np.isnan(got[5]).all() and (np.delete(got[:, 9], 5) == np.inf).all()
    rest = [row for row in range(20) if row != 5]
    columns = [column for column in range(32) if column != 9]
    near(got[np.ix_(rest, columns)], attention(q, k, np.where(np.isinf(v), 0, v))[0][np.ix_(rest, columns)])


@pytest.mark.parametrize("chip,op,depth", [("sm_80", "contract mma", 64), ("sm_90a", "multiply wgmma", 32), ("sm_90a", "multiply_held wgmma", 64),
                                           ("sm_90a", "multiply_held wgmma", 128), ("sm_90a", "multiply_held wgmma", 256), ("gfx942", "contract mfma", 64), ("gfx1100", "contract wmma", 64)])
@pytest.mark.parametrize("name,sizes", [("plain", ["-DS=512", "-DT=512", "-DH=4"]), ("plain", ["-DS=4096", "-DT=4096", "-DH=32"]), ("causal", []),
                                        ("masked", ["-DS=512", "-DT=512", "-DH=4"])], ids=["static", "large", "open", "masked"])
def test_one_launch_without_spills(flexc, chip, op, depth, name, sizes):
    """What the assembler makes of it, where it is installed."""
    flexc.write("k.flex", KERNELS)
    op, unit = op.split()
    isNvidia = chip.startswith("sm_")
    target = f"{'nvptx' if isNvidia else 'amdgpu'}:{chip}"
    known = [f"-DD={depth}", f"-DE={depth}", *sizes]
    loops = flexc.run("check", f"k.flex:{name}", "-e", "loops", "-t", target, *known).stdout
    assert loops.count("tile.kernel") == 1 and f'tile.{op} "{unit}.' in loops, loops[:2000]
    flexc.run("build", f"k.flex:{name}", "--target", target, "-o", "k.fxk", *known)
    for kind, place, payload in gpu_compile.programs(flexc.folder / "k.fxk"):
        path = flexc.folder / ("k.ptx" if isNvidia else "k.hsaco")
        path.write_bytes(payload)
        found = list((gpu_compile.check_ptx if isNvidia else gpu_compile.check_hsaco)(chip, path))
        assert not [what for fault, what in found if fault in ("fault", "memory")], found


@pytest.mark.parametrize("heads,rows", [(4, 64), (64, 128)])
def test_tiles_for_all_compute_units(flexc, heads, rows):
    flexc.write("k.flex", KERNELS)
    groups = flexc.run("check", "k.flex:plain", "-e", "groups", "-t", "nvptx:sm_80", f"-DH={heads}", "-DS=512", "-DT=512", "-DD=64", "-DE=64").stdout
    assert f'"tile-m" = {rows} : i64' in groups, groups


APART = {  # what stays as many launches, and why
    "keys in columns": ("kernel k(q: f16[H, S, 64], k: f16[H, 64, T], v: f16[H, T, 64]) -> f16[H, S, 64] {\n"
                        "  let a[h, s, t] = sum(d) q[h, s, d] * k[h, d, t]\n  return nn.softmax(a) @ v\n}", "HST"),
    "strict": ("@numerics(strict) kernel k(q: f16[S, 64], k: f16[T, 64], v: f16[T, 64]) -> f16[S, 64] { return nn.attention(q, k, v) }", "ST"),
    "no unit": ("kernel k(q: f32[S, 64], k: f32[T, 64], v: f32[T, 64]) -> f32[S, 64] { return nn.attention(q, k, v) }", "ST"),
    "wide": ("kernel k(q: f16[S, 256], k: f16[T, 256], v: f16[T, 256]) -> f16[S, 256] { return nn.attention(q, k, v) }", "ST"),
    "open width": ("kernel k(q: f16[S, 64], k: f16[T, 64], v: f16[T, E]) -> f16[S, E] { return nn.attention(q, k, v) }", "ST"),
    "few queries": ("kernel k(q: f16[H, 8, 64], k: f16[H, T, 64], v: f16[H, T, 64]) -> f16[H, 8, 64] { return nn.attention(q, k, v) }", "HT"),
}


@pytest.mark.parametrize("why", APART)
def test_what_stays_apart(flexc, why):
    text, names = APART[why]
    flexc.write("k.flex", "import nn\n" + text)
    groups = flexc.run("check", "k.flex", "-e", "groups", "-t", "nvptx:sm_80", *(f"-D{name}=512" for name in names)).stdout
    assert groups.count("flex.group ") >= 3 and 'strategy = "attention"' not in groups, groups


SEEDS = range(6)


# On sm_90a the last block's values lie where the second half of the results goes; of the masked one, the first queries do not see three blocks.
@pytest.mark.parametrize("chip,name,queries,keys,width,stages", [("sm_80", "plain", 64, 320, 32, 2), ("gfx942", "plain", 64, 320, 32, 1), ("sm_90a", "plain", 128, 512, 64, 3),
                                                                 ("sm_90a", "plain", 128, 384, 64, 2), ("sm_90a", "causal", 512, 512, 64, 3)])
def test_every_fault_shows(flexc, rng, chip, name, queries, keys, width, stages):
    """A wait or commit is taken out, or waits for one group too few: the emulator reports it, or the numbers are wrong."""
    q, k, v = half(rng, 1, queries, 32), half(rng, 1, keys, 32), half(rng, 1, keys, width)
    wanted = attention(q, k, v, np.arange(keys)[None, :] <= np.arange(queries)[:, None] + keys - queries if name == "causal" else None)
    for tensor, value in {"q": q, "k": k, "v": v}.items():
        np.save(flexc.folder / f"{tensor}.npy", value)
    place = flexc.write("k.flex", f"{KERNELS}\nschedule {name} for nvptx {{ strategy attention  tile_m 128  stages {stages} }}" if chip == "sm_90a" else KERNELS)
    flexc.run("build", f"{place}:{name}", "-DH=1", f"-DS={queries}", f"-DT={keys}", "-DD=32", f"-DE={width}", f"--target=emulated:{chip}", "--emit=loops", "-o", "k.loops.mlir")
    text = (flexc.folder / "k.loops.mlir").read_text()

    def outcome(changed, seed):
        path, out = flexc.write("fault.loops.mlir", changed), flexc.folder / "out.npy"
        out.unlink(missing_ok=True)
        flexc.env.update(FLEX_EMULATOR_SEED=str(seed), FLEX_EMULATOR_TIMEOUT="20")
        done = flexc.run("run", path, *(f"{tensor}=@{tensor}.npy" for tensor in "qkv"), f"--device=emulated:{chip}", "-o", out, check=False)
        if done.returncode:
            return done.stderr
        return "" if np.allclose(np.load(out).astype(np.float64), wanted, atol=2e-3, rtol=1e-3) else "wrong numbers"

    assert [outcome(text, seed) for seed in SEEDS[:3]] == [""] * 3
    missed, faults = [], 0
    last = text.rindex("tile.wait pending")  # of copies: there are none any more
    for match in re.finditer(r"^ *(tile\.(?:wait|commit|settle)[^\n]*)\n", text, re.MULTILINE):
        before, after = text[: match.start()], text[match.end() :]
        changes = [("taken out", before + after)]
        found = re.search(r"pending (\d)", match[1])
        if found and chip.startswith("sm_") and match.start(1) != last:
            changes.append(("one more pending", before + match[0].replace(found[0], f"pending {int(found[1]) + 1}") + after))
        if match[1].endswith(" units"):
            changes.append(("not for units", before + match[0].replace(" units", "") + after))
        if found := re.search(r"settle (\d)", match[1]):
            changes.append(("one more batch", before + match[0].replace(found[0], f"settle {int(found[1]) + 1}") + after))
        for what, changed in changes:
            faults += 1
            if not any(outcome(changed, seed) for seed in SEEDS):
                missed.append(f"line {before.count(chr(10)) + 1}: {match[1]} {what}")
    assert faults >= 4 and not missed, missed


# What the lowering to wgmma adds, in the artefact of stage `module`.
WGMMA = r"wgmma\.(?:fence|commit|wait)|fence\.proxy|cp\.async\.(?:commit|wait)|nvvm\.barrier0"


def test_every_fault_around_wgmma_shows(flexc, rng):
    q, k, v = half(rng, 1, 128, 32), half(rng, 1, 512, 32), half(rng, 1, 512, 64)
    wanted = attention(q, k, v)
    for tensor, value in {"q": q, "k": k, "v": v}.items():
        np.save(flexc.folder / f"{tensor}.npy", value)
    place = flexc.write("k.flex", f"{KERNELS}\nschedule plain for nvptx {{ strategy attention  tile_m 128 }}")
    flexc.run("build", f"{place}:plain", "-DH=1", "-DS=128", "-DT=512", "-DD=32", "-DE=64", "--target=emulated:sm_90a", "--emit=module", "-o", "k.module.mlir")
    lines = (flexc.folder / "k.module.mlir").read_text().splitlines(keepends=True)

    def outcome(changed, seed):
        path, out = flexc.write("fault.module.mlir", "".join(changed)), flexc.folder / "out.npy"
        out.unlink(missing_ok=True)
        flexc.env.update(FLEX_EMULATOR_SEED=str(seed), FLEX_EMULATOR_TIMEOUT="20")
        done = flexc.run("run", path, *(f"{tensor}=@{tensor}.npy" for tensor in "qkv"), "--device=emulated:sm_90a", "-o", out, check=False)
        if done.returncode:
            return done.stderr
        return "" if np.allclose(np.load(out).astype(np.float64), wanted, atol=2e-3, rtol=1e-3) else "wrong numbers"

    assert [outcome(lines, seed) for seed in SEEDS[:3]] == [""] * 3
    found = {}
    for at, line in enumerate(lines):
        if re.search(WGMMA, line):
            found[f"line {at + 1}: {line.strip()}"] = next(filter(None, (outcome(lines[:at] + lines[at + 1 :], seed) for seed in SEEDS)), "")
    missed = [what for what, report in found.items() if not report]
    assert len(found) >= 12 and missed == [what for what in found if "cp.async.wait" in what][-1:], missed  # behind the loop: there are no copies any more
    for report in ("takes registers that no wgmma.fence", "without a fence.proxy.async", "the sums of a wgmma are used", "that its thread has not waited for"):
        assert any(report in text for text in found.values()), (report, found)
