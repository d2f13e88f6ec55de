"""Kernel.tune of the package `flex`: within its budget, the same results, used at once and by later contexts; off, and asked wrongly.

Times decide nothing here: which schedule wins is the machine's affair, what it computes is not.
"""

import os
import sqlite3
import sys
import time

import numpy as np
import pytest
from conftest import BUILD, ROOT

sys.path.insert(0, str(ROOT / "python"))
import flex  # noqa: E402

GEMM = "kernel gemm(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { return a @ b }\n"
OPEN = "kernel k<M: dim>(x: f32[N]) -> f32[M, N] { return [i, j] x[j] * 2 + f32(i) }\n"
ODD = "gemm_0 {rows 3, vectors 2, lane_tile 32}"  # certainly not the cost model's choice


@pytest.fixture
def records(tmp_path, monkeypatch):
    """The file of records that contexts made from here on use."""
    path = tmp_path / "tuning.sqlite"
    monkeypatch.setenv("FLEX_TUNING", str(path))
    return path


@pytest.fixture
def operands(rng):
    return rng.standard_normal((96, 64), np.float32), rng.standard_normal((64, 80), np.float32)


def fresh(source=GEMM, **options):
    context = flex.Context(device="host", cache_dir="", library=BUILD / "lib" / "libflexrt.so", **options)
    return context, context.loads(source).kernel()


def rows(path, what="*"):
    with sqlite3.connect(path) as database:
        return database.execute(f"SELECT {what} FROM records").fetchall()


def test_what_is_found_is_used_at_once_and_later(records, operands):
    context, kernel = fresh()
    expected = kernel(*operands)
    assert "schedule from a record" not in context.explain()
    copies = [operand.copy() for operand in operands]
    begin = time.monotonic()
    found = kernel.tune(*operands, seconds=1)
    assert time.monotonic() - begin < 15  # of a minute and more that all candidates would take on a busy machine
    for operand, copy in zip(operands, copies):
        np.testing.assert_array_equal(operand, copy)
    assert found.model_seconds >= found.best_seconds > 0 and found.gain >= 0 and found.recorded
    assert found.tried >= 1 and found.wrong == 0
    assert not found.schedule or found.schedule.startswith("gemm_0 {")
    assert rows(records, "name, shape, schedule") == [("gemm", "K=64 M=96 N=80", found.schedule)]
    np.testing.assert_allclose(kernel(*operands), expected, rtol=1e-4, atol=1e-4)
    assert ("schedule from a record: tuned on " in context.explain()) == bool(found.schedule)
    assert context.last_launch().origin == "memory", "nothing is left to be compiled"
    later, again = fresh()
    np.testing.assert_allclose(again(*operands), expected, rtol=1e-4, atol=1e-4)
    assert ("schedule from a record: tuned on " in later.explain()) == bool(found.schedule)


def test_a_search_replaces_the_record_in_use(records, operands):
    """Also by one that says the cost model's choice stays: then later launches of the same context are by that."""
    _, kernel = fresh()
    kernel.tune(*operands, seconds=0.5)
    with sqlite3.connect(records) as database:
        database.execute("UPDATE records SET schedule = ?, model_seconds = 0.002, best_seconds = 0.001", (ODD,))
    context, kernel = fresh()
    expected = kernel(*operands)
    assert "1 ms, 2 ms by the cost model" in context.explain()
    found = kernel.tune(*operands, seconds=1)
    assert rows(records, "schedule") == [(found.schedule,)]
    np.testing.assert_allclose(kernel(*operands), expected, rtol=1e-4, atol=1e-4)
    assert "1 ms, 2 ms by the cost model" not in context.explain()
    assert ("schedule from a record" in context.explain()) == bool(found.schedule)


def test_off_is_for_the_context_alone(tmp_path, monkeypatch, operands):
    monkeypatch.setenv("FLEX_TUNING", "off")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    context, kernel = fresh()
    expected = kernel(*operands)
    found = kernel.tune(*operands, seconds=1)
    assert not found.recorded and found.tried >= 1
    np.testing.assert_allclose(kernel(*operands), expected, rtol=1e-4, atol=1e-4)
    assert ("schedule from a record" in context.explain()) == bool(found.schedule)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("source, arguments", [
    ("kernel k(x: inout f32[N], rate: f32 = 2) { x = x * rate + 1 }", lambda: [np.ones(4096, np.float32)]),
    ("kernel k<T: f16 | f32>(x: T[M, N]) -> T[N, M] { return [j, i] x[i, j] }", lambda: [np.ones((60, 66), np.float16)[::2, ::-3]]),
    ("kernel k(x: f32[N], a: f32) -> (f32[N], f32) { return a * x, sum(x) }", lambda: [np.ones(1000, np.float32), 3]),
    ("kernel k(x: i4[N]) -> i32[N] { return [i] i32(x[i]) }", lambda: [np.ones(65).astype(pytest.importorskip("ml_dtypes").int4)]),
    ("kernel k(x: f32[N]) -> f32[N] { return x + 1 }", lambda: [np.empty(0, np.float32)]),
], ids=["in place", "strides", "numbers", "nibbles", "empty"])
def test_arguments_of_all_kinds(records, source, arguments):
    _, kernel = fresh(source)
    given = arguments()
    copies = [np.copy(value) for value in given]
    found = kernel.tune(*given, seconds=0.5)
    assert found.wrong == 0
    for value, copy in zip(given, copies):
        np.testing.assert_array_equal(value, copy)


def test_progress_is_told_and_may_fail(records, operands):
    _, kernel = fresh()
    texts = []
    found = kernel.tune(a=operands[0], b=operands[1], seconds=0.5, progress=texts.append)
    assert texts[0] == "compiling the cost model's choice" and len(texts) > found.tried
    with pytest.raises(ZeroDivisionError):
        kernel.tune(*operands, seconds=0.1, progress=lambda text: 1 / 0)


def test_a_launch_longer_than_the_budget(records, rng):
    _, kernel = fresh()
    x = rng.standard_normal((1500, 1500), np.float32)
    begin = time.monotonic()
    found = kernel.tune(x, x, seconds=1e-6)
    assert time.monotonic() - begin < 60
    assert found.tried == 0 and found.schedule == "" and not found.recorded and found.model_seconds > 0
    assert not records.exists()


@pytest.mark.parametrize("how, kind, status, words", [
    ({"seconds": 0}, flex.FlexError, "invalid argument", "the budget is 0 seconds, expected more than 0"),
    ({"seconds": -1}, flex.FlexError, "invalid argument", "the budget is -1 seconds"),
    ({"seconds": float("nan")}, flex.FlexError, "invalid argument", "the budget is nan seconds"),
    ({"device": "emulated:sm_80"}, flex.FlexError, "unimplemented", "only 'host' can be tuned: 'emulated:sm_80' is "),
    ({"device": "abacus"}, flex.FlexError, "not found", "abacus"),
    ({"c": 1}, TypeError, None, "no free parameter 'c'"),
])
def test_mistakes_are_named(records, operands, how, kind, status, words):
    _, kernel = fresh()
    with pytest.raises(kind, match=words) as raised:
        kernel.tune(*operands, **{"seconds": 1, **how})
    assert status is None or raised.value.status == status
    assert not records.exists()


def test_what_cannot_be_tuned(flexc, records, operands):
    context, kernel = fresh(OPEN)
    with pytest.raises(flex.FlexError, match="dimension M of kernel 'k' does not follow from the arguments"):
        kernel.tune(np.ones(3, np.float32), seconds=1)
    assert kernel.specialize(M=300).tune(np.ones(3, np.float32), seconds=0.3).model_seconds > 0
    flexc.write("open.flex", OPEN)
    assert "k M=300 N=70 on " in flexc.run("tune", "open.flex", "-D", "M=300", "-D", "N=70", "--budget", "0.3").stdout
    done = flexc.run("tune", "open.flex", "-D", "N=70", "--budget", "0.3", check=False)
    assert done.returncode == 1 and "-D M=512" in done.stderr, done.stderr
    flexc.write("k.flex", GEMM)
    flexc.run("build", "k.flex", "-D", "M=96", "-D", "N=80", "-D", "K=64", "-o", "k.fxk")
    with pytest.raises(flex.FlexError, match="kernel 'gemm' is an image's, whose code is what it is; tune its source"):
        context.load(flexc.folder / "k.fxk").gemm.tune(*operands, seconds=1)
    with pytest.raises(flex.FlexError, match="dimension K is 64"):
        fresh()[1].tune(operands[0], operands[0], seconds=1)
