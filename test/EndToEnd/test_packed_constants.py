"""A constant operand of a contraction is packed by the compiler: the results stay what the reference computes."""

import sys

import numpy as np
import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import model  # noqa: E402

WIDENED = {"f32": ("f32", ""), "bf16": ("f32", "arith.extf"), "i8": ("i32", "arith.extsi")}
SHAPES = [(70, 100), (9, 130), (33, 48), (1, 7), (64, 16)]  # reduction x columns: packed as they are strided
LARGE = (520, 530)  # packed as it does not stay in a near cache


def text_of(array, dtype):
    """The bytes of a constant as MLIR writes them."""
    if dtype == "bf16":
        array = (array.astype("f4").view("u4") >> 16).astype("u2")  # exact for small integers
    return f'"0x{array.astype(array.dtype if dtype == "bf16" else dtype.replace("f32", "f4").replace("i8", "i1")).tobytes().hex().upper()}"'


def contraction(name, rows, x, weights, shape, dtype, turned):
    """A reduction over `k` of `x` and the constant, whose rows are columns of the result if it lies turned."""
    depth, columns = shape
    wide, widen = WIDENED[dtype]
    place, dims = ("j, k", f"{columns}, {depth}") if turned else ("k, j", f"{depth}, {columns}")
    factors = ["%a", "%b"]
    lines = ""
    if widen:
        lines = "".join(f"    %{n} = {widen} {v} : {dtype} to {wide}\n" for n, v in (("wa", "%a"), ("wb", "%b")))
        factors = ["%wa", "%wb"]
    kind = "f" if wide == "f32" else "i"
    return f"""  {name} = flex.reduce sum [i < {rows}, j < {columns}] over [k < {depth}] (%a = {x}[i, k] : !flex.tensor<{dtype}[{rows}, {depth}]>, %b = {weights}[{place}] : !flex.tensor<{dtype}[{dims}]>) -> {wide} {{
{lines}    %p = arith.mul{kind} {", ".join(factors)} : {wide}
    flex.yield %p : {wide}
  }}
"""


def source(shape, dtype, turned, values):
    depth, columns = shape
    dims, axes = (f"{columns}, {depth}", f"{columns}x{depth}") if turned else (f"{depth}, {columns}", f"{depth}x{columns}")
    wide = WIDENED[dtype][0]
    values = values.T if turned else values
    return f"""flex.kernel @f(%x: !flex.tensor<{dtype}[M, {depth}]>, %z: !flex.tensor<{dtype}[N, {depth}]>) -> (!flex.tensor<{wide}[M, {columns}]>, !flex.tensor<{wide}[N, {columns}]>) {{
  %w = flex.constant dense<{text_of(values, dtype)}> : tensor<{axes}x{dtype}> : !flex.tensor<{dtype}[{dims}]>
{contraction("%u", "M", "%x", "%w", shape, dtype, turned)}{contraction("%v", "N", "%z", "%w", shape, dtype, turned)}  flex.return %u, %v : !flex.tensor<{wide}[M, {columns}]>, !flex.tensor<{wide}[N, {columns}]>
}}
"""


def results(flexc, device, shape, dtype, rows):
    folder = flexc.folder
    arguments = [f"{name}=randint(seed={seed},low=-9,high=9)[{count},{shape[0]}]" for seed, (name, count) in enumerate(zip(("arg0", "arg1"), rows, strict=True))]
    out = [folder / f"{device}{i}.npy" for i in range(2)]
    flexc.run("run", "k.mlir", *arguments, "--device", device, *(word for path in out for word in ("-o", path)))
    return [np.load(path) for path in out]


def constants(flexc, *targets):
    """The constant buffers of each target's program."""
    flexc.run("build", "k.mlir", *(word for target in targets for word in ("--target", target)), "-o", "k.fxk")
    programs = model.manifest(flexc.folder / "k.fxk")["kernels"][0]["programs"]
    return [[buffer for buffer in program["buffers"] if buffer["kind"] == "constant"] for program in programs]


def agrees(flexc, shape, dtype, rows):
    pairs = zip(results(flexc, "host", shape, dtype, rows), results(flexc, "reference", shape, dtype, rows), strict=True)
    for host, reference in pairs:
        np.testing.assert_array_equal(host, reference)  # small integers: every order of the sum is exact


@pytest.mark.parametrize("dtype", WIDENED)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape[0]}x{shape[1]}")
def test_turned(flexc, rng, shape, dtype):
    flexc.write("k.mlir", source(shape, dtype, True, rng.integers(-9, 9, shape)))
    for rows in ((1, 3), (8, 17), (40, 5)):
        agrees(flexc, shape, dtype, rows)


@pytest.mark.parametrize("shape", [(70, 100), (9, 130)], ids=lambda shape: f"{shape[0]}x{shape[1]}")
def test_runs_of_the_reduction(flexc, rng, shape):
    """As units of 8-bit integers read them, where the machine has one: full range, not turned."""
    flexc.write("k.mlir", source(shape, "i8", False, rng.integers(-128, 128, shape)))
    agrees(flexc, shape, "i8", (8, 17))


def test_large(flexc, rng):
    flexc.write("k.mlir", source(LARGE, "f32", False, rng.integers(-9, 9, LARGE)))
    agrees(flexc, LARGE, "f32", (3, 10))


def test_two_readers_share_the_panels(flexc, rng):
    """And what they are made of is not in the image."""
    flexc.write("k.mlir", source((33, 64), "bf16", True, rng.integers(-9, 9, (33, 64))))
    (buffers,) = constants(flexc, "cpu:x86-64-v4")
    assert len(buffers) == 1 and int(buffers[0]["bytes"]) == 33 * 64 * 4, "panels of f32, 64 columns wide"


def test_two_targets_have_panels_of_their_own(flexc, rng):
    """Vectors differ in width, so do panels: the image holds both, and each program reads its own."""
    flexc.write("k.mlir", source((33, 100), "f32", True, rng.integers(-9, 9, (33, 100))))
    narrow, wide = constants(flexc, "cpu:x86-64-v3", "cpu:x86-64-v4")
    assert narrow[0]["index"] != wide[0]["index"] and narrow[0]["bytes"] != wide[0]["bytes"]
    arguments = ["arg0=randint(seed=1,low=-9,high=9)[19,33]", "arg1=randint(seed=2,low=-9,high=9)[2,33]"]
    for where in ("k.fxk", "k.mlir"):
        flexc.run("run", where, *arguments, "--device", "host" if where == "k.fxk" else "reference", "-o", f"{where}.npy")
    np.testing.assert_array_equal(np.load(flexc.folder / "k.fxk.npy"), np.load(flexc.folder / "k.mlir.npy"))


def test_what_is_too_large_stays_as_it_is(flexc):
    text = source((1500, 1500), "f32", False, np.ones((1, 1)))
    flexc.write("k.mlir", text.replace(text_of(np.ones((1, 1)), "f32"), "1.0"))
    (buffers,) = constants(flexc, "cpu:x86-64-v4")
    assert int(buffers[0]["bytes"]) == 1500 * 1500 * 4
