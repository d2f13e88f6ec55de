#!/usr/bin/env python3
"""Times kernels of benchmarks/kernels.flex beside NumPy (with its OpenBLAS) and, where installed, PyTorch.

One core, one process: every contender of a row is called in turn until the time is spent, so that a disturbance meets all of
them. Results are checked against NumPy in f64 first. `--json FILE` keeps the figures with machine and commit.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))


def pin(core):
    """Before NumPy and PyTorch are loaded: their thread pools look at the affinity once."""
    os.sched_setaffinity(0, {core})
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "FLEX_NUM_THREADS"):
        os.environ[name] = "1"


class Row:
    """One kernel at one shape: arguments, contenders, and how to count work."""

    def __init__(self, kernel, label, arguments, exact, contenders, flops=0, moved=0):
        self.kernel, self.label, self.arguments, self.exact = kernel, label, arguments, exact
        self.contenders, self.flops, self.moved = contenders, flops, moved


def rows(np, torch):
    random = np.random.default_rng(1)

    def normal(*shape):
        return random.standard_normal(shape, dtype=np.float32)

    def with_torch(arguments, call):
        if torch is None:
            return {}
        tensors = [torch.from_numpy(array) for array in arguments]
        return {"PyTorch": lambda: call(*tensors)}

    for m, k, n in ((256, 256, 256), (1024, 1024, 1024), (127, 511, 1023)):
        a, b = normal(m, k), normal(k, n)
        yield Row("gemm", f"{m}x{k}x{n}", [a, b], lambda a, b: a @ b,
                  {"NumPy": lambda a=a, b=b: a @ b} | with_torch([a, b], lambda a, b: a @ b), flops=2 * m * k * n)
    x, scale, shift = normal(4096, 1024), normal(1024), normal(1024)

    def softmax(x):
        e = np.exp(x - x.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    def layernorm(x, scale, shift):
        return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5) * scale + shift

    yield Row("softmax", "4096x1024", [x], softmax, {"NumPy": lambda: softmax(x)} | with_torch([x], lambda x: torch.softmax(x, 1)),
              moved=2 * x.nbytes)
    yield Row("layernorm", "4096x1024", [x, scale, shift], layernorm, {"NumPy": lambda: layernorm(x, scale, shift)} | with_torch(
        [x, scale, shift], lambda x, s, t: torch.nn.functional.layer_norm(x, (1024,), s, t)), moved=2 * x.nbytes)
    big = normal(1 << 24)
    try:
        from scipy.special import erf  # with scikit-learn; NumPy has none
    except ImportError:
        erf = None

    def gelu(x):
        of = erf or (lambda x: torch.special.erf(torch.from_numpy(x)).numpy())
        return 0.5 * x * (1 + of(x * np.sqrt(x.dtype.type(0.5))))

    if erf or torch:
        yield Row("gelu", "16M", [big], gelu, ({"NumPy": lambda: gelu(big)} if erf else {}) | with_torch([big], lambda x: torch.nn.functional.gelu(x)),
                  moved=2 * big.nbytes)
    other = normal(1 << 24)
    yield Row("add", "16M", [big, other], lambda a, b: a + b,
              {"NumPy": lambda: big + other} | with_torch([big, other], lambda a, b: a + b), moved=3 * big.nbytes)


def measure(contenders, seconds):
    """Best and median seconds of each, called in turn at least three times."""
    times = {name: [] for name in contenders}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(next(iter(times.values()))) < 3:
        for name, call in contenders.items():
            begin = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - begin)
    return {name: (min(taken), statistics.median(taken)) for name, taken in times.items()}


def rate(row, seconds):
    return f"{row.flops / seconds / 1e9:8.1f} GFLOP/s" if row.flops else f"{row.moved / seconds / 1e9:8.1f} GB/s"


def machine():
    name = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if "model name" in line), "?")
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    versions = {module: sys.modules[module].__version__ for module in ("numpy", "torch") if module in sys.modules}
    return {"cpu": name, "cores": os.cpu_count(), "system": platform.platform(), "commit": commit.stdout.strip() or "?"} | versions


def run_row(np, module, context, row, seconds):
    kernel = module.kernel(row.kernel)
    result = kernel(*row.arguments, device="host")
    origin = context.last_launch()
    exact = row.exact(*[array.astype(np.float64) for array in row.arguments])
    error = float(np.abs(result - exact).max() / np.abs(exact).max())
    if not error < 1e-5:
        sys.exit(f"{row.kernel} {row.label}: error {error:.3g} against f64")
    args, results = [kernel.tensor(array) for array in row.arguments], [kernel.tensor(result)]
    timed = measure({"Flex": lambda: kernel.launch(args, results, "host")} | row.contenders, seconds)
    best_peer = min(best for name, (best, _) in timed.items() if name != "Flex")
    print(f"{row.kernel} {row.label}: error {error:.1e}, code from the {origin.origin} in {origin.prepare * 1e3:.1f} ms; "
          f"{best_peer / timed['Flex'][0]:.2f}x the best peer's speed")
    for name, (best, median) in timed.items():
        print(f"  {name:<10} best {best * 1e3:9.3f} ms  median {median * 1e3:9.3f} ms  {rate(row, best)}", flush=True)
    return {"kernel": row.kernel, "shape": row.label, "error": error, "seconds": timed, "prepare": origin.prepare, "origin": origin.origin}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("filter", nargs="?", default="", help="only rows whose kernel's name contains this")
    parser.add_argument("--seconds", type=float, default=3, help="time for a row (default 3)")
    parser.add_argument("--core", type=int, default=min(os.sched_getaffinity(0)), help="the core to run on")
    parser.add_argument("--json", type=Path, help="write the figures here")
    args = parser.parse_args()
    pin(args.core)
    import numpy as np
    import flex

    try:
        import torch
        torch.set_num_threads(1)
    except ImportError:
        torch = None
        print("PyTorch is not installed (scripts/install-deps --bench): NumPy is the only peer")
    context = flex.Context()
    module = context.load(ROOT / "benchmarks" / "kernels.flex")
    done = [run_row(np, module, context, row, args.seconds) for row in rows(np, torch) if args.filter in row.kernel]
    if args.json:
        args.json.write_text(json.dumps({"machine": machine(), "rows": done}, indent=1) + "\n")


if __name__ == "__main__":
    main()
