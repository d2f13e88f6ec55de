#!/usr/bin/env python3
"""Runs the example kernels and checks them against NumPy.

    examples/kernels/run.py                   the names, one line each
    examples/kernels/run.py life harris       these, checked
    examples/kernels/run.py --all --bench     all, checked and timed at full size

Exit status 1 when a result is wrong. FLEX_PRESET names the build (default dev).
"""

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "python"), str(HERE)]
import flex  # noqa: E402
from checks import EXAMPLES  # noqa: E402


def find_library():
    build = Path(os.environ.get("FLEX_BUILD_DIR", ROOT / "build" / os.environ.get("FLEX_PRESET", "dev")))
    return Path(os.environ.get("FLEX_LIBRARY", build / "lib" / "libflexrt.so"))


def prepared(context, example, size):
    """The kernel, its arguments and what it must give."""
    bindings = example.bindings(*size)
    kernel = context.load(HERE / f"{example.file}.flex").kernel(example.kernel)
    arguments, expected = example.make(np.random.default_rng(1), *size)
    return kernel.specialize(**bindings) if bindings else kernel, arguments, expected


def differences(example, results, expected):
    """What is wrong, and the largest error relative to the largest magnitude of a result."""
    worst = 0.0
    for number, (got, wanted) in enumerate(zip(results, expected, strict=True)):
        wanted = np.asarray(wanted)
        if got.shape != wanted.shape:
            return f"result {number} has the shape {got.shape}, NumPy's {wanted.shape}", worst
        if not np.array_equal(np.isnan(got), np.isnan(wanted)):
            return f"result {number} is NaN at other places than NumPy's", worst
        off = np.abs(np.nan_to_num(got).astype(np.float64) - np.nan_to_num(wanted).astype(np.float64)).max(initial=0)
        worst = max(worst, float(off / max(np.abs(np.nan_to_num(wanted).astype(np.float64)).max(initial=0), 1e-30)) if off else 0.0)
        if not worst <= example.tolerance:
            return f"result {number} is off by {worst:.2e}, allowed are {example.tolerance:.0e}", worst
    return "", worst


def launched(kernel, arguments):
    """What the kernel stores into copies of its inout arguments, then its results."""
    stored = [tensor.inout for tensor in kernel.signature.parameters] + [False] * len(arguments)
    arguments = [np.array(argument) if inout else argument for argument, inout in zip(arguments, stored)]
    results = kernel(*arguments)
    results = results if isinstance(results, tuple) else () if results is None else (results,)
    return [argument for argument, inout in zip(arguments, stored) if inout] + list(results)


def best(call, budget):
    """The least seconds of one call, over as many as fit into the budget."""
    least, end = float("inf"), time.perf_counter() + budget
    while True:
        begin = time.perf_counter()
        call()
        now = time.perf_counter()
        least = min(least, now - begin)
        if now > end:
            return least


def bench(context, example, seconds):
    """The least seconds of a launch at full size, and what is wrong with its results."""
    kernel, arguments, expected = prepared(context, example, example.bench)
    wrong, _ = differences(example, launched(kernel, arguments), expected)
    out = tuple(launched(kernel, arguments)[-len(kernel.signature.results):] if kernel.signature.results else ())
    return best(lambda: kernel(*arguments, out=out), seconds), wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="examples to run")
    parser.add_argument("--all", action="store_true", help="every example")
    parser.add_argument("--bench", action="store_true", help="also time them at full size")
    parser.add_argument("--seconds", type=float, default=1, help="time for one measurement (default 1)")
    parser.add_argument("--device", help="run on this device instead of the scheduler's choice")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in EXAMPLES]
    if unknown or not (args.names or args.all):
        print(*EXAMPLES, sep="\n")
        sys.exit(f"run.py: no example '{unknown[0]}'" if unknown else 0)
    wrong = 0
    try:
        context = flex.Context(device=args.device, library=find_library(), import_paths=[ROOT / "std"])
        for example in EXAMPLES.values() if args.all else [EXAMPLES[name] for name in args.names]:
            kernel, arguments, expected = prepared(context, example, example.check)
            fault, error = differences(example, launched(kernel, arguments), expected)
            line = f"{example.file:<16} {fault or f'as NumPy (error {error:.1e})'}"
            if args.bench and not fault:
                seconds, fault = bench(context, example, args.seconds)
                line += f", {'x'.join(map(str, example.bench))}: {fault or f'{seconds * 1e3:.2f} ms'}"
            wrong += bool(fault)
            print(line, flush=True)
    except flex.FlexError as error:
        sys.exit(f"run.py: {error}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
