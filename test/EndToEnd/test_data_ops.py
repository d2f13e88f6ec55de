"""Reads and writes at computed places, scans, sorts and positions, from tensor IR: each device against the reference interpreter.

The kernels are in the IR's own text, so that every form of the operations is met, whatever the language makes of it.
"""

import os

import numpy as np
import pytest
from chain import Compiler, FlexError, Runtime, Tensor, is_float
from conftest import BUILD, ROOT
from sweep import DEVICE

BODY = {"f16": "f", "bf16": "f", "f32": "f", "f64": "f"}
SIGNLESS = {"bool": "i1", "u8": "i8", "u16": "i16", "u32": "i32", "u64": "i64"}


def element(dtype):
    """The element type in a tensor and in a body."""
    return ("u" + SIGNLESS[dtype] if dtype[0] == "u" else SIGNLESS.get(dtype, dtype)), SIGNLESS.get(dtype, dtype)


def gather(dtype, rule):
    memory, scalar = element(dtype)
    return f"""flex.kernel @k(%table: !flex.tensor<{memory}[V, D]>, %ids: !flex.tensor<i32[T]>) -> !flex.tensor<{memory}[T, D]> {{
  %y = flex.map [t < T, d < D] (%t = %table whole : !flex.tensor<{memory}[V, D]>, %i = %ids[t] : !flex.tensor<i32[T]>) -> {memory} {{
    %r = arith.extsi %i : i32 to i64
    %a = flex.load %t["$0", d] {rule} (%r) : !flex.tensor<{memory}[V, D]>
    flex.yield %a : {scalar}
  }}
  flex.return %y : !flex.tensor<{memory}[T, D]>
}}"""


# Each lane reads at a place of its own, twice removed; and one read in a reduction.
INDIRECT = """flex.kernel @k(%x: !flex.tensor<f32[V]>, %ids: !flex.tensor<i64[M, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<f32[M]>) {
  %y = flex.map [m < M, n < N] (%t = %x whole : !flex.tensor<f32[V]>, %u = %ids whole : !flex.tensor<i64[M, N]>, %i = %ids[m, n] : !flex.tensor<i64[M, N]>) -> f32 {
    %j = flex.load %u["$0 - 1", n] wrap (%i) : !flex.tensor<i64[M, N]>
    %a = flex.load %t["$0"] mirror (%j) : !flex.tensor<f32[V]>
    %b = flex.load %t["$0 + n"] fill(5.0 : f32) (%i) : !flex.tensor<f32[V]>
    %s = arith.addf %a, %b : f32
    flex.yield %s : f32
  }
  %z = flex.reduce sum [m < M] over [n < N] (%t = %x whole : !flex.tensor<f32[V]>, %i = %ids[m, n] : !flex.tensor<i64[M, N]>) -> f32 {
    %a = flex.load %t["$0"] clamp (%i) : !flex.tensor<f32[V]>
    flex.yield %a : f32
  }
  flex.return %y, %z : !flex.tensor<f32[M, N]>, !flex.tensor<f32[M]>
}"""

FOLD = """flex.kernel @k(%x: !flex.tensor<f32[M, K]>, %y: !flex.tensor<f32[K, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<i64[M, N]>) {
  %z = flex.map [m < M, n < N] (%a = %x whole : !flex.tensor<f32[M, K]>, %b = %y whole : !flex.tensor<f32[K, N]>) -> f32 {
    %s = flex.fold sum [k < K] -> f32 {
      %l = flex.load %a[m, k] clamp : !flex.tensor<f32[M, K]>
      %r = flex.load %b[k, n] clamp : !flex.tensor<f32[K, N]>
      %p = arith.mulf %l, %r : f32
      flex.yield %p : f32
    }
    %h = flex.fold max [k < K] -> f32 {
      %r = flex.load %b[k, n] clamp : !flex.tensor<f32[K, N]>
      %p = arith.mulf %r, %s : f32
      flex.yield %p : f32
    }
    flex.yield %h : f32
  }
  %w = flex.map [m < M, n < N] (%b = %y whole : !flex.tensor<f32[K, N]>) -> i64 {
    %s = flex.fold argmin [k < K, q < 2] -> i64 {
      %r = flex.load %b[k + q, n] wrap : !flex.tensor<f32[K, N]>
      flex.yield %r : f32
    }
    flex.yield %s : i64
  }
  flex.return %z, %w : !flex.tensor<f32[M, N]>, !flex.tensor<i64[M, N]>
}"""


def position(kind, dtype, over):
    """The position along the last axis, the first, or over both."""
    memory, scalar = element(dtype)
    domain, shape = {"last": ("[m < M] over [n < N]", "M"), "first": ("[n < N] over [m < M]", "N"), "all": ("[] over [m < M, n < N]", "")}[over]
    return f"""flex.kernel @k(%x: !flex.tensor<{memory}[M, N]>) -> !flex.tensor<i64[{shape}]> {{
  %y = flex.reduce {kind} {domain} (%a = %x[m, n] : !flex.tensor<{memory}[M, N]>) -> i64 {{ flex.yield %a : {scalar} }}
  flex.return %y : !flex.tensor<i64[{shape}]>
}}"""


def cumulative(dtype, domain, before, op, fill):
    memory, scalar = element(dtype)
    return f"""flex.kernel @k(%x: !flex.tensor<{memory}[M, N]>) -> !flex.tensor<{memory}[M, N]> {{
  %y = flex.scan {domain} at [m, n] (%a = %x[m, n] : !flex.tensor<{memory}[M, N]>) self %s -> {memory} {{
    %p = flex.load %s[{before}] fill({fill} : {scalar}) : !flex.tensor<{memory}[M, N]>
    %0 = {op} %p, %a : {scalar}
    flex.yield %0 : {scalar}
  }}
  flex.return %y : !flex.tensor<{memory}[M, N]>
}}"""


VITERBI = """flex.kernel @k(%w: !flex.tensor<f32[S, S]>, %e: !flex.tensor<f32[B, T, S]>) -> !flex.tensor<f32[B, T, S]> {
  %y = flex.scan [b < B] over [t < T] each [s < S] at [b, t, s] (%a = %w whole : !flex.tensor<f32[S, S]>, %x = %e[b, t, s] : !flex.tensor<f32[B, T, S]>) self %v -> f32 {
    %m = flex.fold max [r < S] -> f32 {
      %p = flex.load %v[b, t - 1, r] fill(0.0 : f32) : !flex.tensor<f32[B, T, S]>
      %q = flex.load %a[r, s] clamp : !flex.tensor<f32[S, S]>
      %0 = arith.addf %p, %q : f32
      flex.yield %0 : f32
    }
    %1 = arith.addf %m, %x : f32
    flex.yield %1 : f32
  }
  flex.return %y : !flex.tensor<f32[B, T, S]>
}"""

# An edit distance: both indices in order, three reads.
WARPING = """flex.kernel @k(%d: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  %y = flex.scan [] over [i < M, j < N] at [i, j] (%c = %d[i, j] : !flex.tensor<f32[M, N]>) self %s -> f32 {
    %p = flex.load %s[i - 1, j] fill(9.0 : f32) : !flex.tensor<f32[M, N]>
    %q = flex.load %s[i, j - 1] fill(9.0 : f32) : !flex.tensor<f32[M, N]>
    %r = flex.load %s[i - 1, j - 1] fill(0.0 : f32) : !flex.tensor<f32[M, N]>
    %0 = arith.minimumf %p, %q : f32
    %1 = arith.minimumf %0, %r : f32
    %2 = arith.addf %1, %c : f32
    flex.yield %2 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}"""


def scatter(kind, dtype):
    memory, scalar = element(dtype)
    return f"""flex.kernel @k(%base: !flex.tensor<{memory}[V, D]>, %values: !flex.tensor<{memory}[K, D]>, %ids: !flex.tensor<i64[K]>) -> !flex.tensor<{memory}[V, D]> {{
  %r = flex.scatter {kind} [d < D] over [k < K] at ["$0", d] (%b = %base whole : !flex.tensor<{memory}[V, D]>,
      %v = %values[k, d] : !flex.tensor<{memory}[K, D]>, %i = %ids[k] : !flex.tensor<i64[K]>) {{
    flex.yield %v, %i : {scalar}, i64
  }}
  flex.return %r : !flex.tensor<{memory}[V, D]>
}}"""


# No parallel index; two numbers; and lanes with a destination each.
SCATTER_FORMS = """flex.kernel @k(%x: !flex.tensor<f32[V, D]>, %i: !flex.tensor<i64[K, D]>) -> (!flex.tensor<f32[V, D]>, !flex.tensor<f32[V, D]>) {
  %p = flex.scatter sum [] over [k < K, e < D] at ["$0", "$1 - 1"] (%b = %x whole : !flex.tensor<f32[V, D]>, %n = %i[k, e] : !flex.tensor<i64[K, D]>) {
    %one = arith.constant 1.5 : f32
    flex.yield %one, %n, %n : f32, i64, i64
  }
  %q = flex.scatter sum [d < D] over [k < K] at ["$0", d] (%b = %x whole : !flex.tensor<f32[V, D]>, %n = %i[k, d] : !flex.tensor<i64[K, D]>) {
    %v = flex.load %b["$0", d] clamp (%n) : !flex.tensor<f32[V, D]>
    flex.yield %v, %n : f32, i64
  }
  flex.return %p, %q : !flex.tensor<f32[V, D]>, !flex.tensor<f32[V, D]>
}"""


def argsort(dtype, order, axis, count):
    memory, scalar = element(dtype)
    unsigned = "unsigned " if memory[0] == "u" else ""
    parallel, ordered, extent = ("m < M", "n < N", "N") if axis else ("n < N", "m < M", "M")
    shape = [["M", "N"], [count, "N"]][0]
    shape[axis] = count
    return f"""flex.kernel @k(%x: !flex.tensor<{memory}[M, N]>) -> !flex.tensor<i64[{shape[0]}, {shape[1]}]> {{
  %p = flex.argsort {unsigned}{order} [{parallel}] over [{ordered}] at [m, n] count {count} (%a = %x[m, n] : !flex.tensor<{memory}[M, N]>) -> i64 {{
    flex.yield %a : {scalar}
  }}
  flex.return %p : !flex.tensor<i64[{shape[0]}, {shape[1]}]>
}}"""


def ints(low, high):
    return lambda rng, shape: rng.integers(low, high, shape)


def few(rng, shape):
    """Many equals, zeros of both signs, infinities, NaN."""
    return rng.choice([1.0, -2.0, 0.0, -0.0, np.inf, -np.inf, np.nan, 3.0], shape)


def extremes(dtype):
    """The ends of an integer type, where a key has no neighbour, and a few others."""
    info = np.iinfo({"i32": np.int32, "u8": np.uint8, "i64": np.int64, "u64": np.uint64}[dtype])
    return lambda rng, shape: rng.choice(np.array([info.min, info.max, 1, 0, info.max - 1], info.dtype), shape)


def plain(rng, shape):
    return np.round(rng.uniform(-4, 4, shape) * 8) / 8


ROWS = [{"M": 3, "N": 37}, {"M": 1, "N": 1}, {"M": 40, "N": 5}, {"M": 6, "N": 64}]
TABLE = [{"V": 7, "D": 37, "T": 5, "K": 9}, {"V": 1, "D": 1, "T": 3, "K": 0}, {"V": 5, "D": 64, "T": 0, "K": 33}]

CASES = {}


def case(name, source, sizes, **values):
    CASES[name] = (source, sizes, values)


for dtype in ("f32", "f16", "bf16", "u8", "i64", "bool"):
    for rule in ("clamp", "wrap", "mirror"):
        case(f"gather-{dtype}-{rule}", gather(dtype, rule), TABLE, ids=ints(-9, 15), table=plain if is_float(dtype) else ints(0, 2))
case("gather-fill", gather("f32", "fill(2.5 : f32)"), [*TABLE, {"V": 0, "D": 5, "T": 3}], ids=ints(-9, 15))
case("indirect", INDIRECT, [{"V": 9, "M": 3, "N": 37}, {"V": 1, "M": 1, "N": 1}, {"V": 30, "M": 4, "N": 16}], ids=ints(-12, 12))
case("fold", FOLD, [{"M": 3, "K": 5, "N": 37}, {"M": 1, "K": 1, "N": 1}, {"M": 2, "K": 7, "N": 16}])
for kind in ("argmin", "argmax"):
    for over in ("last", "first", "all"):
        for dtype in ("f32", "f16", "i32", "u8", "f64", "bool"):
            name = "u" + kind if dtype in ("u8", "bool") else kind
            case(f"{kind}-{dtype}-{over}", position(name, dtype, over), ROWS, x=few if is_float(dtype) else ints(0, 2) if dtype == "bool" else ints(-3, 3))
    case(f"{kind}-of-infinities", position(kind, "f32", "last"), ROWS, x=lambda rng, shape: np.full(shape, -np.inf))
for dtype in ("f32", "f16", "i64", "u8"):
    add, high = ("arith.addf", "arith.maximumf") if is_float(dtype) else ("arith.addi", "arith.maxui")
    zero = "0.0" if is_float(dtype) else "0"
    case(f"cumsum-last-{dtype}", cumulative(dtype, "[m < M] over [n < N]", "m, n - 1", add, zero), ROWS)
    case(f"cumsum-first-{dtype}", cumulative(dtype, "[n < N] over [m < M]", "m - 1, n", add, zero), ROWS)
    case(f"cummax-all-{dtype}", cumulative(dtype, "[] over [m < M, n < N]", "m, n - 1", high, zero), ROWS)
    case(f"every-second-{dtype}", cumulative(dtype, "[m < M] over [n < N]", "m, n - 2", add, zero), ROWS)
case("viterbi", VITERBI, [{"S": 5, "B": 2, "T": 4}, {"S": 19, "B": 1, "T": 3}, {"S": 1, "B": 3, "T": 1}, {"S": 16, "B": 1, "T": 2}])
case("warping", WARPING, ROWS)
for kind in ("sum", "prod", "max", "min", "set"):
    for dtype in ("f32", "i64", "f64"):
        case(f"scatter-{kind}-{dtype}", scatter(kind, dtype), TABLE, ids=ints(-2, 9))
case("scatter-forms", SCATTER_FORMS, [{"V": 7, "D": 37, "K": 5}, {"V": 1, "D": 1, "K": 2}, {"V": 5, "D": 16, "K": 8}], i=ints(-2, 9))
for dtype in ("f32", "f16", "i32", "u8", "i64", "u64", "f64", "bool"):
    for order in ("ascending", "descending"):
        case(f"argsort-{dtype}-{order}", argsort(dtype, order, 1, "N"), ROWS, x=few if is_float(dtype) else ints(0, 2) if dtype == "bool" else ints(-3, 3))
case("argsort-first-axis", argsort("f32", "ascending", 0, "M"), ROWS)
case("top-1", argsort("f32", "descending", 1, "1"), ROWS, x=few)
case("argsort-long", argsort("f32", "ascending", 1, "N"), [{"M": 2, "N": 1000}, {"M": 1, "N": 1025}, {"M": 2, "N": 0}])
# The first few are kept in registers: some wider than the machine has room for, some as many as there are.
LONG = [{"M": 3, "N": 37}, {"M": 2, "N": 301}, {"M": 1, "N": 33}, {"M": 0, "N": 64}, {"M": 2, "N": 96}]
for dtype in ("f32", "f16", "i32", "u8", "i64", "u64", "f64"):
    for count, rows in (("1", ROWS), ("5", ROWS), ("8", LONG), ("33", LONG)):
        whole = [dims for dims in rows if dims["N"] >= int(count)]
        case(f"first-{count}-{dtype}", argsort(dtype, "ascending" if count == "8" else "descending", 1, count), whole,
             x=few if is_float(dtype) else extremes(dtype))
case("first-of-columns", argsort("f32", "descending", 0, "3"), [{"M": 3, "N": 5}, {"M": 70, "N": 33}], x=few)


def arguments(source, dims, values, rng):
    """Tensors for the parameters in the kernel's head."""
    from chain import round_to

    head = source[: source.index("->")]
    names = {"i1": "bool", **{f"ui{w}": f"u{w}" for w in (8, 16, 32, 64)}}
    for part in head.split("%")[1:]:
        name, kind = part.split(":", 1)
        dtype, shape = kind.split("<", 1)[1].split(">")[0].rstrip("]").split("[")
        dtype = names.get(dtype, dtype)
        sizes = [dims[d] for d in shape.replace(" ", "").split(",") if d]
        made = values.get(name, plain if is_float(dtype) else ints(0, 5))(rng, sizes)
        if is_float(dtype):
            yield round_to(dtype, made)
        else:
            storage = {"bool": "u1"}.get(dtype, dtype.replace("i", "i").replace("u", "u"))
            bits = np.dtype({"8": "i1", "16": "i2", "32": "i4", "64": "i8"}[storage.lstrip("iu")] if storage != "u1" else "i1")
            yield Tensor(dtype, np.asarray(made).astype(bits).view({"i": "i", "u": "u"}[storage[0]] + str(bits.itemsize)))


@pytest.fixture(scope="module")
def compiler():
    made = Compiler(BUILD / "lib" / "libflexc.so")
    made.file_name = b"k.mlir"
    return made


@pytest.fixture(scope="module")
def runtime(request):
    intel = ROOT / ".venv" / "opencl"
    if intel.exists():
        os.environ.setdefault("OCL_ICD_VENDORS", str(intel))
    try:
        made = Runtime(BUILD / "lib" / "libflexrt.so", device=request.param)
    except FlexError as error:
        pytest.skip(f"no device {request.param} here: {error}")
    made.file_name = b"k.mlir"
    return made


@pytest.mark.parametrize("runtime", ["host", DEVICE], indirect=True)
@pytest.mark.parametrize("name", CASES)
def test_as_the_interpreter(request, runtime, compiler, name):
    if name == "cummax-all-u8" and "opencl" in request.node.callspec.id:
        pytest.skip("the compiler inside Intel's CPU runtime crashes on an unrolled chain of u_max on bytes")
    source, sizes, values = CASES[name]
    for number, dims in enumerate(sizes):
        for dynamic in (False, True):
            rng = np.random.default_rng(number)
            args = list(arguments(source, dims, values, rng))
            try:
                results = runtime.run(source, "k", args, dynamic)
            except FlexError as error:
                if "no device" in str(error) or "opencl" in str(error) and "not" in str(error) and "found" in str(error):
                    pytest.skip(str(error))
                raise
            kinds = [(r.tensor.dtype, r.tensor.array.shape) for r in results]
            expected, bounds = compiler.interpret(source, "k", args, kinds, {})
            for got, want, bound in zip(results, expected, bounds):
                assert got.is_intact(), (dims, dynamic)
                a, b = got.tensor.values(), want.values()
                if is_float(want.dtype):
                    with np.errstate(invalid="ignore"):
                        same = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= bound)
                else:
                    same = a == b
                assert np.all(same), (dims, "dynamic" if dynamic else "static", a[~same][:8], b[~same][:8], np.argwhere(~same)[:8])
    runtime.forget()  # Intel's compiler keeps some 10 MB for each


@pytest.mark.parametrize("target", ["nvptx:sm_80", "amdgpu:gfx90a"])
@pytest.mark.parametrize("name", CASES)
def test_device_targets_take_them(compiler, target, name):
    assert compiler.image(CASES[name][0], "k", target, {}, {})
