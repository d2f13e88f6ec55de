"""flexc tune: a record is found, written and used; one that does not fit is left out with a note; the file under damage, at once and interrupted.

Times decide nothing here: which schedule wins is the machine's affair, what it computes is not.
"""

import json
import re
import signal
import sqlite3
import subprocess
import threading
import time

import numpy as np
import pytest
from conftest import Flexc, tool

GEMM = "kernel gemm(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { return a @ b }\n"
DIMS = ["-D", "M=96", "-D", "N=80", "-D", "K=64"]
SOFTMAX = "import nn\nkernel soft(x: f32[M, N]) -> f32[M, N] { return nn.softmax(x) }\n"
OTHERS = {
    "elementwise": ("kernel k(x: f32[M, N], y: f32[M, N]) -> f32[M, N] { return exp(x) * y + 1 }", ["-D", "M=64", "-D", "N=257"]),
    "sum of columns": ("kernel k(x: f32[M, N]) -> f32[N] { return sum(x, axis = 0) }", ["-D", "M=300", "-D", "N=300"]),
    "running sum": ("kernel k(x: f32[M, N]) -> f32[M, N] { return cumsum(x, axis = 0) }", ["-D", "M=200", "-D", "N=130"]),
    "bytes": ("kernel k(a: i8[M, N], b: i8[N, M]) -> i32[M, M] { return [i, j] sum(k) i32(a[i, k]) * i32(b[k, j]) }", ["-D", "M=64", "-D", "N=96"]),
    "indices": ("kernel k(x: f32[M, N]) -> i64[M] { return argmax(x, axis = 1) }", ["-D", "M=64", "-D", "N=300"]),
    "halves": ("kernel k<T: f16 | bf16>(x: T[M, N]) -> T[M, N] { return x * x + 1 }", ["-D", "M=64", "-D", "N=64", "-D", "T=bf16"]),
    "several launches": ("kernel k(a: f32[M, N], b: f32[N, M]) -> f32[M, M] {\n  let c = a @ b\n  return c @ c\n}", ["-D", "M=64", "-D", "N=96"]),
    "attention": (
        "import nn\nkernel k(q: f32[H, S, D], k: f32[H, S, D], v: f32[H, S, D]) -> f32[H, S, D] { return nn.attention(q, k, v) }",
        ["-D", "H=2", "-D", "S=64", "-D", "D=64"],
    ),
    "in place": ("kernel k(x: inout f32[N]) { x = x * 2 + 1 }", ["-D", "N=4096"]),
    "fixed sizes": ("kernel k(x: f32[128, 65]) -> f32[65, 128] { return [j, i] x[i, j] }", []),
}


def rows(flexc, what="*"):
    with sqlite3.connect(flexc.env["FLEX_TUNING"]) as database:
        return database.execute(f"SELECT {what} FROM records ORDER BY name, shape").fetchall()


def change(flexc, text, *values):
    with sqlite3.connect(flexc.env["FLEX_TUNING"]) as database:
        database.execute(text, values)


@pytest.fixture
def tuned(flexc):
    """A record whose schedule is certainly not the cost model's."""
    flexc.write("k.flex", GEMM)
    flexc.run("tune", "k.flex", *DIMS, "--budget", "0.5")
    change(flexc, "UPDATE records SET schedule = ?, model_seconds = 0.002, best_seconds = 0.001", "gemm_0 {rows 3, vectors 2, lane_tile 32}")
    return flexc


def check_product(flexc, rng, *options, shape=(96, 64, 80)):
    m, k, n = shape
    a, b = rng.standard_normal((m, k), np.float32), rng.standard_normal((k, n), np.float32)
    np.save(flexc.folder / "a.npy", a)
    np.save(flexc.folder / "b.npy", b)
    done = flexc.run("run", "k.flex", "a=@a.npy", "b=@b.npy", "-o", "c.npy", "--device", "host", *options)
    np.testing.assert_allclose(np.load(flexc.folder / "c.npy"), a @ b, rtol=1e-4, atol=1e-4)
    return done.stderr


def test_tuning_writes_a_record_and_tells_the_gain(flexc):
    flexc.write("k.flex", GEMM)
    printed = flexc.run("tune", "k.flex", *DIMS, "--budget", "2").stdout
    assert re.search(r"^gemm K=64 M=96 N=80 on ", printed)
    assert re.search(r"^  gemm_0: the cost model's choice: .+; best: .+ \(-?\d+ %\)", printed, re.M)
    assert re.search(r"^  \d+ candidates, \d+ of them do not fit; results as the reference interpreter's$", printed, re.M)
    assert re.search(r"^the cost model's choice: .+; best: .+ \(\d+ %\)$", printed, re.M)
    assert int(re.search(r"(\d+) candidates", printed).group(1)) >= 1
    (record,) = rows(flexc, "name, shape, shape_class, model_seconds, best_seconds, schedule")
    assert record[:3] == ("gemm", "K=64 M=96 N=80", "K~64/16 M~128/16 N~64/16")
    assert record[3] >= record[4] > 0
    assert not record[5] or record[5].startswith("gemm_0 {")
    listed = flexc.run("tune", "list").stdout
    assert "gemm K=64 M=96 N=80" in listed and "1 record in " in listed


@pytest.mark.parametrize("name", OTHERS)
def test_kernels_of_all_kinds(flexc, name):
    """Whatever is tried computes what the cost model's choice does: else it is said, and that is a fault."""
    source, words = OTHERS[name]
    flexc.write("k.flex", source + "\n")
    done = flexc.run("tune", "k.flex", *words, "--budget", "3")
    assert "warning" not in done.stderr, done.stderr
    assert len(rows(flexc)) == 1
    explained = flexc.run("explain", "k.flex", *words).stdout
    assert "tuned on " in explained


def test_large_results_are_compared_with_the_choice(flexc):
    flexc.write("s.flex", SOFTMAX)
    done = flexc.run("tune", "s.flex", "x=randn[1024, 1000]", "--budget", "2")
    assert "results as those of the cost model's choice" in done.stdout
    assert "warning" not in done.stderr
    assert rows(flexc, "shape") == [("M=1024 N=1000",)]


def test_run_build_and_explain_use_the_record(tuned, rng):
    assert "tuned on " in check_product(tuned, rng)
    assert "code from the disk cache" in (warm := check_product(tuned, rng)) and "tuned on " in warm
    assert "tuned on" not in check_product(tuned, rng, "--no-tuning")
    explained = tuned.run("explain", "k.flex", *DIMS).stdout
    assert "a record's gemm_0 {rows 3, vectors 2, lane_tile 32}, tuned on " in explained
    assert re.search(r"gemm_0: .*\n +schedule gemm for cpu \{ strategy tile .* rows 3 .* vectors 2 \}", explained)
    plain = tuned.run("explain", "k.flex", *DIMS, "--no-tuning").stdout
    assert "record" not in plain and "rows 3 " not in plain
    built = tuned.run("build", "k.flex", *DIMS, "-o", "k.fxk")
    assert "the schedule of 'gemm' is from record" in built.stderr
    a, b = rng.standard_normal((96, 64), np.float32), rng.standard_normal((64, 80), np.float32)
    np.save(tuned.folder / "a.npy", a)
    np.save(tuned.folder / "b.npy", b)
    tuned.run("run", "k.fxk", "a=@a.npy", "b=@b.npy", "-o", "c.npy")
    np.testing.assert_allclose(np.load(tuned.folder / "c.npy"), a @ b, rtol=1e-4, atol=1e-4)
    assert "record" not in tuned.run("build", "k.flex", *DIMS, "-o", "k.fxk", "--no-tuning").stderr
    assert "record" not in tuned.run("build", "k.flex", "-o", "k.fxk").stderr, "open dimensions are another kernel"


def test_off_means_off(tuned, rng):
    tuned.env["FLEX_TUNING"] = "off"
    assert "tuned on" not in check_product(tuned, rng)
    assert "FLEX_TUNING is 'off'" in tuned.run("tune", "k.flex", *DIMS, check=False).stderr
    assert "the cost model's choice" in tuned.run("tune", "k.flex", *DIMS, "--no-record", "--budget", "0.5").stdout


def test_sizes_of_the_class_use_it_and_others_do_not(tuned, rng):
    assert "tuned on" in check_product(tuned, rng, shape=(112, 48, 64))
    assert "tuned on" not in check_product(tuned, rng, shape=(97, 64, 80))
    assert "tuned on" not in check_product(tuned, rng, shape=(512, 64, 80))
    assert "tuned on" not in check_product(tuned, rng, "--dynamic")
    tuned.write("k.flex", GEMM + "// another source\n")
    assert "tuned on" not in check_product(tuned, rng)


def test_threads_are_another_machine(tuned, rng):
    assert "tuned on" not in check_product(tuned, rng, "--threads", "1" if "2 thread" in tuned.run("devices", "-v").stdout else "3")


@pytest.mark.parametrize("schedule", ["gemm_7 {rows 3}", "gemm_0 {rows 1000}", "gemm_0 {colour red}", "gemm_0 {lane_tile 7, lanes 16}", "nonsense"])
def test_a_schedule_that_does_not_compile_is_left_out(tuned, rng, schedule):
    change(tuned, "UPDATE records SET schedule = ?", schedule)
    said = check_product(tuned, rng)
    assert "tuned on" not in said
    assert re.search(r"warning: tuning record \w+ of kernel 'gemm' is not used, its schedule .* does not compile here: ", said)
    done = tuned.run("explain", "k.flex", *DIMS)
    assert "note: tuning record" in done.stderr and "tuned on" not in done.stdout
    assert "note: tuning record" in tuned.run("build", "k.flex", *DIMS, "-o", "k.fxk").stderr


def test_a_record_of_another_compiler_is_left_out(tuned, rng):
    change(tuned, "UPDATE records SET compiler = '0.0.7'")
    said = check_product(tuned, rng)
    assert "tuned on" not in said
    assert re.search(r"warning: tuning record \w+ of kernel 'gemm' is not used: Flex 0\.0\.7 made it", said)
    assert "by Flex 0.0.7: not used" in tuned.run("tune", "list").stdout
    assert "1 record dropped" in tuned.run("tune", "drop", "stale").stdout
    assert rows(tuned) == []


def test_a_damaged_file_stops_nothing(tuned, rng):
    path = tuned.folder / "tuning.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 500)
    said = check_product(tuned, rng)
    assert f"warning: tuning records '{path}'" in said and "none is used" in said
    done = tuned.run("tune", "list", check=False)
    assert done.returncode == 2 and "tuning.sqlite" in done.stderr
    done = tuned.run("tune", "k.flex", *DIMS, "--budget", "0.5")
    assert "was damaged; it is now" in done.stderr
    assert (tuned.folder / "tuning.sqlite.damaged").read_bytes().startswith(b"SQLite format 3\0\xff")
    assert len(rows(tuned)) == 1


def test_export_import_and_drop(tuned):
    tuned.run("tune", "export", "-o", "mine.json")
    exported = json.loads((tuned.folder / "mine.json").read_text())
    assert exported["flex-tuning-records"] == 1
    (record,) = exported["records"]
    assert record["schedule"] == "gemm_0 {rows 3, vectors 2, lane_tile 32}"
    identity = tuned.run("tune", "list").stdout.split()[0]
    assert "0 of 1 records" in re.sub("1 of 1", "0 of 1", tuned.run("tune", "import", "mine.json").stdout)
    older = dict(record, schedule="", made=record["made"] - 1)
    newer = dict(record, shape="K=1 M=1 N=1")
    (tuned.folder / "theirs.json").write_text(json.dumps({"flex-tuning-records": 1, "records": [older, newer]}))
    assert "1 of 2 records are new" in tuned.run("tune", "import", "theirs.json").stdout
    assert len(rows(tuned)) == 2
    assert ("gemm_0 {rows 3, vectors 2, lane_tile 32}",) in rows(tuned, "schedule")
    assert "1 record dropped" in tuned.run("tune", "drop", identity).stdout
    assert rows(tuned, "shape") == [("K=1 M=1 N=1",)]
    assert tuned.run("tune", "drop", identity, check=False).returncode == 1
    assert "1 record dropped" in tuned.run("tune", "drop", "all").stdout
    assert "0 records in " in tuned.run("tune", "list").stdout


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"flex-tuning-records": 2, "records": []}', '{"flex-tuning-records": 1, "records": [{"kernel": 3}]}'])
def test_what_is_no_export_is_refused(flexc, text):
    flexc.write("bad.json", text)
    done = flexc.run("tune", "import", "bad.json", check=False)
    assert done.returncode == 1 and "'bad.json' is no file of 'flexc tune export'" in done.stderr
    assert not (flexc.folder / "tuning.sqlite").exists()


@pytest.mark.parametrize(
    "words, message",
    [
        (["tune"], "which kernel?"),
        (["tune", "k.flex"], "define"),
        (["tune", "k.flex", *DIMS, "--budget", "soon"], "--budget is 'soon'"),
        (["tune", "k.flex", *DIMS, "--device", "emulated:sm_80"], "only 'host' can be tuned"),
        (["tune", "k.flex", *DIMS, "--option", "schedule=x {rows 1}"], "schedules are what is looked for"),
        (["tune", "k.flex:jemm", *DIMS], "did you mean 'gemm'"),
        (["tune", "import"], "needs files"),
        (["tune", "list", "k"], "takes no 'k'"),
    ],
)
def test_what_is_asked_wrongly(flexc, words, message):
    flexc.write("k.flex", GEMM)
    done = flexc.run(*words, check=False)
    assert done.returncode == 1 and message in done.stderr, done.stderr


@pytest.mark.parametrize("keys", ["", ", pack false", ", vectors 1, rows 2, lane_tile 16", ", unroll_tile 12, rows 4"])
@pytest.mark.parametrize("shape", [(96, 64, 80), (37, 5, 4), (64, 64, 64)])
def test_lanes_along_another_index(flexc, rng, keys, shape):
    """What the tuner tries last: not the last index of the result, which is stored with gaps then."""
    flexc.write("k.flex", GEMM)
    check_product(flexc, rng, "--option", f"schedule=gemm_0 {{lane i, unroll j, collapse 1, depth 0, strategy tile{keys}}}", shape=shape)


def test_two_at_once(tmp_path):
    shared = Flexc(tmp_path)
    shared.write("k.flex", GEMM)
    sizes = [32, 48, 64]
    threads = [
        threading.Thread(target=shared.run, args=("tune", "k.flex", "-D", f"M={size}", "-D", "N=32", "-D", "K=32", "--budget", "1")) for size in sizes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(rows(shared, "shape")) == sorted((f"K=32 M={size} N=32",) for size in sizes)


@pytest.mark.parametrize("delay", [0.3, 1.5])
def test_interrupted_nothing_is_kept(flexc, delay):
    flexc.write("k.flex", GEMM)
    big = ["-D", "M=1024", "-D", "N=1024", "-D", "K=1024"]  # seconds of work on any machine
    words = [tool("flexc"), "tune", "k.flex", *big, "--budget", "60"]
    with subprocess.Popen(words, cwd=flexc.folder, env=flexc.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode != 0
    assert not (flexc.folder / "tuning.sqlite").exists() or rows(flexc) == []


def test_the_budget_is_kept(flexc):
    flexc.write("k.flex", GEMM)
    begin = time.monotonic()
    flexc.run("tune", "k.flex", *DIMS, "--budget", "1")
    assert time.monotonic() - begin < 30  # of a minute and more that all candidates would take on a busy machine
