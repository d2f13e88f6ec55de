"""benchmarks/cards.py: the table of kernels by chips says what was compiled, what ran, and what did not."""

import json
import os
import subprocess
import sys

import pytest
from conftest import BUILD, ROOT


def test_a_function_on_two_chips(tmp_path):
    command = [sys.executable, ROOT / "benchmarks" / "cards.py", "linalg.matvec", "--jobs", "2", "--chips", "sm_80", "gfx942", "--json", tmp_path / "t.json", "--markdown", tmp_path / "t.md"]
    done = subprocess.run(command, env=dict(os.environ, FLEX_BUILD_DIR=str(BUILD)), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    table = json.loads((tmp_path / "t.json").read_text())
    (row,) = table["rows"]
    assert row["kernel"] == "linalg.matvec" and sorted(row["compiled"]) == ["amdgpu:gfx942", "nvptx:sm_80"]
    for cell in (dict(zip(table["columns"], values, strict=True)) for values in row["compiled"].values()):
        assert cell["registers"] > 4 and cell["payload"] > 500 and cell["milliseconds"] > 0 and cell["spills"] == 0
    assert len(row["error"]) == 5 and all(0 <= error < 1e-5 for error in row["error"].values())
    page = (tmp_path / "t.md").read_text()
    assert "| linalg.matvec | " in page and "Spills: none" in page and "FAILED" not in page


@pytest.fixture
def cards(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import cards

    return cards


def test_what_fails_is_in_the_page(cards):
    good = {"milliseconds": 5.0, "payload": 2000, "launches": 1, "registers": 20, "estimated": False, "shared": 0, "spills": 3, "scratch": 16, "matrix": 8, "instructions": 99}
    failed, lacking = {"error": "it broke", "impossible": False}, {"error": "computes in f64", "impossible": True}
    rows = [{"name": "one", "compiled": {"t:a": good, "t:b": failed}, "executed": {chip: {"error": 0.5} for chip in cards.CHIPS}},
            {"name": "two", "compiled": {"t:a": lacking, "t:b": good}, "executed": {chip: {"wrong": "off by 3"} for chip in cards.CHIPS}}]
    page = "\n".join(cards.page(rows, ["t:a", "t:b"], "abc"))
    assert "| one | 20 r, 8 mm, **3 spilled**, 2.0KB, 5 ms | FAILED |" in page and "| two | – | 20 r" in page
    assert "- one, t:b: it broke" in page and "WRONG: off by 3" in page and "Spills: one on t:a (3), two on t:b (3)." in page
    assert "| t:a | 1 | 1 | 0 | 20 | 1 | 1 | 1 |" in page
    assert f"| {cards.CHIPS[0]} | 1 | two | 5.0e-01 (one) |" in page


def test_a_wrong_run_is_found(cards):
    class Broken:
        row = example = None

    assert "wrong" in cards.executed(Broken(), None, {}, "emulated:sm_80")


def test_what_is_measured_again_takes_the_place_of_the_rest(cards, tmp_path):
    good = {"milliseconds": 5.0, "payload": 2000, "launches": 1, "registers": 20, "estimated": False, "shared": 0, "spills": 3, "scratch": 16, "matrix": 8, "instructions": 99}
    rows = [{"name": name, "sizes": {"N": 8}, "compiled": {"t:a": good, "t:b": good}, "executed": {"a": {"error": 0.5}, "b": {"wrong": "off"}}} for name in ("one", "two")]
    (tmp_path / "old.json").write_text(json.dumps(cards.kept(rows, ["t:a", "t:b"], "abc")))
    again = {**rows[1], "compiled": {"t:b": {**good, "spills": 0}}, "executed": {}}
    merged, commit = cards.updated([again], tmp_path / "old.json", "def")
    assert [row["name"] for row in merged] == ["one", "two"] and commit == "def of 1 kernels (two); of the others abc"
    assert [merged[1]["compiled"][target]["spills"] for target in ("t:a", "t:b")] == [3, 0] and merged[1]["executed"] == rows[1]["executed"]
