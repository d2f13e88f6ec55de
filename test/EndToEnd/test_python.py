"""The package `flex` (python/): every sample of docs/reference/python.md, arguments, results, errors, lifetimes."""

import gc
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
from conftest import BUILD, ROOT

sys.path.insert(0, str(ROOT / "python"))
import flex  # noqa: E402

SOURCE = """
kernel axpy(a: f32, x: f32[N], y: f32[N]) -> f32[N] { return a * x + y }
kernel parts(x: f64[M, N]) -> (f64[M], i32) { return [i] sum(j) x[i, j], i32(M) }
"""


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    return flex.Context(device="host", cache_dir=tmp_path_factory.mktemp("cache"), library=BUILD / "lib" / "libflexrt.so")


@pytest.fixture(scope="module")
def module(context):
    return context.loads(SOURCE)


def test_the_samples_of_the_page(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/reference/python.md").read_text(), re.S)
    assert len(blocks) >= 5
    environment = {"PYTHONPATH": str(ROOT / "python"), "FLEX_LIBRARY": str(BUILD / "lib" / "libflexrt.so"), "FLEX_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-"], input="\n".join(blocks), env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "<flex kernel softmax(x: f32[M, N]) -> f32[M, N]>" in done.stdout


def test_arguments_by_position_and_name(module, rng):
    x, y = rng.standard_normal((2, 7)).astype(np.float32)
    expected = np.float32(2.5) * x + y
    for call in (lambda: module.axpy(2.5, x, y), lambda: module.axpy(2.5, y=y, x=x), lambda: module.axpy(np.float32(2.5), x, y=y)):
        np.testing.assert_allclose(call(), expected, rtol=1e-6)


def test_strides_are_kept(module, rng):
    x = rng.standard_normal((9, 14)).astype(np.float32)
    np.testing.assert_allclose(module.axpy(1, x[::-2, 3], x[0, 4:-5:1][:5]), x[::-2, 3] + x[0, 4:9], rtol=1e-6)
    np.testing.assert_allclose(module.parts(x.astype(np.float64)[::2, ::-3])[0], x.astype(np.float64)[::2, ::-3].sum(1), rtol=1e-12)


def test_several_results_and_out(module, rng):
    x = rng.standard_normal((3, 4))
    sums, rows = module.parts(x)
    assert rows == 3 and rows.dtype == np.int32 and rows.shape == ()
    into = np.full(3, np.nan), np.zeros((), np.int32)
    assert module.parts(x, out=into)[0] is into[0]
    np.testing.assert_array_equal(into[0], sums)


def test_empty(module):
    assert module.axpy(1, np.empty(0, np.float32), np.empty(0, np.float32)).shape == (0,)


@pytest.mark.parametrize("call, kind, words", [
    (lambda m: m.axpy(1, np.zeros(3, np.float32), np.zeros(4, np.float32)), flex.FlexError, "dimension N is 3"),
    (lambda m: m.axpy(1, np.zeros(3, np.float64), np.zeros(3, np.float32)), flex.FlexError, "f64"),
    (lambda m: m.axpy(1, np.zeros(3, np.float32)), TypeError, "needs 'y'"),
    (lambda m: m.axpy(1, 2, 3, 4), flex.FlexError, "4 were given"),
    (lambda m: m.axpy(1, np.zeros(3, np.complex64), 1), TypeError, "complex64"),
    (lambda m: m.axpy(1, np.zeros(3, ">f4"), 1), TypeError, "native byte order"),
    (lambda m: m.axpy(1, z=np.zeros(3, np.float32)), TypeError, "needs 'x'"),
    (lambda m: m.axpy(1, np.zeros(3, np.float32), y=np.zeros(3, np.float32), z=1), TypeError, "no free parameter 'z'"),
    (lambda m: m.axpy(1, np.zeros(3, np.float32), np.zeros(3, np.float32), out=[1, 2]), TypeError, "writable"),
    (lambda m: m.axpi, AttributeError, "there are axpy, parts"),
    (lambda m: m.axpy(1, np.zeros(3, np.float32), np.zeros(3, np.float32), device="abacus"), flex.FlexError, "abacus"),
])
def test_mistakes_are_named(module, call, kind, words):
    with pytest.raises(kind, match=words):
        call(module)


STEP = """
kernel step(p: inout f32[N], v: inout f32[N], g: f32[N], rate: f32 = 0.5) -> f32 {
  v = v + g
  p = p - rate * v
  return sum(p)
}
kernel half(x: inout f32[N]) { x = x / 2 }
"""


def test_inout_and_defaults(context):
    module = context.loads(STEP)
    assert str(module.step.signature) == "step(p: inout f32[N], v: inout f32[N], g: f32[N], rate: f32 = 0.5) -> f32"
    p, v, g = np.ones(3, np.float32), np.zeros(3, np.float32), np.ones(3, np.float32)
    assert module.step(p, v, g) == 1.5
    np.testing.assert_array_equal([p, v], [[0.5] * 3, [1] * 3])
    assert module.step(p, v, g, rate=0) == 1.5
    every_second = np.ones(6, np.float32)
    assert module.half(every_second[::2]) is None
    np.testing.assert_array_equal(every_second, [0.5, 1] * 3)
    with pytest.raises(TypeError, match="stores into 'x'"):
        module.half([1.0, 2.0])


def test_types_that_numpy_lacks(context):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    module = context.loads("kernel k(x: f32[N]) -> (bf16[N], f8e4m3fn[N], f8e5m2[N]) { return bf16(x), f8e4m3fn(x), f8e5m2(x) }")
    x = np.linspace(-3, 3, 17, dtype=np.float32)
    for found, dtype in zip(module.k(x), (ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2)):
        assert found.dtype == dtype
        np.testing.assert_array_equal(found.astype(np.float32), x.astype(dtype).astype(np.float32))


@pytest.mark.parametrize("dtype", ["int4", "uint4"])
def test_four_bits_are_packed_and_unpacked(context, dtype):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    short = {"int4": "i4", "uint4": "u4"}[dtype]
    kernel = context.loads(f"kernel k(x: {short}[M, N]) -> (i32[M, N], {short}[N, M]) {{ return i32(x), transpose(x) }}").kernel()
    x = (np.arange(15) - 8 * (dtype == "int4")).reshape(3, 5).astype(getattr(ml_dtypes, dtype))
    wide, turned = kernel(x)
    np.testing.assert_array_equal(wide, x.astype(np.int32))
    np.testing.assert_array_equal(turned.astype(np.int32), x.T.astype(np.int32))


def test_a_missing_library_is_said():
    with pytest.raises(flex.FlexError, match="cannot open libflexrt.*FLEX_LIBRARY"):
        flex.Context(library="/nonexistent/libflexrt.so")


def test_things_may_die_in_any_order(rng):
    x = rng.standard_normal(5).astype(np.float32)
    context = flex.Context(device="host", cache_dir="", library=BUILD / "lib" / "libflexrt.so")
    module = context.loads(SOURCE)
    kernel = module.axpy
    del context, module
    gc.collect()
    np.testing.assert_allclose(kernel(1, x, x), 2 * x)


def test_threads_share_a_kernel(module, rng):
    x = rng.standard_normal(1000).astype(np.float32)
    wrong = []
    def work(a):
        for _ in range(50):
            if not np.allclose(module.axpy(a, x, x), a * x + x, rtol=1e-5):
                wrong.append(a)
    threads = [threading.Thread(target=work, args=(a,)) for a in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


HOT = """
import time, numpy as np, flex
context = flex.Context(device="host", cache_dir="", library={library!r})
kernel = context.loads("kernel k(x: f32[M, N]) -> f32[M] {{ return [i] sum(j) x[i, j] * x[i, j] }}").k
x = np.random.default_rng(1).standard_normal((300, 1000)).astype(np.float32)
want, until = (x.astype(np.float64) ** 2).sum(1), time.monotonic() + {seconds}
while time.monotonic() < until and "beside its launches" not in context.explain():
    np.testing.assert_allclose(kernel(x, dynamic="hot"), want, rtol=1e-5)
np.testing.assert_allclose(kernel(x[:7, :33], dynamic="hot"), (x[:7, :33].astype(np.float64) ** 2).sum(1), rtol=1e-5)
np.testing.assert_allclose(kernel(x, dynamic="hot"), want, rtol=1e-5)
print(context.explain())
"""


@pytest.mark.parametrize("seconds", [60, 0.04, 0.06, 0.1])  # the short ones end while something may be compiled
def test_hot_shapes(seconds):
    script = HOT.format(library=str(BUILD / "lib" / "libflexrt.so"), seconds=seconds)
    done = subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": str(ROOT / "python")}, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert seconds < 1 or "compiled for these shapes, beside its launches" in done.stdout, done.stdout
