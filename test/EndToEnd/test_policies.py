"""What a kernel may say of itself: strict numerics, schedules of its own, scalars left out, results over arguments, narrow types.

The kernels are tensor IR, so that the front end has no part in it.
"""

import ctypes
import os

import numpy as np
import pytest
from chain import Compiler, FlexError, Guarded, Runtime, Tensor, as_dlpack, pointers
from conftest import BUILD, ROOT
from sweep import DEVICE

DEVICES = ["host", "host:x86-64-v3", DEVICE]


def tensor(array, dtype=None):
    names = {"f2": "f16", "f4": "f32", "f8": "f64", "i1": "i8", "i4": "i32", "i8": "i64", "u1": "u8"}
    return Tensor(dtype or names[array.dtype.str[1:]], array)


@pytest.fixture(scope="module")
def compiler():
    made = Compiler(BUILD / "lib" / "libflexc.so")
    made.file_name = b"k.mlir"
    return made


def open_runtime(device):
    intel = ROOT / ".venv" / "opencl"
    if intel.exists():
        os.environ.setdefault("OCL_ICD_VENDORS", str(intel))
    made = Runtime(BUILD / "lib" / "libflexrt.so", device=device.split(":x86")[0])
    made.file_name = b"k.mlir"
    return made


@pytest.fixture(scope="module")
def host():
    return open_runtime("host")


@pytest.fixture(scope="module", params=DEVICES)
def launch(request, compiler):
    """Runs a kernel's source on arrays; gives arrays."""
    runtime = open_runtime(request.param)
    target = "cpu:x86-64-v3" if request.param.endswith("v3") else None

    def run(source, *arrays, dynamic=False):
        program = compiler.image(source, "k", target, {}, {}) if target else source
        try:
            return [np.array(r.tensor.array) for r in runtime.run(program, "k", [tensor(a) for a in arrays], dynamic)]
        except FlexError as error:
            if request.param.startswith("opencl") and "device" in str(error):
                pytest.skip(str(error))
            raise

    return run


# ---- strict numerics


def numerics(policy):
    return f"""flex.kernel @k(%x: !flex.tensor<f32[M, N]>, %y: !flex.tensor<f32[M, N]>) ->
    (!flex.tensor<f32[M]>, !flex.tensor<f32[N]>, !flex.tensor<f32[M]>, !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, M]>)
    attributes {{numerics = "{policy}"}} {{
  %a = flex.reduce sum [m < M] over [n < N] (%p = %x[m, n] : !flex.tensor<f32[M, N]>) -> f32 {{ flex.yield %p : f32 }}
  %b = flex.reduce sum [n < N] over [m < M] (%p = %x[m, n] : !flex.tensor<f32[M, N]>) -> f32 {{ flex.yield %p : f32 }}
  %c = flex.reduce sum [m < M] over [n < N] (%p = %x[m, n] : !flex.tensor<f32[M, N]>, %q = %y[m, n] : !flex.tensor<f32[M, N]>) -> f32 {{
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }}
  %d = flex.map [m < M, n < N] (%p = %x[m, n] : !flex.tensor<f32[M, N]>, %q = %y[m, n] : !flex.tensor<f32[M, N]>, %s = %a[m] : !flex.tensor<f32[M]>) -> f32 {{
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %0, %p : f32
    %2 = arith.divf %1, %s : f32
    flex.yield %2 : f32
  }}
  %e = flex.reduce sum [m < M, k < M] over [n < N] (%p = %x[m, n] : !flex.tensor<f32[M, N]>, %q = %y[k, n] : !flex.tensor<f32[M, N]>) -> f32 {{
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }}
  flex.return %a, %b, %c, %d, %e : !flex.tensor<f32[M]>, !flex.tensor<f32[N]>, !flex.tensor<f32[M]>, !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, M]>
}}"""


def in_order(terms, axis):
    """The sum from the first term to the last, rounded each time."""
    return np.add.accumulate(terms, axis=axis, dtype=terms.dtype).take(-1, axis=axis)


def as_written(x, y):
    a = in_order(x, 1)
    return [a, in_order(x, 0), in_order(x * y, 1), (x * y + x) / a[:, None], in_order(x[:, None, :] * y[None], 2)]


@pytest.mark.parametrize("shape", [(3, 1000), (70, 65), (1, 1), (48, 256)])
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
def test_strict_is_what_is_written(launch, rng, shape, dynamic):
    x, y = (rng.standard_normal(shape).astype(np.float32) for _ in range(2))
    for got, want in zip(launch(numerics("strict"), x, y, dynamic=dynamic), as_written(x, y)):
        np.testing.assert_array_equal(got.view(np.uint32), want.astype(np.float32).view(np.uint32))


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
def test_strict_rounds_f16_after_each_operation(launch, rng, dynamic):
    x, y = (rng.standard_normal((19, 70)).astype(np.float16) for _ in range(2))
    for got, want in zip(launch(numerics("strict").replace("f32", "f16"), x, y, dynamic=dynamic), as_written(x, y)):
        np.testing.assert_array_equal(got.view(np.uint16), want.astype(np.float16).view(np.uint16))


def test_default_is_free_to_reorder(host, rng):
    x, y = (rng.standard_normal((48, 1000)).astype(np.float32) for _ in range(2))
    got = [r.tensor.array for r in host.run(numerics("default"), "k", [tensor(x), tensor(y)])]
    assert any(np.any(g != w) for g, w in zip(got, as_written(x, y))), "the test of strict numerics would pass by itself"


# ---- schedules of the kernel

MATMUL = """flex.kernel @k(%x: !flex.tensor<f32[M, K]>, %y: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> attributes {{schedules = [{schedules}]}} {{
  %c = flex.reduce sum [m < M, n < N] over [k < K] (%p = %x[m, k] : !flex.tensor<f32[M, K]>, %q = %y[k, n] : !flex.tensor<f32[K, N]>) -> f32 {{
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }}
  flex.return %c : !flex.tensor<f32[M, N]>
}}"""


@pytest.mark.parametrize("schedule", ['{target = "cpu", lanes = 4, vectors = 2, rows = 3}', '{target = "cpu", strategy = "rows", lanes = 8}',
                                      '{target = "nvptx", lanes = 3}, {target = "cpu", pack = true, rows = 2, "unroll-tile" = 4}'])
def test_a_schedule_changes_no_result(host, rng, schedule):
    x, y = rng.integers(-3, 4, (20, 30)).astype(np.float32), rng.integers(-3, 4, (30, 50)).astype(np.float32)
    np.testing.assert_array_equal(host.run(MATMUL.format(schedules=schedule), "k", [tensor(x), tensor(y)])[0].tensor.array, x @ y)


def test_a_schedule_is_obeyed(flexc):
    path = flexc.write("k.mlir", MATMUL.format(schedules='{target = "cpu", lanes = 2, rows = 5}, {target = "nvptx", rows = 2}'))
    groups = flexc.run("check", path, "--emit=groups", "-t", "cpu").stdout
    assert "lanes = 2 : i64" in groups and "rows = 5 : i64" in groups


def test_a_schedule_that_does_not_fit_is_an_error(flexc):
    path = flexc.write("k.mlir", MATMUL.format(schedules='{target = "cpu", lane = "k"}'))
    done = flexc.run("check", path, "--emit=loops", "-t", "cpu", check=False)
    assert done.returncode and "'lane' and 'unroll' must be two different outer indices" in done.stderr and "schedules of its own" in done.stderr
    path = flexc.write("k.mlir", MATMUL.format(schedules='{target = "cpu", lanes = 65}'))
    assert "'lanes' is unknown or out of range: 65" in flexc.run("check", path, "--emit=loops", "-t", "cpu", check=False).stderr


# ---- scalars left out

DEFAULTS = """flex.kernel @k(%x: !flex.tensor<f32[N]>, %a: !flex.tensor<f32[]>, %b: !flex.tensor<i32[]>, %h: !flex.tensor<f16[]>) -> !flex.tensor<f32[N]>
    attributes {arg_names = ["x", "a", "b", "h"], arg_defaults = [unit, 1.0e-05 : f32, -3 : i32, 0.1 : f16]} {
  %y = flex.map [n < N] (%p = %x[n] : !flex.tensor<f32[N]>, %q = %a[] : !flex.tensor<f32[]>, %r = %b[] : !flex.tensor<i32[]>, %s = %h[] : !flex.tensor<f16[]>) -> f32 {
    %0 = arith.addf %p, %q : f32
    %1 = arith.sitofp %r : i32 to f32
    %2 = arith.mulf %0, %1 : f32
    %3 = arith.extf %s : f16 to f32
    %4 = arith.addf %2, %3 : f32
    flex.yield %4 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}"""


def test_scalars_may_be_left_out(host, flexc, compiler):
    x = np.arange(4, dtype=np.float32)
    f32 = np.float32

    def expected(a=f32(1e-5), b=-3, h=np.float16(0.1)):
        return (x + a) * f32(b) + f32(h)

    source = DEFAULTS
    for program in (source, compiler.image(source, "k", "cpu", {}, {})):
        kernel = host.kernel(program, "k")
        args = [as_dlpack(tensor(x)), as_dlpack(tensor(np.array(2, np.float32))), as_dlpack(tensor(np.array(5, np.int32))), as_dlpack(tensor(np.array(1, np.float16)))]
        for given, want in (([0], expected()), ([0, None, 2], expected(b=5)), ([0, 1, None, 3], expected(a=f32(2), h=np.float16(1))), ([0, 1, 2, 3], expected(f32(2), 5, np.float16(1)))):
            y = Guarded("f32", (4,))
            chosen = [None if i is None else args[i] for i in given]
            from flex._abi import DLTensor

            array = (ctypes.POINTER(DLTensor) * len(chosen))(*(ctypes.pointer(a) if a is not None else None for a in chosen))
            host.check(host.lib.flex_launch(kernel, array, len(chosen), pointers([as_dlpack(y.tensor)]), 1, None))
            np.testing.assert_allclose(y.tensor.array, want, rtol=1e-6)
    with pytest.raises(FlexError, match="4 arguments"):
        host.check(host.lib.flex_launch(host.kernel(source, "k"), None, 0, pointers([as_dlpack(y.tensor)]), 1, None))
    path = flexc.write("k.mlir", source)
    for device in ("host", "reference"):
        flexc.run("run", path, "x=arange[4]", "b=5", f"--device={device}", "-o", "y.npy")
        np.testing.assert_allclose(np.load(flexc.folder / "y.npy"), expected(b=5), rtol=1e-6)


# ---- results over arguments

INOUT = """flex.kernel @k(%p: !flex.tensor<f32[N]>, %g: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[]>) attributes {{result_aliases = array<i64: 0, -1>}} {{
  %y = flex.map [n < N] (%a = %p[{access}] : !flex.tensor<f32[N]>, %b = %g[n] : !flex.tensor<f32[N]>) -> f32 {{
    %0 = arith.addf %a, %b : f32
    flex.yield %0 : f32
  }}
  %s = flex.reduce sum [] over [n < N] (%a = %p[n] : !flex.tensor<f32[N]>) -> f32 {{ flex.yield %a : f32 }}
  flex.return %y, %s : !flex.tensor<f32[N]>, !flex.tensor<f32[]>
}}"""

STEP = """flex.kernel @k(%p: !flex.tensor<f32[N]>, %g: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> attributes {{result_aliases = array<i64: 0>}} {{
  %y = flex.map [n < N] (%a = %p[{access}] : !flex.tensor<f32[N]>, %b = %g[n] : !flex.tensor<f32[N]>) -> f32 {{
    %0 = arith.addf %a, %b : f32
    flex.yield %0 : f32
  }}
  flex.return %y : !flex.tensor<f32[N]>
}}"""


@pytest.mark.parametrize("access", ["n", "n - 1] wrap : !flex.tensor<f32[N]>, %c = %g[n"], ids=["own", "neighbour"])
@pytest.mark.parametrize("source", [STEP, INOUT], ids=["step", "read-later"])
@pytest.mark.parametrize("device", ["host", DEVICE])
def test_results_over_arguments(compiler, rng, source, access, device):
    host = open_runtime(device)
    kernel_source = source.format(access=access)
    for n in (1, 7, 1000, 100_003):
        p, g = (rng.integers(-9, 9, n).astype(np.float32) for _ in range(2))
        memory, before = tensor(p.copy()), p.copy()
        want = (p if access == "n" else np.roll(p, 1)) + g
        try:
            kernel = host.kernel(kernel_source, "k")
            more = [as_dlpack(Guarded("f32", ()).tensor)] if source is INOUT else []
            array = pointers([as_dlpack(memory), as_dlpack(tensor(g))])
            from flex._abi import DLTensor

            outs = (ctypes.POINTER(DLTensor) * (1 + len(more)))(None, *(ctypes.pointer(m) for m in more))
            host.check(host.lib.flex_launch(kernel, array, 2, outs, 1 + len(more), None))
        except FlexError as error:
            if device != "host":
                pytest.skip(str(error))
            raise
        np.testing.assert_array_equal(memory.array, want)
        # A result of its own leaves the argument alone.
        results = host.run(kernel_source, "k", [tensor(p), tensor(g)])
        np.testing.assert_array_equal(results[0].tensor.array, want)
        np.testing.assert_array_equal(p, before)
    image = compiler.image(kernel_source, "k", "cpu", {}, {})
    assert (b'"in_place":[0]' in image) == (access == "n" and source is STEP)


# ---- narrow types


def test_nibbles_and_bytes(flexc, rng):
    """f8 and packed i4 through files: as the interpreter, whatever the shape; i4 against NumPy."""
    path = flexc.write("k.mlir", NARROW)
    for shape in [(3, 37), (1, 1), (5, 64), (33, 3), (0, 4)]:
        x = rng.uniform(-7.9, 7.9, shape).astype(np.float32)
        np.save(flexc.folder / "x.npy", x)
        found = {}
        for options in (["--device=host"], ["--device=host", "--dynamic"], ["--device=reference"]):
            flexc.run("run", f"{path}:quantize", "arg0=@x.npy", *options, *(w for i in range(4) for w in ("-o", f"q{i}.npy")))
            found[tuple(options)] = [np.load(flexc.folder / f"q{i}.npy") for i in range(4)]
            q, u, e, f = found[tuple(options)]
            np.testing.assert_array_equal(q, np.trunc(x).astype(np.int8))
            np.testing.assert_array_equal(u, np.trunc(np.abs(x)).astype(np.uint8))
            assert e.dtype == f.dtype == np.dtype("V1")
            for a, b in zip(found[tuple(options)], next(iter(found.values()))):
                assert a.tobytes() == b.tobytes()
            flexc.run("run", f"{path}:back", *(f"arg{i}=@q{i}.npy" for i in range(4)), *options, "-o", "y.npy", "-o", "s.npy", "-o", "t.npy")
            y, s, t = (np.load(flexc.folder / f"{n}.npy") for n in "yst")
            shifted = q[np.maximum(np.arange(shape[0]) - 1, 0)][:, np.minimum(np.arange(shape[1]) + 1, shape[1] - 1)] if q.size else q
            np.testing.assert_array_equal(y, q.astype(np.float32) * u + shifted)
            np.testing.assert_array_equal(s, (q.astype(np.int32) * u).sum(1))
            assert np.allclose(t, x.astype(np.float64).sum(1) * 2, atol=0.13 * 7.9 * max(shape[1], 1))


NARROW = """flex.kernel @quantize(%x: !flex.tensor<f32[M, N]>) -> (!flex.tensor<i4[M, N]>, !flex.tensor<ui4[M, N]>, !flex.tensor<f8E4M3FN[M, N]>, !flex.tensor<f8E5M2[M, N]>) {
  %q = flex.map [m < M, n < N] (%a = %x[m, n] : !flex.tensor<f32[M, N]>) -> i4 {
    %0 = arith.fptosi %a : f32 to i32
    %1 = arith.trunci %0 : i32 to i4
    flex.yield %1 : i4
  }
  %u = flex.map [m < M, n < N] (%a = %x[m, n] : !flex.tensor<f32[M, N]>) -> ui4 {
    %p = math.absf %a : f32
    %0 = arith.fptosi %p : f32 to i8
    %1 = arith.trunci %0 : i8 to i4
    flex.yield %1 : i4
  }
  %e = flex.map [m < M, n < N] (%a = %x[m, n] : !flex.tensor<f32[M, N]>) -> f8E4M3FN {
    %1 = arith.truncf %a : f32 to f8E4M3FN
    flex.yield %1 : f8E4M3FN
  }
  %f = flex.map [m < M, n < N] (%a = %x[m, n] : !flex.tensor<f32[M, N]>) -> f8E5M2 {
    %1 = arith.truncf %a : f32 to f8E5M2
    flex.yield %1 : f8E5M2
  }
  flex.return %q, %u, %e, %f : !flex.tensor<i4[M, N]>, !flex.tensor<ui4[M, N]>, !flex.tensor<f8E4M3FN[M, N]>, !flex.tensor<f8E5M2[M, N]>
}
flex.kernel @back(%q: !flex.tensor<i4[M, N]>, %u: !flex.tensor<ui4[M, N]>, %e: !flex.tensor<f8E4M3FN[M, N]>, %f: !flex.tensor<f8E5M2[M, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<i32[M]>, !flex.tensor<f32[M]>) {
  %y = flex.map [m < M, n < N] (%a = %q[m, n] : !flex.tensor<i4[M, N]>, %b = %u[m, n] : !flex.tensor<ui4[M, N]>, %d = %q[m - 1, n + 1] clamp : !flex.tensor<i4[M, N]>) -> f32 {
    %0 = arith.sitofp %a : i4 to f32
    %1 = arith.uitofp %b : i4 to f32
    %3 = arith.sitofp %d : i4 to f32
    %4 = arith.mulf %0, %1 : f32
    %6 = arith.addf %4, %3 : f32
    flex.yield %6 : f32
  }
  %s = flex.reduce sum [m < M] over [n < N] (%a = %q[m, n] : !flex.tensor<i4[M, N]>, %b = %u[m, n] : !flex.tensor<ui4[M, N]>) -> i32 {
    %0 = arith.extsi %a : i4 to i32
    %1 = arith.extui %b : i4 to i32
    %2 = arith.muli %0, %1 : i32
    flex.yield %2 : i32
  }
  %t = flex.reduce sum [m < M] over [n < N] (%a = %e[m, n] : !flex.tensor<f8E4M3FN[M, N]>, %b = %f[m, n] : !flex.tensor<f8E5M2[M, N]>) -> f32 {
    %0 = arith.extf %a : f8E4M3FN to f32
    %1 = arith.extf %b : f8E5M2 to f32
    %2 = arith.addf %0, %1 : f32
    flex.yield %2 : f32
  }
  flex.return %y, %s, %t : !flex.tensor<f32[M, N]>, !flex.tensor<i32[M]>, !flex.tensor<f32[M]>
}"""


def test_f8_as_ml_dtypes(flexc):
    """Every byte to f32, and every f16 and bf16 to each format."""
    ml_dtypes = pytest.importorskip("ml_dtypes")
    for name, memory in (("float8_e4m3fn", "f8E4M3FN"), ("float8_e5m2", "f8E5M2")):
        dtype = getattr(ml_dtypes, name)
        path = flexc.write("k.mlir", f"""flex.kernel @wide(%x: !flex.tensor<{memory}[N]>) -> !flex.tensor<f32[N]> {{
  %y = flex.map [n < N] (%a = %x[n] : !flex.tensor<{memory}[N]>) -> f32 {{
    %0 = arith.extf %a : {memory} to f32
    flex.yield %0 : f32
  }}
  flex.return %y : !flex.tensor<f32[N]>
}}
""" + "".join(f"""flex.kernel @from_{source}(%x: !flex.tensor<{source}[N]>) -> !flex.tensor<{memory}[N]> {{
  %y = flex.map [n < N] (%a = %x[n] : !flex.tensor<{source}[N]>) -> {memory} {{
    %0 = arith.truncf %a : {source} to {memory}
    flex.yield %0 : {memory}
  }}
  flex.return %y : !flex.tensor<{memory}[N]>
}}
""" for source in ("f16", "bf16")))
        every = np.arange(256, dtype=np.uint8).view(dtype)
        np.save(flexc.folder / "x.npy", every)
        flexc.run("run", f"{path}:wide", "arg0=@x.npy", "-o", "y.npy")
        np.testing.assert_array_equal(np.load(flexc.folder / "y.npy"), every.astype(np.float32))
        for source, numpy in (("f16", np.float16), ("bf16", ml_dtypes.bfloat16)):
            values = np.arange(65536, dtype=np.uint16).view(numpy)
            np.save(flexc.folder / "x.npy", values)
            flexc.run("run", f"{path}:from_{source}", "arg0=@x.npy", "-o", "y.npy")
            got = np.load(flexc.folder / "y.npy").view(dtype)
            with np.errstate(all="ignore"):
                want = values.astype(dtype)
            nan = np.isnan(want.astype(np.float32))
            np.testing.assert_array_equal(np.isnan(got.astype(np.float32)), nan)
            np.testing.assert_array_equal(got.view(np.uint8)[~nan], want.view(np.uint8)[~nan])
