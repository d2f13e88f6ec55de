#!/usr/bin/env python3
"""Times kernels of the suite at odd and prime sizes beside the sizes that the suite has, on one core, and compares the rates.

    benchmarks/neighbours.py [--only PATTERN] [--seconds S] [--cpu-time] [--markdown FILE]

The sizes are those of suite/neighbours.txt. A rate is work by time, in multiply-adds (twice) where the suite counts them, else in bytes that must be moved, so that sizes
can be compared. A row and its neighbours run in turn in one process; results are checked against f64 first, as in the suite. FLEX_BUILD_DIR names the build.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "benchmarks")]
BUILD = Path(os.environ.get("FLEX_BUILD_DIR", ROOT / "build" / os.environ.get("FLEX_PRESET", "dev")))
LOSS = 0.10  # what a neighbour may lose against the suite's size


def read(path=ROOT / "benchmarks" / "suite" / "neighbours.txt"):
    """(kernel, dimensions of the suite's row, [dimensions of a neighbour], why those fall short) of each line."""
    numbers = lambda words: {name: int(value) for name, value in (word.split("=") for word in words)}  # noqa: E731
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            sizes, _, why = line.partition(";")
            row, near = sizes.split(":")
            kernel, *words = row.split()
            dims = numbers(words)
            yield kernel, dims, [{**dims, **numbers(part.split())} for part in near.split(",")], why.strip()


def prepare(flex, kernel, dims):
    """The call of one size, and its work; ValueError if what it computes is wrong."""
    from harness import memory, operations, suite

    row = suite.Row(kernel, dims, quick=False)
    row.fill(flex.kernel(row).signature, operations.draw(row), memory.placer(64, False))
    one, _ = flex.prepare(row)
    operation = operations.OPERATIONS[kernel]
    error = operations.errors(row, operations.expected(row), one.outputs())
    if not error <= operation.tolerance(row):
        raise ValueError(f"{row.name} is wrong: error {error}, tolerance {operation.tolerance(row)}")
    return row.name, one.call, operation.flops(dims) or operation.moved(row), "GFLOP/s" if operation.flops(dims) else "GB/s"


def measure(only, seconds, clock):
    """Lines of the table: name, best seconds, rate, unit, the rate by that of the suite's size (None for that one itself), why it may fall short."""
    from harness.ours import Flex
    from harness.timing import measure as time_in_turn

    flex = Flex(1, 64, False, str(BUILD / "lib" / "libflexrt.so"))
    for kernel, dims, near, why in read():
        if not re.search(only, f"{kernel} {'x'.join(map(str, dims.values()))}"):
            continue
        sizes = [prepare(flex, kernel, each) for each in [dims, *near]]
        timed = time_in_turn({name: call for name, call, _, _ in sizes}, seconds, clock=clock)
        rates = [work / timed[name].best for name, _, work, _ in sizes]
        for (name, _, _, unit), rate in zip(sizes, rates, strict=True):
            yield name, timed[name].best, rate / 1e9, unit, None if rate is rates[0] else rate / rates[0], why


def markdown(lines, command):
    from harness import machine

    full = machine.describe()
    near = [ratio for *_, ratio, _ in lines if ratio is not None]
    short = sum(ratio < 1 - LOSS for ratio in near)
    page = ["# Odd sizes beside the suite's", "", f"`{command}`, {full['cpu']}, commit {full['commit']}, one core.", "",
            f"{len(near)} sizes; {len(near) - short} of them within {LOSS:.0%} of the rate of the suite's size above them, at worst {min(near):.2f}.", "",
            "| size | best | rate | by the suite's size | why |", "|---|---|---|---|---|"]
    for name, seconds, rate, unit, ratio, why in lines:
        behind = ratio is not None and ratio < 1 - LOSS
        shown = "" if ratio is None else f"**{ratio:.2f}**" if behind else f"{ratio:.2f}"
        page.append(f"| {name} | {seconds * 1e6:.2f} us | {rate:.1f} {unit} | {shown} | {why if behind else ''} |")
    return "\n".join(page) + "\n"


def main():
    import time

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="PATTERN", default="", help="rows of the suite whose name fits this regular expression")
    parser.add_argument("--seconds", type=float, default=1.0, help="time of a row and its neighbours together (default 1)")
    parser.add_argument("--cpu-time", action="store_true", help="count only time on the processor, on a machine that does other things")
    parser.add_argument("--markdown", metavar="FILE", type=Path)
    parser.add_argument("--json", metavar="FILE", type=Path)
    options = parser.parse_args()
    from harness import pin

    pin([max(os.sched_getaffinity(0))])
    lines = []
    for line in measure(options.only, options.seconds, time.process_time if options.cpu_time else time.perf_counter):
        name, seconds, rate, unit, ratio, _ = line
        print(f"{name:36} {seconds * 1e6:12.2f} us {rate:9.1f} {unit:8} {'' if ratio is None else f'{ratio:.2f}'}", flush=True)
        lines.append(line)
    if not lines:
        sys.exit(f"no row fits '{options.only}'")
    command = " ".join(["benchmarks/neighbours.py", *(word for word in sys.argv[1:] if "/" not in word and not word.startswith("--markdown") and not word.startswith("--json"))])
    if options.markdown:
        options.markdown.write_text(markdown(lines, command), encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps([dict(zip(("name", "seconds", "rate", "unit", "ratio", "why"), line, strict=True)) for line in lines]), encoding="utf-8")


if __name__ == "__main__":
    main()
