"""Contractions on matrix units, executed on emulated chips, against NumPy: shapes that fit no tile, operands that lie across, maps before and
behind, every operand type.

What a chip has no unit for runs on its plain path: the answers are the same.
"""

import re

import gpu_compile
import numpy as np
import pytest

CHIPS = ["sm_80", "sm_90a", "sm_100a", "gfx942", "gfx950", "gfx1100", "intel-pvc"]
KERNELS = """
kernel nn(x: f16[M, K], w: f16[K, N]) -> f16[M, N] { return [i, j] sum(k) x[i, k] * w[k, j] }
kernel nt(x: f16[M, K], w: f16[N, K]) -> f16[M, N] { return [i, j] sum(k) x[i, k] * w[j, k] }
kernel tn(x: f16[K, M], w: f16[K, N]) -> f16[M, N] { return [i, j] sum(k) x[k, i] * w[k, j] }
kernel tt(x: f16[K, M], w: f16[N, K]) -> f16[M, N] { return [i, j] sum(k) x[k, i] * w[j, k] }
kernel wide(x: f16[M, K], w: f16[K, N]) -> f32[M, N] { return [i, j] sum(k) f32(x[i, k]) * f32(w[k, j]) }
kernel brain(x: bf16[M, K], w: bf16[K, N]) -> f32[M, N] { return [i, j] sum(k) f32(x[i, k]) * f32(w[k, j]) }
kernel bias(x: f16[M, K], w: f16[K, N], b: f16[N], r: f16[M, N]) -> f16[M, N] {
  let y[i, j] = sum(k) x[i, k] * w[k, j]
  return [i, j] max(y[i, j] + b[j], 0) + r[i, j]
}
kernel cast(x: f32[M, K], w: f16[K, N]) -> f16[M, N] { return [i, j] sum(k) f16(x[i, k]) * w[k, j] }
kernel batched(x: f16[B, M, K], w: f16[B, K, N]) -> f16[B, M, N] { return [b, i, j] sum(k) x[b, i, k] * w[b, k, j] }
@numerics(fast) kernel fast(x: f32[M, K], w: f32[K, N]) -> f32[M, N] { return [i, j] sum(k) x[i, k] * w[k, j] }
@numerics(fast) kernel fast_nt(x: f32[M, K], w: f32[N, K]) -> f32[M, N] { return [i, j] sum(k) x[i, k] * w[j, k] }
@numerics(fast) kernel fast_tt(x: f32[K, M], w: f32[N, K]) -> f32[M, N] { return [i, j] sum(k) x[k, i] * w[j, k] }
kernel eight(x: f8e4m3fn[M, K], w: f8e4m3fn[N, K]) -> f32[M, N] { return [i, j] sum(k) f32(x[i, k]) * f32(w[j, k]) }
kernel bytes(x: i8[M, K], w: i8[N, K]) -> i32[M, N] { return [i, j] sum(k) i32(x[i, k]) * i32(w[j, k]) }
kernel unsigned(x: u8[M, K], w: u8[K, N]) -> i32[M, N] { return [i, j] sum(k) i32(x[i, k]) * i32(w[k, j]) }
kernel bytes_across(x: i8[K, M], w: i8[K, N]) -> i32[M, N] { return [i, j] sum(k) i32(x[k, i]) * i32(w[k, j]) }
"""
# Whole tiles; odd sizes in every direction; one of everything; several stages of the reduction, the last one partial.
SHAPES = [(64, 64, 64), (37, 29, 53), (130, 136, 40)]


@pytest.fixture(params=CHIPS)
def device(request, flexc):
    options = [f"--device=emulated:{request.param}"]
    return lambda name, inputs, more=(): flexc.kernel(KERNELS, name, inputs, 1, [*options, *more])


def half(rng, *shape):
    return rng.standard_normal(shape).astype(np.float16)


def near(got, x, w, expected):
    """Sums in f32, rounded once to the result's type."""
    size = np.abs(x.astype(np.float64)) @ np.abs(w.astype(np.float64))
    np.testing.assert_array_less(np.abs(got.astype(np.float64) - expected), 2e-3 + size * 2**-20 + np.abs(expected) * 2**-10)


@pytest.mark.parametrize("more", [[], ["--dynamic"]], ids=["static", "dynamic"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "x".join(map(str, s)))
def test_shapes(device, rng, shape, more):
    m, n, k = shape
    x, w = half(rng, m, k), half(rng, k, n)
    near(device("nn", {"x": x, "w": w}, more), x, w, x.astype(np.float64) @ w)


@pytest.mark.parametrize("name", ["nt", "tn", "tt"])
def test_transposed_operands(device, rng, name):
    x, w = half(rng, 45, 72), half(rng, 72, 40)
    given = {"x": x.T.copy() if name[0] == "t" else x, "w": w.T.copy() if name[1] == "t" else w}
    near(device(name, given, ["--dynamic"]), x, w, x.astype(np.float64) @ w)


@pytest.mark.parametrize("columns,more", [(48, ["--dynamic"]), (43, [])])
def test_maps_behind(device, rng, columns, more):
    x, w, b, r = half(rng, 66, 40), half(rng, 40, columns), half(rng, columns), half(rng, 66, columns)
    expected = np.maximum(x.astype(np.float64) @ w + b, 0) + r
    near(device("bias", {"x": x, "w": w, "b": b, "r": r}, more), x, w, expected)


def test_map_before(device, rng):
    x, w = rng.standard_normal((35, 48)).astype(np.float32), half(rng, 48, 40)
    near(device("cast", {"x": x, "w": w}), x, w, x.astype(np.float16).astype(np.float64) @ w)


def test_wide_results(device, rng):
    x, w = half(rng, 33, 64), half(rng, 64, 40)
    near(device("wide", {"x": x, "w": w}), x, w, x.astype(np.float64) @ w)


def test_bf16(device, rng):
    x, w = ((rng.standard_normal(s).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16) for s in ((34, 40), (40, 56)))
    wide_x, wide_w = ((v.astype(np.uint32) << 16).view(np.float32) for v in (x, w))
    got = device("brain", {"x": x.view("V2"), "w": w.view("V2")})
    near(got, wide_x, wide_w, wide_x.astype(np.float64) @ wide_w)


def test_batches(device, rng):
    x, w = half(rng, 3, 20, 33), half(rng, 3, 33, 24)
    near(device("batched", {"x": x, "w": w}), x, w, x.astype(np.float64) @ w)


def test_integers_are_exact(device, rng):
    x, w = rng.integers(-128, 128, (35, 80)).astype(np.int8), rng.integers(-128, 128, (41, 80)).astype(np.int8)
    np.testing.assert_array_equal(device("bytes", {"x": x, "w": w}), x.astype(np.int32) @ w.astype(np.int32).T)


@pytest.mark.parametrize("chip", ["sm_80", "intel-pvc", "intel-dg2"])
def test_unsigned_bytes(flexc, rng, chip):
    x, w = rng.integers(0, 256, (40, 88)).astype(np.uint8), rng.integers(0, 256, (88, 36)).astype(np.uint8)
    got = flexc.kernel(KERNELS, "unsigned", {"x": x, "w": w}, 1, [f"--device=emulated:{chip}"])
    np.testing.assert_array_equal(got, x.astype(np.int32) @ w.astype(np.int32))


@pytest.mark.parametrize("shape", [(64, 128, 96), (35, 41, 80), (48, 80, 64)], ids=lambda s: "x".join(map(str, s)))
def test_bytes_that_run_across(device, rng, shape):
    m, n, k = shape
    x, w = rng.integers(-128, 128, (k, m)).astype(np.int8), rng.integers(-128, 128, (k, n)).astype(np.int8)
    np.testing.assert_array_equal(device("bytes_across", {"x": x, "w": w}, ["--dynamic"]), x.astype(np.int32).T @ w.astype(np.int32))


@pytest.mark.parametrize("chip,name", [("sm_80", "fast"), ("sm_90a", "fast"), ("sm_90a", "fast_nt"), ("sm_100a", "fast"), ("sm_100a", "fast_nt"), ("gfx942", "fast"), ("intel-pvc", "fast"), ("intel-pvc", "fast_nt"), ("intel-pvc", "fast_tt")])
def test_f32_on_units_of_tf32(flexc, rng, chip, name):
    """Factors of 11 bits, if the kernel says that this will do."""
    x, w = (rng.standard_normal(s).astype(np.float32) for s in ((40, 50), (50, 36)))
    given = {"x": x.T.copy() if name == "fast_tt" else x, "w": w if name == "fast" else w.T.copy()}
    got = flexc.kernel(KERNELS, name, given, 1, [f"--device=emulated:{chip}"])
    size = np.abs(x.astype(np.float64)) @ np.abs(w)
    np.testing.assert_array_less(np.abs(got - x.astype(np.float64) @ w), size * 2**-8)


@pytest.mark.parametrize("chip", ["sm_89", "sm_80", "sm_90a", "sm_100a", "gfx942", "gfx950", "gfx1201"])
def test_f8(flexc, rng, chip):
    """Small multiples of 1/8 are exact, and so are their sums."""
    x, w = rng.integers(1, 8, (35, 80)), rng.integers(1, 8, (41, 80))
    codes = np.array([0, 0x20, 0x28, 0x2C, 0x30, 0x32, 0x34, 0x36], dtype=np.uint8)  # 0, 1/8, ... 7/8
    got = flexc.kernel(KERNELS, "eight", {"x": codes[x].view("V1"), "w": codes[w].view("V1")}, 1, [f"--device=emulated:{chip}"])
    np.testing.assert_array_equal(got, (x @ w.T) / 64)


@pytest.mark.parametrize("chip", ["sm_86", "sm_100", "sm_120", "gfx90a", "gfx950", "gfx1201", "intel-dg2", "intel-bmg"])
def test_units_of_other_chips(flexc, rng, chip):
    def run(name, inputs, *more):
        return flexc.kernel(KERNELS, name, inputs, 1, [f"--device=emulated:{chip}", *more])

    x, w = half(rng, 35, 40), half(rng, 40, 72)
    near(run("nn", {"x": x, "w": w}), x, w, x.astype(np.float64) @ w)
    x, w, b, r = half(rng, 66, 53), half(rng, 53, 43), half(rng, 43), half(rng, 66, 43)
    near(run("bias", {"x": x, "w": w, "b": b, "r": r}, "--dynamic"), x, w, np.maximum(x.astype(np.float64) @ w + b, 0) + r)
    x, w = half(rng, 64, 96), half(rng, 96, 64)
    near(run("tt", {"x": x.T.copy(), "w": w.T.copy()}), x, w, x.astype(np.float64) @ w)
    x, w = rng.integers(-128, 128, (80, 48)).astype(np.int8), rng.integers(-128, 128, (80, 32)).astype(np.int8)
    np.testing.assert_array_equal(run("bytes_across", {"x": x, "w": w}), x.astype(np.int32).T @ w.astype(np.int32))


DPAS = {
    "nn": "k16.f16", "tt": "k16.f16", "bias": "k16.f16", "cast": "k16.f16", "batched": "k16.f16", "brain": "k16.bf16", "bytes": "k32.i8",
    "bytes_across": "k32.i8", "unsigned": "k32.u8", "fast": "k8.tf32", "fast_nt": "k8.tf32", "fast_tt": "k8.tf32",
}


@pytest.mark.parametrize("chip,columns", [("intel-pvc", 16), ("intel-bmg", 16), ("intel-dg2", 8)])
@pytest.mark.parametrize("name", DPAS)
def test_units_of_intel(flexc, chip, columns, name):
    """The function of each type, in a module that the validator takes, and Intel's compiler where it is installed."""
    if columns == 8 and name.startswith("fast"):
        pytest.skip("the chip has no units of tf32")
    flexc.write("k.flex", KERNELS)
    flexc.run("build", f"k.flex:{name}", "--target", f"spirv:{chip}", "-o", "k.fxk")
    loops = flexc.run("check", f"k.flex:{name}", "-e", "loops", "-t", f"spirv:{chip}").stdout
    assert f'tile.contract "dpas.m8n{columns}{DPAS[name]}"' in loops, loops
    text = flexc.run("check", f"k.flex:{name}", "-e", "asm", "-t", f"spirv:{chip}").stdout
    kind, depth = DPAS[name].split(".")[::-1]
    assert re.search(rf'OpDecorate %\d+ LinkageAttributes "_Z\d+intel_sub_group_{kind}_{kind}_matrix_mad_{depth}Dv\w+" Import', text), text
    assert re.search(rf"OpExecutionMode %\d+ SubgroupSize {columns}\n", text), text
    shown = flexc.run("card", f"k.flex:{name}", "--target", f"spirv:{chip}", "-DM=256", "-DN=256", "-DK=256", *["-DB=2"] * (name == "batched")).stdout
    assert re.search(r"main loop .* \d+ matrix,", shown), shown
    for _, _, payload in gpu_compile.programs(flexc.folder / "k.fxk"):
        (flexc.folder / "k.spv").write_bytes(payload)
        found = list(gpu_compile.check_spirv(chip, flexc.folder / "k.spv"))
        assert not [what for fault, what in found if fault == "fault"], found


# Tiles that the cost model does not choose at these sizes: several instructions side by side, the widest one, two units of four warps, rows of 32 and of 128 bytes.
SCHEDULES = {
    "rows": "tile_m 128 tile_n 128 tile_k 32 stages 3",
    "deep": "tile_m 64 tile_n 64 tile_k 64 stages 2",
    "flat": "tile_m 64 tile_n 128 tile_k 16 stages 4",
    "narrow": "tile_m 128 tile_n 32 tile_k 32 stages 3",
    "two": "tile_m 128 tile_n 64 tile_k 32 stages 3 waves_m 2 waves_n 1",
    "beside": "tile_m 64 tile_n 128 tile_k 32 stages 2 waves_m 1 waves_n 2",
    "large": "tile_m 128 tile_n 128 tile_k 64 stages 3",  # 96 KiB of group memory
}


@pytest.mark.parametrize("name", ["nn", "tn", "nt"])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_instructions_of_four_warps(flexc, rng, name, schedule):
    """wgmma: both operands in group memory, in every orientation, more rows and columns than a tile has."""
    m, n, k = 136, 152, 120
    x, w = half(rng, m, k), half(rng, k, n)
    given = {"x": x.T.copy() if name[0] == "t" else x, "w": w.T.copy() if name[1] == "t" else w}
    source = KERNELS + f"schedule {name} for nvptx {{ {SCHEDULES[schedule]} }}\n"
    near(flexc.kernel(source, name, given, 1, ["--device=emulated:sm_90a"]), x, w, x.astype(np.float64) @ w)
    loops = flexc.run("check", f"k.flex:{name}", "-e", "loops", "-t", "nvptx:sm_90a", f"-DM={m}", f"-DN={n}", f"-DK={k}").stdout
    assert "tile.multiply \"wgmma." in loops, loops


INSTRUCTIONS = {
    "nn": "k16.f32.f16.f16", "tt": "k16.f32.f16.f16", "bias": "k16.f32.f16.f16", "brain": "k16.f32.bf16.bf16", "fast_nt": "k8.f32.tf32.tf32",
    "eight": "k32.f32.e4m3.e4m3", "bytes": "k32.s32.s8.s8",
}


TENSOR_SCHEDULES = {
    "wide": "tile_m 128 tile_n 128 tile_k 32 stages 2",
    "widest": "tile_m 128 tile_n 256 tile_k 16 stages 3",
    "below": "tile_m 256 tile_n 64 tile_k 32 stages 2",
    "deep": "tile_m 128 tile_n 32 tile_k 64 stages 2",
    "two": "tile_m 256 tile_n 64 tile_k 32 stages 2 waves_m 2 waves_n 1",
    "beside": "tile_m 128 tile_n 128 tile_k 32 stages 2 waves_m 1 waves_n 2",
    "large": "tile_m 128 tile_n 256 tile_k 64 stages 4",  # 193 KiB
}


@pytest.mark.parametrize("name", ["nn", "tn", "nt"])
@pytest.mark.parametrize("schedule", TENSOR_SCHEDULES)
def test_sums_in_tensor_memory(flexc, rng, name, schedule):
    """tcgen05: likewise, with one and two sums for four warps, and two units of four warps."""
    m, n, k = 264, 152, 120
    x, w = half(rng, m, k), half(rng, k, n)
    given = {"x": x.T.copy() if name[0] == "t" else x, "w": w.T.copy() if name[1] == "t" else w}
    source = KERNELS + f"schedule {name} for nvptx {{ {TENSOR_SCHEDULES[schedule]} }}\n"
    near(flexc.kernel(source, name, given, 1, ["--device=emulated:sm_100a"]), x, w, x.astype(np.float64) @ w)
    loops = flexc.run("check", f"k.flex:{name}", "-e", "loops", "-t", "nvptx:sm_100a", f"-DM={m}", f"-DN={n}", f"-DK={k}").stdout
    assert "tile.multiply \"tcgen05." in loops, loops


@pytest.mark.parametrize("more", [[], ["--dynamic"]], ids=["static", "dynamic"])
@pytest.mark.parametrize("chip", ["sm_90a", "sm_100a"])
def test_nothing_to_sum(flexc, chip, more):
    """No instruction at all: what a unit's own memory holds is not read."""
    x, w = np.zeros((130, 0), np.float16), np.zeros((0, 40), np.float16)
    got = flexc.kernel(KERNELS, "nn", {"x": x, "w": w}, 1, [f"--device=emulated:{chip}", *more])
    np.testing.assert_array_equal(got, np.zeros((130, 40)))


@pytest.mark.parametrize("sizes", [["-DM=512", "-DN=512", "-DK=512"], []], ids=["static", "open"])
@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_assembly_of_four_warps(flexc, name, sizes):
    """The instruction of each type, and that NVIDIA's assembler, where it is installed, neither serialises it nor spills."""
    flexc.write("k.flex", KERNELS)
    text = flexc.run("check", f"k.flex:{name}", "-e", "asm", "-t", "nvptx:sm_90a", *sizes).stdout
    assert re.search(rf"wgmma\.mma_async\.sync\.aligned\.m64n\d+{re.escape(INSTRUCTIONS[name])} ", text), text
    found = list(gpu_compile.check_ptx("sm_90a", flexc.write("k.ptx", text)))
    assert not [what for kind, what in found if kind in ("fault", "memory")], found


@pytest.mark.parametrize("sizes", [["-DM=512", "-DN=512", "-DK=512"], []], ids=["static", "open"])
@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_assembly_of_tensor_memory(flexc, name, sizes):
    """The kind of each type, and that NVIDIA's assembler, where it is installed, takes it and does not spill."""
    flexc.write("k.flex", KERNELS)
    text = flexc.run("check", f"k.flex:{name}", "-e", "asm", "-t", "nvptx:sm_100a", *sizes).stdout
    kind = {"fast_nt": "tf32", "eight": "f8f6f4", "bytes": "i8"}.get(name, "f16")
    assert f"tcgen05.mma.cta_group::1.kind::{kind}." in text, text
    found = list(gpu_compile.check_ptx("sm_100a", flexc.write("k.ptx", text)))
    assert not [what for kind, what in found if kind in ("fault", "memory")], found


# Products whose tiles are boxes of tensors: transposed operands, batches before and between, rows and columns of several indices, parts of tensors,
# one step and many, and every type.
BOXES = """
kernel first(x: f16[B, M, K], w: f16[B, K, N]) -> f32[B, M, N] { return [b, i, j] sum(k) f32(x[b, i, k]) * f32(w[b, k, j]) }
kernel between(x: f16[M, B, K], w: f16[K, B, N]) -> f32[B, M, N] { return [b, i, j] sum(k) f32(x[i, b, k]) * f32(w[k, b, j]) }
kernel shared(x: f16[B, M, K], w: f16[N, K]) -> f32[B, M, N] { return [b, i, j] sum(k) f32(x[b, i, k]) * f32(w[j, k]) }
kernel heads(x: f16[M, B, K], w: f16[N, B, K]) -> f32[M, N] { return [i, j] sum(b, k) f32(x[i, b, k]) * f32(w[j, b, k]) }
kernel part(x: f16[M, K], w: f16[K, N]) -> f32[M - 2, N - 8] where M > 2, K > 8, N > 8 {
  return [i in 0..M - 3, j in 0..N - 9] sum(k in 0..K - 9) f32(x[i + 2, k + 8]) * f32(w[k + 8, j])
}
"""


def boxes_expected(name, x, w, m, n, k):
    x, w = x.astype(np.float64), w.astype(np.float64)
    if name == "between":
        return x.transpose(1, 0, 2) @ w.transpose(1, 0, 2)
    if name == "shared":
        return x @ w.T
    if name == "heads":
        return x.reshape(m, -1) @ w.reshape(n, -1).T
    if name == "part":
        return x[2:, 8:] @ w[8:, :n]
    return x @ w


@pytest.mark.parametrize("m,n,k", [(64, 64, 64), (37, 40, 56), (130, 136, 200), (5, 264, 8)])
@pytest.mark.parametrize("name", ["first", "between", "shared", "heads", "part"])
@pytest.mark.parametrize("chip", ["sm_90a", "sm_100a"])
def test_tiles_that_are_boxes(flexc, rng, chip, name, m, n, k):
    shapes = {
        "first": ((3, m, k), (3, k, n)),
        "between": ((m, 3, k), (k, 3, n)),
        "shared": ((3, m, k), (n, k)),
        "heads": ((m, 3, k), (n, 3, k)),
        "part": ((m + 2, k + 8), (k + 8, n + 8)),
    }
    x, w = (half(rng, *shape) for shape in shapes[name])
    expected = boxes_expected(name, x, w, m, n, k)
    size = boxes_expected(name, np.abs(x), np.abs(w), m, n, k)
    sizes = [f"-DM={m}", f"-DN={n}", f"-DK={k}", "-DB=3"] if name != "part" else [f"-DM={m + 2}", f"-DN={n + 8}", f"-DK={k + 8}"]
    flexc.write("k.flex", BOXES)
    shown = flexc.run("check", f"k.flex:{name}", "-e", "groups", "-t", f"nvptx:{chip}", *sizes).stdout
    assert 'copies = "tma"' in shown, shown
    for seed in (1, 2):
        flexc.env.update(FLEX_EMULATOR_SEED=str(seed))
        got = flexc.kernel(BOXES, name, {"x": x, "w": w}, 1, [f"--device=emulated:{chip}"])
        np.testing.assert_array_less(np.abs(got - expected), size * 2**-20 + 1e-6)
