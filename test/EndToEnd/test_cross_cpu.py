"""Code for AArch64 (NEON, SVE) and RISC-V (RVV), run by that processor's own libflexrt under qemu-user.

A part of the sweep's kernels, each result compared with the reference interpreter within the bound that it derives; and that a
processor refuses what it cannot run. Skipped where qemu or the cross compiler's libraries are missing.
"""

from dataclasses import replace
from itertools import groupby

import attention_cases
import cross
import data_cases
import numpy as np
import pytest
import sweep_cases
from chain import Compiler, FlexError, Runtime, Tensor
from std_rows import ROWS
from sweep import BUILD, LONG, SEED, Case, Pool
from sweep_worker import STD, Worker

# Families of the sweep: one case of each kind (what its name says before the dtype), another one on each variant; of those in ALTERNATE, every second kind.
FAMILIES = ("elementwise", "casts", "moves", "names_and_lets", "reductions", "row_chains", "contractions", "windows")
ALTERNATE = ("elementwise", "names_and_lets", "reductions", "moves", "windows")
DATA = ("gather-rows", "gather-best", "argmax-f32", "argmax-f16", "argmin-bf16", "argmax-nan", "scatter-add-f32", "scatter-max-u8", "scatter-set-i32", "scatter-pairs",
        "cumsum-f32", "cumsum-i64", "cummax-f64", "scan-viterbi", "scan-recurrent", "lifted-sort", "lifted-top", "sort-f32", "sort-f16", "sort-i64", "sort-nan", "top-k",
        "f8-f32", "f8-f16", "f8-bf16", "f8-stored", "f8-integers", "i4-33", "i4-weights", "concat", "transpose")
ATTENTION = ("plain-f32", "plain-f16", "plain-bf16", "causal-f32", "causal-f64", "masked-f32", "special-q-nan", "special_causal-k-inf", "shared-20")
STD_ROWS = ("random.philox4x32", "random.normal", "nn.layer_norm", "nn.softmax", "nn.gelu", "image.sobel_xy", "signal.dft", "linalg.cholesky")
MAIN = ("neon", "sve256", "rvv128", "rvv256")
LONGER = ("contractions/", "row_chains/")  # also on registers longer than the code was made for
SPECIAL = ("exp-f32-special", "log-f32-special", "tanh-f32-special", "erf-f32-special", "max-f32-special", "min-f64-special", "min-f32-special", "max-f16-special", "div-i32-edge",
           "shl-i32-edge", "shr-i64-edge", "mod-i64-edge", "round-f32-special", "floor-f64-special", "copysign-f16-special", "exp-f16-special", "pow-f32-special")


def kind(case):
    return case.id.rsplit("-", 1)[0]


def chosen(number):
    """The cases of one variant: of each kind others on each, so that all dtypes are run somewhere."""
    for family in (getattr(sweep_cases, name) for name in FAMILIES):
        name = family.__name__
        cases = [case for case in family() if case.id.startswith(sweep_cases.PART[name]) and not case.id.endswith(("special", "edge")) and case.layout == "dense"]
        for position, (_, group) in enumerate(groupby(sorted(cases, key=kind), key=kind)):
            group = list(group)
            if name not in ALTERNATE or position % 2 == number % 2:
                case = group[(number + position) % len(group)]
                yield replace(case, id=f"{name}/{case.id}")
    yield from (case for case in sweep_cases.elementwise() if case.id in SPECIAL and number < 3)
    yield from [case for case in data_cases.data() if case.id in DATA][number % 2 :: 2]
    yield from (case for case in attention_cases.attention() if case.id in ATTENTION)
    for row in ROWS:
        if row.function in STD_ROWS:
            yield Case(f"std/{row.function}", row.source(row.dtypes[0]), row.runs[-2:], values=row.values, undecided=row.undecided, rtol=row.rtol)


def cases():
    """One size each, now with open dimensions and now without."""
    for number, name in enumerate(cross.VARIANTS):
        found = list(chosen(number))
        if name not in MAIN:
            found = [case for case in found if case.id.startswith(LONGER)]
        for position, case in enumerate(found):
            modes = case.modes if LONG else case.modes[:1] if len(case.modes) < 2 or position % 2 else case.modes[1:]
            yield replace(case, id=f"{name}/{case.id}", device=cross.PREFIX + name, target=cross.VARIANTS[name].target, runs=case.runs if LONG else case.runs[-1:], modes=modes, threads=1 + position % 2)


CASES = {case.id: case for case in cases()}


def need(variant):
    lacks = cross.missing(cross.VARIANTS[variant].arch)
    if lacks:
        pytest.skip(lacks)


@pytest.fixture(scope="module")
def cross_pool(request):
    """Processes of this module's own: its cases can run when the other processors' runtimes are built."""
    wanted = [item.callspec.params["cross_case"] for item in request.session.items if "cross_case" in getattr(getattr(item, "callspec", None), "params", {})]
    wanted = [CASES[name] for name in wanted if not cross.missing(cross.VARIANTS[name.split("/")[0]].arch)]
    for arch in sorted({cross.VARIANTS[case.device.removeprefix(cross.PREFIX)].arch for case in wanted}):
        cross.build(arch)
    return Pool(wanted)


@pytest.mark.parametrize("cross_case", CASES)
def test_matches_reference(cross_case, request):
    need(cross_case.split("/")[0])
    case = CASES[cross_case]
    failures = request.getfixturevalue("cross_pool").failures(case)
    if failures and all(cross.RTZ in text for text in failures):
        pytest.skip(cross.RTZ)
    assert not failures, f"{len(failures)} failures with FLEX_SEED={SEED}\n{case.source}\n" + "\n".join(failures[:8])


@pytest.mark.parametrize("variant", [name for name, variant in cross.VARIANTS.items() if variant.other])
def test_refuses_what_it_cannot_run(variant):
    need(variant)
    case = Case("k", "kernel k(x: f32[N]) -> f32[N] { x + 1 }", [{"N": 33}])
    compiler, host = Compiler(BUILD / "lib" / "libflexc.so", [STD]), Runtime(BUILD / "lib" / "libflexrt.so")
    cross.build(cross.VARIANTS[variant].arch)
    runtime = cross.CrossRuntime(cross.PREFIX + variant, 1, host)
    args = Worker(BUILD).arguments(vars(case), {"N": 33})
    for target in cross.VARIANTS[variant].other:
        with pytest.raises(FlexError, match="has no program that device 'host' can run"):
            runtime.run(compiler.image(case.source, "k", target, {}, {}), "k", args)


def test_one_image_serves_all(flexc):
    need("neon")
    need("rvv128")
    place = flexc.write("k.flex", "kernel k(x: f32[N]) -> f32[N] { sqrt(x) + 1 }")
    flexc.run("build", place, *(f"--target=cpu:{chip}" for chip in ("x86-64-v3", "neoverse-n1", "riscv64")), "-o", "k.fxk")
    flexc.run("run", "k.fxk", "x=[4, 9, 16]", "--device=host", "-o", "out.npy")
    np.testing.assert_array_equal(np.load(flexc.folder / "out.npy"), [3, 4, 5])
    for variant in ("neon", "rvv128"):
        cross.build(cross.VARIANTS[variant].arch)
        runtime = cross.CrossRuntime(cross.PREFIX + variant, 1, Runtime(BUILD / "lib" / "libflexrt.so"))
        result = runtime.run((flexc.folder / "k.fxk").read_bytes(), "k", [Tensor("f32", np.array([4, 9, 16], np.float32))])[0]
        np.testing.assert_array_equal(result.tensor.array, [3, 4, 5])
        assert result.is_intact()


@pytest.mark.parametrize("target", ["cpu:aarch64", "cpu:riscv64"])
def test_this_machine_refuses_foreign_code(flexc, target):
    place = flexc.write("k.flex", "kernel k(x: f32[N]) -> f32[N] { x + 1 }")
    flexc.run("build", place, f"--target={target}", "-o", "k.fxk")
    done = flexc.run("run", "k.fxk", "x=[1, 2, 3]", "--device=host", check=False)
    assert done.returncode != 0 and target in done.stderr, done.stderr
