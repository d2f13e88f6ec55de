"""./flex bench: a few small rows beside NumPy give a table, JSON and pictures. Nothing is asserted about times."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as xml

import pytest
from conftest import BUILD, ROOT

sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "python")]
from harness import operations, pictures, report, suite, tuning  # noqa: E402


def bench(folder, *args, **variables):
    env = {**os.environ, "FLEX_BUILD_DIR": str(BUILD), **variables}
    return subprocess.run([sys.executable, ROOT / "benchmarks" / "run.py", "--output", folder, "--seconds", "0.02", "--no-ceilings", *args], env=env,
                          capture_output=True, text=True, timeout=120, check=False)


def test_a_few_rows(tmp_path):
    done = bench(tmp_path, "--only", "^(gemm (16x16x|64x)|sum_rows 256)", "--peers", "NumPy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "geometric mean" in done.stdout
    result = json.loads((tmp_path / "results.json").read_text())
    assert [row["done"] for row in result["rows"]] == ["gemm 16x16x16", "gemm 64x64x64", "sum_rows 256x256"]
    for row in result["rows"]:
        assert {"Flex", "NumPy"} == set(row["seconds"])
        assert all(one["samples"] >= 3 and one["best"] <= one["median"] for one in row["seconds"].values())
        assert all(error <= row["tolerance"] for error in row["errors"].values())
    assert {"cpu", "commit", "system"} <= set(result["machine"]) and "NumPy" in result["versions"]
    page = (tmp_path / "results.md").read_text()
    assert all(f"| {row['done']} |" in page for row in result["rows"])
    assert xml.parse(tmp_path / "ratios.svg").getroot().tag.endswith("svg")


def test_what_tuning_gains(tmp_path):
    done = bench(tmp_path, "--only", "^(gemm 64x|sum_rows 256)", "--peers", "NumPy", "--tune", "0.3", FLEX_TUNING=str(tmp_path / "tuning.sqlite"))
    assert done.returncode == 0, done.stdout + done.stderr
    for row in json.loads((tmp_path / "results.json").read_text())["rows"]:
        assert 0 < row["tuned"]["best"] <= row["tuned"]["model"], row["tuned"]
        assert f"tuning gains {report.gain(row)}" in done.stdout
    page = (tmp_path / "results.md").read_text()
    assert "| tuning gains |" in page and "Tuning gains 5 % and more on" in page
    assert not (tmp_path / "tuning.sqlite").exists()


def test_open_dimensions(tmp_path):
    done = bench(tmp_path, "--only", "^(gemm 64x|sum_rows 256)", "--peers", "NumPy", "--open")
    assert done.returncode == 0, done.stdout + done.stderr
    for row in json.loads((tmp_path / "results.json").read_text())["rows"]:
        assert {"Flex", "Flex, open", "NumPy"} == set(row["seconds"]) and report.open_cost(row) > 0 and report.ratio(row)[1] == "NumPy"
        assert row["errors"]["Flex, open"] <= row["tolerance"]
    page = (tmp_path / "results.md").read_text()
    assert "| open / fixed |" in page and "Open dimensions cost more than 15 % on" in page and "| Flex, open |" not in page


def test_odd_sizes_beside_the_suites(tmp_path):
    done = subprocess.run([sys.executable, ROOT / "benchmarks" / "neighbours.py", "--only", "^(gemm 64|sum_rows)", "--seconds", "0.05", "--json", tmp_path / "n.json", "--markdown", tmp_path / "n.md"],
                          env={**os.environ, "FLEX_BUILD_DIR": str(BUILD)}, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = json.loads((tmp_path / "n.json").read_text())
    assert [line["name"] for line in lines] == ["gemm 64x64x64", "gemm 61x67x59", "gemm 71x61x73", "sum_rows 256x256", "sum_rows 257x251"]
    assert [line["ratio"] is None for line in lines] == [True, False, False, True, False] and all(line["rate"] > 0 for line in lines)
    assert "3 sizes;" in (tmp_path / "n.md").read_text()
    import neighbours

    rows = [(row.kernel, row.dims) for row in suite.rows()]
    assert all((kernel, dims) in rows and all(set(near) == set(dims) and near != dims for near in sizes) for kernel, dims, sizes, _ in neighbours.read())


def test_gains_and_why_there_are_none():
    assert tuning.seconds_of("x\nthe cost model's choice: 6.47 ms; best: 6220.0 us (4 %)\n") == pytest.approx((6.47e-3, 6.22e-3))
    assert report.gain({"tuned": {"model": 1.1, "best": 1.0}}) == "10 %" and report.gain({}) == ""
    row = suite.Row("gemm", {"M": 64}, False)
    assert "dimension 'K' is not known yet" in tuning.tune(BUILD / "bin" / "flexc", row, 1, 0.1)


def test_a_row_or_peer_that_is_not_there(tmp_path):
    assert "no row fits" in bench(tmp_path, "--only", "nothing").stderr
    assert "no peer 'Nobody'" in bench(tmp_path, "--peers", "Nobody").stderr


PEER = """
import os
import numpy as np
from peers import Missing, Peer, Prepared

class Other(Peer):
    name = "NAME"

    def load(self, threads):
        LOAD

    def prepare(self, row, threads):
        a, b = row.arrays.values()
        return Prepared(lambda: a @ b, lambda: [BODY])

PEER = Other()
"""


def test_peers_of_ones_own_that_are_good_wrong_missing_or_die(tmp_path):
    for name, load, body in (("good", "pass", "a @ b"), ("wrong", "pass", "a @ b + 1"), ("raises", "pass", "a / missing"), ("dies", "pass", "os.abort()"),
                             ("absent", "raise Missing('no such library')", "a @ b"), ("killed", "os.abort()", "a @ b")):
        (tmp_path / f"{name}.py").write_text(PEER.replace("NAME", name).replace("LOAD", load).replace("BODY", body))
    done = bench(tmp_path / "out", "--only", "^gemm (16x16x|64x)", "--peers", "killed,dies,wrong,raises,absent,good", FLEX_BENCH_PEERS=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "out" / "results.json").read_text())
    assert [set(row["seconds"]) for row in result["rows"]] == [{"Flex", "good"}] * 2
    assert result["missing"] == {"absent": "no such library"}
    notes = "\n".join(result["notes"])
    for text in ("killed: the process died in it", "gemm 64x64x64: dies: the process died in it", "gemm 16x16x16: wrong is wrong: error", "raises: NameError"):
        assert text in notes


def test_every_row_has_a_kernel_and_a_reference():
    rows, files = suite.rows(), suite.files()
    assert {row.kernel for row in rows} == set(files) == set(operations.OPERATIONS)
    assert len({row.name for row in rows}) == len(rows)


def test_a_wrong_contender_is_found(rng):
    row = suite.Row("gemm", {"M": 8, "N": 4, "K": 3}, False)
    row.arrays = {"a": rng.standard_normal((8, 3)).astype("f4"), "b": rng.standard_normal((3, 4)).astype("f4")}
    row.results = [((8, 4), suite.numpy_type("f32"))]
    wanted, product = operations.expected(row), row.arrays["a"] @ row.arrays["b"]
    tolerance = operations.OPERATIONS["gemm"].tolerance(row)
    assert operations.errors(row, wanted, [product]) <= tolerance
    wrong = product.copy()
    wrong[0, 0] += 1e-3
    assert tolerance < operations.errors(row, wanted, [wrong])
    assert operations.errors(row, wanted, [product[:4]]) == float("inf")
    wrong[0, 0] = float("nan")
    assert operations.errors(row, wanted, [wrong]) == float("inf")


def test_the_ratio_is_that_of_the_best_peer():
    row = {"seconds": {"Flex": {"best": 2.0}, "A": {"best": 4.0}, "B": {"best": 3.0}}}
    assert report.ratio(row) == (1.5, "B")
    alone = {"seconds": {"Flex": {"best": 2.0}}}
    assert report.ratio(alone) == (None, None)
    assert report.summary([alone]) == "1 rows, none with a peer"
    assert report.summary([row, alone, {"seconds": {"Flex": {"best": 3.0}, "A": {"best": 2.0}}}]).endswith("on 1, geometric mean of the ratios 1.00")


def test_rows_that_fall_short_have_their_reasons(tmp_path):
    rows = [{"done": name, "threads": 1, "seconds": {"Flex": {"best": time}, "A": {"best": 1.0}}} for name, time in (("gemm 4", 2.0), ("gemm 5", 4.0), ("add 1", 1.0))]
    assert report.behind(rows, [("^gemm 5$", "slow"), ("^gemm", "late")]) == [(0.25, "gemm 5", 1, "slow"), (0.5, "gemm 4", 1, "late")]
    (tmp_path / "reasons.txt").write_text("# comment\n\n^gemm 5$: slow: very\n")
    assert suite.reasons(tmp_path / "reasons.txt") == [("^gemm 5$", "slow: very")]
    import re

    names = [row.name for row in suite.rows()]
    for pattern, text in suite.reasons():
        assert text and any(re.search(pattern, name) for name in names), pattern


def test_a_row_without_figures_stays_on_the_page(tmp_path):
    good = {"done": "gemm 4", "threads": 1, "type": "f32", "flops": 8e3, "bytes": 100, "footprint": 100, "read_only": False, "compile_seconds": 0.01,
            "seconds": {name: {"best": time, "median": time} for name, time in (("Flex", 2e-6), ("A", 1e-6))}}
    stream = {"read": 1e9, "copy": 1e9, "copy_nt": 2e9}
    rates = {"flops": {"f32": 8e9}, "widths": {"f32 512": 8e9}, "sizes": {"L1": 1000}, "streams": {"L1": stream, "memory": stream}}
    result = {"machine": {"cpu": "this", "commit": "0", "caches": {"L1": {"bytes": 1024, "cores": 1}}}, "arguments": [], "versions": {"A": "1"}, "missing": {"B": "not installed"},
              "rows": [good, {"done": "gemm 5", "threads": 1, "seconds": {}, "broken": "CompileError: no"}], "notes": ["gemm 4: A: slow"], "ceilings": {"1": rates}}
    page = report.markdown(result)
    assert "| gemm 4 | 2.00 us / 2.00 us | 4.0 GF/s | 50 % | compute | A | **0.50** | 10 ms | 0.50 |" in page
    assert "| gemm 5 | CompileError: no |" in page and "missing: not installed" in page and "- gemm 4: A: slow" in page
    pictures.write(result, tmp_path)
    assert all(xml.parse(tmp_path / name) for name in ("ratios.svg", "roofline.svg"))


@pytest.mark.parametrize("line", ["gemm M=1 N", "gemm M=x", "gemm slow M=1"])
def test_a_line_that_is_no_row(tmp_path, line):
    (tmp_path / "rows.txt").write_text(f"# comment\n{line}\n")
    with pytest.raises(ValueError, match="rows.txt:2"):
        suite.rows(tmp_path / "rows.txt")
