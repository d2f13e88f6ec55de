"""Every function of the standard library over dtypes, shapes, strides and values, on the host device, and at one size on OpenCL's device and emulated chips, against the reference
interpreter (within the bound that this derives per element) and, in f64, against NumPy. The rows are in std_rows.py.
"""

import re
from collections import Counter

import pytest
from conftest import ROOT
from std_rows import PASSES, ROWS, cases
from sweep_worker import parameters

CASES = {case.id: case for case in cases()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_function(case, pool, devices):
    if f"\n{case.device} " not in "\n" + devices:
        pytest.skip(f"there is no device {case.device} here")
    failures = pool.failures(case)
    assert not failures, f"{len(failures)} failures with FLEX_SEED={case.seed}\n{case.source}\n" + "\n".join(failures[:8])


def test_every_function_has_a_row():
    functions = sorted(f"{path.stem}.{name}" for path in (ROOT / "std").glob("*.flex") for name in re.findall(r"^fn (\w+)", path.read_text(), re.M))
    rows = sorted(row.function.split("(")[0] for row in ROWS)  # overloads have a row each, e.g. "nn.f(ids)"
    missing, gone = Counter(functions) - Counter(rows), Counter(rows) - Counter(functions)
    assert not missing, f"functions of std without a row in std_rows.py: {', '.join(missing)}"
    assert not gone, f"rows of std_rows.py without a function: {', '.join(gone)}"


def test_no_function_takes_more_passes_than_by_hand(flexc):
    """Fused groups at one size, each one a pass over memory."""
    wrong = []
    for row in ROWS:
        sizes = [word for key, value in row.runs[-1].items() for word in ("-D", f"{key}={value}")]
        place = flexc.write("k.flex", row.source(row.dtypes[0]))
        groups = flexc.run("check", place, "-I", ROOT / "std", "--emit=groups", "--target=cpu", *sizes).stdout.count("flex.group ")
        if groups > PASSES.get(row.function, 1):
            wrong.append(f"{row.function}: {groups}")
    assert not wrong, ", ".join(wrong)


def test_every_function_has_a_size_in_the_benchmark(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import std as benchmark

    for row in ROWS:
        benchmark.sizes(row, list(parameters(row.source(row.dtypes[0]), "k")))


def examples():
    """(name, source) of the example in the comment of each function."""
    for path in sorted((ROOT / "std").glob("*.flex")):
        for comment, name in re.findall(r"((?:^///.*\n)*)^fn (\w+)", path.read_text(), re.M):
            block = re.search(r"^/// ```flex\n(.*?)^/// ```$", comment, re.M | re.S)
            yield f"{path.stem}.{name}", block and f"import {path.stem}\n" + re.sub(r"^/// ?", "", block.group(1), flags=re.M)


def words(source):
    """Arguments for `flexc run`: every dimension is 8."""
    head = re.search(r"kernel k(?:<(.*?)>)?\(", source)
    names = re.findall(r"(\w+): dim", head.group(1) or "")
    yield from (word for name in names for word in ("-D", f"{name}=8"))
    for name, dtype, shape in parameters(source, "k"):
        extents = ", ".join(re.sub(r"[A-Za-z]\w*", "8", part) for part in shape)
        made = "uniform(low=0.1, high=0.9)" if dtype[0] in "fb" and dtype != "bool" else "randint(low=0, high=2)"
        yield f"{name}={made}[{extents}]" if shape else f"{name}={'true' if dtype == 'bool' else '0.5' if dtype[0] == 'f' else '1'}"


@pytest.mark.parametrize(("name", "source"), list(examples()), ids=[name for name, _ in examples()])
def test_the_example_in_the_comment_runs(name, source, flexc):
    assert source, f"{name} has no example in its comment"
    assert name.split(".")[1] in source
    flexc.run("run", flexc.write("k.flex", source), *words(source), "-I", ROOT / "std", "--device", "host", "--no-cache")
