"""Bound arguments: a kernel of the remaining parameters computes what the unbound one does, and prepares what it holds once.

Reference: the same sums in f64 by NumPy (integers: exactly), the tolerance that of a sum of K products in f32; and the unbound kernel,
bit by bit where numerics are strict.
"""

import subprocess
import sys
import threading

import numpy as np
import pytest
from conftest import BUILD, ROOT, tool

sys.path.insert(0, str(ROOT / "python"))
import flex  # noqa: E402

ml_dtypes = pytest.importorskip("ml_dtypes")

KERNELS = """import nn
kernel dense(x: f32[M, K], w: f32[K, N], b: f32[N]) -> f32[M, N] { return [i, j] max((x @ w)[i, j] + b[j], 0) }
kernel turned(x: f32[M, K], w: f32[N, K], b: f32[N]) -> f32[M, N] { return [i, j] max((x @ transpose(w))[i, j] + b[j], 0) }
kernel narrow(x: bf16[M, K], w: bf16[K, N], b: f32[N]) -> f32[M, N] { return [i, j] max((f32(x) @ f32(w))[i, j] + b[j], 0) }
kernel half(x: f16[M, K], w: f16[K, N], b: f32[N]) -> f32[M, N] { return [i, j] max((f32(x) @ f32(w))[i, j] + b[j], 0) }
kernel bytes(x: i8[M, K], w: i8[K, N], b: i32[N]) -> i32[M, N] { return [i, j] max((i32(x) @ i32(w))[i, j] + b[j], 0) }
kernel mixed(x: u8[M, K], w: i8[K, N], b: i32[N]) -> i32[M, N] { return [i, j] max((i32(x) @ i32(w))[i, j] + b[j], 0) }
"""
TYPES = {"dense": "f4", "turned": "f4", "narrow": ml_dtypes.bfloat16, "half": "f2", "bytes": "i1", "mixed": "i1"}
SHAPES = [(64, 70, 100), (3, 40, 48), (1, 64, 130), (50, 9, 33), (130, 129, 257), (64, 300, 400)]  # rows x reduction x columns


@pytest.fixture
def context():
    return flex.Context(device="host", cache_dir="", library=BUILD / "lib" / "libflexrt.so")


def operands(rng, name, rows, depth, columns):
    dtype = np.dtype(TYPES[name])
    def make(*shape, dtype=dtype):
        if dtype.kind in "iu":
            return rng.integers(0 if dtype.kind == "u" else -128, 128, shape).astype(dtype)
        return rng.standard_normal(shape, np.float32).astype(dtype)
    weights = make(columns, depth) if name == "turned" else make(depth, columns)
    bias = make(columns, dtype=np.dtype("i4" if dtype.kind == "i" else "f4"))
    return make(rows, depth, dtype=np.dtype("u1") if name == "mixed" else dtype), weights, bias


def check(name, result, x, w, b):
    """Against f64; f32 sums of K products err by at most K roundings of the sum of magnitudes, the bias by one more."""
    wide, weights = x.astype("f8"), w.astype("f8").T if name == "turned" else w.astype("f8")
    expected = np.maximum(wide @ weights + b, 0)
    if result.dtype.kind == "i":
        np.testing.assert_array_equal(result, expected)
        return
    bound = (x.shape[1] + 2) * 2.0**-24 * (np.abs(wide) @ np.abs(weights) + np.abs(b))
    assert (np.abs(result - expected) <= bound).all()


def launch(kernel, rows, columns, dtype, *arguments):
    out = np.full((rows, columns), np.nan if dtype == "f4" else -1, dtype)
    kernel(*arguments, out=out)
    return out


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
@pytest.mark.parametrize("name", TYPES)
def test_computes_the_same(context, rng, name, shape):
    rows, _, columns = shape
    kernel = context.loads(KERNELS).kernel(name)
    x, w, b = operands(rng, name, *shape)
    bound = kernel.bind(w=w, b=b)
    assert [tensor.name for tensor in bound.signature.parameters] == ["x"]
    wide = "i4" if w.dtype.kind == "i" else "f4"
    for _ in range(3):  # the weights stay, the rest does not
        x = operands(rng, name, *shape)[0]
        check(name, launch(bound, rows, columns, wide, x), x, w, b)
    other = operands(rng, name, rows + 5, *shape[1:])[0]
    check(name, launch(bound, rows + 5, columns, wide, other), other, w, b)


@pytest.mark.parametrize("name", ["dense", "turned", "narrow"])
def test_strict_numerics_give_the_same_bits(context, rng, name):
    source = "\n".join("@numerics(strict) " + line if line.startswith("kernel") else line for line in KERNELS.splitlines())
    kernel = context.loads(source).kernel(name)
    x, w, b = operands(rng, name, 37, 65, 100)
    np.testing.assert_array_equal(kernel.bind(w=w)(x, b), kernel(x, w, b))


def test_small_numbers_in_bound_weights(context, rng):
    """A unit of bf16 takes denormal numbers for 0: where panels were looked at once, tiles with such weights are still computed exactly."""
    kernel = context.loads(KERNELS).kernel("narrow")
    x, w, b = operands(rng, "narrow", 50, 96, 90)
    x, b = (x.astype("f4") * 2.0**100).astype(x.dtype), np.zeros_like(b)
    w = (w.astype("f4") * 2.0**-60).astype(w.dtype)
    w[:, 20:75] = (w[:, 20:75].astype("f4") * 2.0**-70).astype(w.dtype)
    bound = kernel.bind(w=w, b=b)
    for _ in range(2):
        check("narrow", launch(bound, 50, 90, "f4", x), x, w, b)
    large = operands(rng, "narrow", 50, 96, 90)[1]
    check("narrow", launch(kernel.bind(w=large, b=b), 50, 90, "f4", x), x, large, b)


def test_weights_are_read_once(context, rng):
    """What changes after the first launch changes nothing: proof that the copy is used (and a breach of the contract)."""
    kernel = context.loads(KERNELS).kernel("turned")
    x, w, b = operands(rng, "turned", 64, 70, 128)
    bound = kernel.bind(w=w, b=b)
    first = bound(x)
    w[:] = 0
    np.testing.assert_array_equal(bound(x), first)
    np.testing.assert_array_equal(kernel.bind(w=w, b=b)(x), np.broadcast_to(np.maximum(b, 0), (64, 128)))


def test_two_bound_kernels_of_one(context, rng):
    kernel = context.loads(KERNELS).kernel("dense")
    x, first, b = operands(rng, "dense", 64, 70, 100)
    second = operands(rng, "dense", 64, 70, 100)[1]
    one, other = kernel.bind(w=first), kernel.bind(w=second)
    for _ in range(2):
        check("dense", one(x, b), x, first, b)
        check("dense", other(x, b), x, second, b)
    check("dense", kernel(x, first, b), x, first, b)
    check("dense", one.bind(b=b)(x), x, first, b)
    check("dense", kernel.bind(x=x)(second, b), x, second, b)
    check("dense", kernel.bind(x=x, w=first, b=b)(), x, first, b)


def test_code_for_open_rows(context, rng):
    kernel = context.loads(KERNELS).kernel("turned")
    _, w, b = operands(rng, "turned", 1, 70, 128)
    bound = kernel.bind(w=w, b=b)
    for rows in (64, 3, 17):
        x = operands(rng, "turned", rows, 70, 128)[0]
        check("turned", bound(x, dynamic=True), x, w, b)


def test_weights_with_strides(context, rng):
    kernel = context.loads(KERNELS).kernel("dense")
    x, w, b = operands(rng, "dense", 20, 70, 200)
    strided = w[:, ::2]
    check("dense", kernel.bind(w=strided)(x, b[::2]), x, strided, b[::2])


def test_threads(context, rng):
    kernel = context.loads(KERNELS).kernel("dense")
    _, w, b = operands(rng, "dense", 1, 70, 100)
    bound = kernel.bind(w=w, b=b)
    inputs = [operands(rng, "dense", 64 + i % 3, 70, 100)[0] for i in range(8)]
    results = [None] * len(inputs)
    def run(i):
        for _ in range(10):
            results[i] = bound(inputs[i])
    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(inputs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for x, result in zip(inputs, results):
        check("dense", result, x, w, b)


def test_what_is_computed_from_weights_alone(context, rng):
    """A launch of its own that reads bound arguments only is run once."""
    source = """kernel k(x: f32[M, K], w: f32[K, N]) -> f32[M, N] {
  let most[j] = max(k) abs(w[k, j])
  let order = argsort(most)
  return [i, j] (x @ w)[i, j] + f32(order[j])
}
"""
    kernel = context.loads(source).kernel()
    x, w = rng.standard_normal((30, 40), np.float32), rng.standard_normal((40, 50), np.float32)
    bound = kernel.bind(w=w)
    expected = x.astype("f8") @ w.astype("f8") + np.argsort(np.abs(w).max(0), kind="stable")
    for _ in range(2):
        np.testing.assert_allclose(bound(x), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("arguments, message", [
    (lambda w: {"v": w}, "has no parameter 'v' to bind; there are: x, w, b"),
    (lambda w: {"w": w.astype("f8")}, "'w' has dtype f64, expected f32"),
    (lambda w: {"w": w[0]}, "'w' has rank 1, expected rank 2: f32[K, N], found f32[100]"),
    (lambda w: {"w": w, "b": w[0, :7].copy()}, "dimension N is 100 in 'w' but 7 in 'b'"),
])
def test_what_does_not_fit_is_told(context, rng, arguments, message):
    kernel = context.loads(KERNELS).kernel("dense")
    with pytest.raises(flex.FlexError, match="invalid argument") as error:
        kernel.bind(**arguments(operands(rng, "dense", 4, 70, 100)[1]))
    assert message in str(error.value)


def test_wrong_launches_are_told(context, rng):
    kernel = context.loads(KERNELS).kernel("dense")
    x, w, b = operands(rng, "dense", 4, 70, 100)
    bound = kernel.bind(w=w)
    with pytest.raises(flex.FlexError, match="dimension K is 70 in the bound arguments but 69 in 'x'"):
        bound(x[:, :69].copy(), b)
    with pytest.raises(flex.FlexError, match="'w' of kernel 'dense' is bound already"):
        bound.bind(w=w)
    with pytest.raises(flex.FlexError, match="result 'result' lies over the bound argument 'w'"):
        kernel.bind(w=w[:, :], b=b)(w[:4, :70].copy(), out=w[:4])
    with pytest.raises(flex.FlexError, match="tune the kernel that it was bound from"):
        bound.tune(x, b, seconds=1)
    inout = context.loads("kernel add(x: inout f32[N], y: f32[N]) { x = x + y }").kernel()
    with pytest.raises(flex.FlexError, match="'x' of kernel 'add' cannot be bound: result 'x' is stored over it"):
        inout.bind(x=x[0])


def test_an_image_made_for_bound_weights(flexc, rng):
    """Runs with and without bound arguments, and flexc explain shows what is done once."""
    flexc.write("k.flex", KERNELS)
    sizes = ("-D", "K=70", "-D", "N=100", "-D", "M=64")
    flexc.run("build", "k.flex:turned", "--bind", "w", "--bind", "b", *sizes, "-o", "k.fxk")
    x, w, b = operands(rng, "turned", 64, 70, 100)
    context = flex.Context(device="host", cache_dir="", library=BUILD / "lib" / "libflexrt.so")
    kernel = context.load(flexc.folder / "k.fxk").kernel()
    bound = kernel.bind(w=w, b=b)
    for _ in range(2):
        check("turned", bound(x), x, w, b)
        check("turned", kernel(x, w, b), x, w, b)
    check("turned", kernel.bind(b=b)(x, w), x, w, b)
    text = flexc.run("explain", "k.flex:turned", "--bind=w,b", *sizes).stdout
    assert "once for bound arguments" in text and "kept with bound arguments" in text
    done = subprocess.run([tool("flexc"), "explain", "k.flex:turned", "--bind=v"], cwd=flexc.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "option bind: no parameter 'v'; there are: x, w, b" in done.stderr
    flexc.run("run", "k.flex:turned", "x=randn(seed=1)[64,70]", "w=randn(seed=2)[100,70]", "b=zeros", "--bind=w,b", "--quiet", "-o", "host.npy")
    flexc.run("run", "k.flex:turned", "x=randn(seed=1)[64,70]", "w=randn(seed=2)[100,70]", "b=zeros", "--device=reference", "--quiet", "-o", "ref.npy")
    np.testing.assert_allclose(np.load(flexc.folder / "host.npy"), np.load(flexc.folder / "ref.npy"), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("device", ["emulated:sm_80", "emulated:gfx942"])
def test_devices_with_memory_of_their_own(rng, device):
    """Bound arguments are transferred once, and launches that read them alone are run once: later changes are not seen."""
    context = flex.Context(cache_dir="", library=BUILD / "lib" / "libflexrt.so")
    source = """kernel k(x: f32[M, K], w: f32[K, N]) -> f32[M, N] {
  let most[j] = max(k) abs(w[k, j])
  let order = argsort(most)
  return [i, j] (x @ w)[i, j] + f32(order[j])
}
"""
    kernel = context.loads(source).kernel()
    x, w = rng.standard_normal((20, 16), np.float32), rng.standard_normal((16, 24), np.float32)
    expected = x.astype("f8") @ w.astype("f8") + np.argsort(np.abs(w).max(0), kind="stable")
    bound = kernel.bind(w=w)
    for _ in range(2):
        np.testing.assert_allclose(bound(x, device=device), expected, rtol=1e-5, atol=1e-4)
        w[:] = 0
    np.testing.assert_allclose(kernel(x, w, device=device), np.broadcast_to(np.arange(24.0), (20, 24)), atol=1e-6)


def test_bound_filters_cost_no_gathering(flexc):
    """Lanes along the filters of small images with channels first: those are gathered once, so nothing speaks against it."""
    flexc.write("c.flex", """kernel first(x: f32[B, C, H, W], f: f32[K, C, 3, 3]) -> f32[B, K, H, W] {
  let p = zero(x)
  return [b, k, h, w] sum(c, r, s) p[b, c, h+r-1, w+s-1] * f[k, c, r, s]
}
""")
    dims = [f"-D{dim}" for dim in ("B=1", "C=256", "H=14", "W=14", "K=256")]
    text = flexc.run("explain", "c.flex:first", "-t", "cpu:x86-64-v4", "--bind", "f", *dims).stdout
    assert "lane k" in text and "once for bound arguments" in text
