#!/usr/bin/env python3
"""Every function of the standard library and every example on every GPU chip, with no GPU: what the code takes, and that it runs.

    benchmarks/cards.py [--markdown FILE] [--json FILE] [--update FILE] [--chips sm_80 …] [--no-run] [--jobs N] [NAME …]

Compiled: in this process, in processor time; registers, spills, shared memory and matrix instructions as `flexc card` has them. Executed: on
emulated chips of every family (CHIPS of test/EndToEnd/sweep.py), compared with the reference interpreter (examples: with NumPy). The
kernels are those of the tests: compiled for the sizes of benchmarks/std.py, executed at the tests' (examples: compiled with open
dimensions). --update takes what is not measured this time from an earlier --json FILE. FLEX_BUILD_DIR names the build. Exit status 1
when a cell failed.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ.setdefault("FLEX_BUILD_DIR", str(ROOT / "build" / os.environ.get("FLEX_PRESET", "dev"))))
EXAMPLES = ROOT / "examples" / "kernels"
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "test" / "EndToEnd"), str(EXAMPLES), str(ROOT / "benchmarks")]
import gpu_compile  # noqa: E402
import run as kernels  # noqa: E402  the examples', not the benchmarks'
from chain import Compiler, FlexError, is_float  # noqa: E402
from sweep import CHIPS  # noqa: E402
from sweep_worker import STD, Worker, compare, parameters  # noqa: E402

MATRIX = re.compile(r"linalg\.(batch_)?matmul|nn\.(dense|attention|conv\d)")  # in f16, too: what matrix units are for
UNUSUAL = ("spirv:opencl", "spirv:opencl+fp16", "spirv:opencl+fp64")  # devices that lack a type


@dataclass
class Subject:
    """A kernel of the table; `sizes` and `types` for the compiler, `run` for the emulator."""

    name: str
    text: str
    kernel: str
    sizes: dict
    types: dict
    run: dict = None
    row: object = None
    example: object = None


def subjects():
    import std as benchmark
    from checks import EXAMPLES as examples
    from std_rows import ROWS

    for row in ROWS:
        halves = [("f16", " f16")] if MATRIX.match(row.function) and "f16" in row.dtypes else []
        for dtype, more in [(row.dtypes[0], ""), *halves]:
            text = row.source(dtype)
            names = {name for _, _, shape in parameters(text, "k") for part in shape for name in re.findall(r"[A-Z]\w*", part)}
            dims = {name: size for name, size in benchmark.sizes(row, list(parameters(text, "k"))).items() if name in names}
            run = max(row.runs, key=lambda run: np.prod(list(run.values()))) if more else row.runs[-1]
            yield Subject(row.function + more, text, "k", dims, {}, run=run, row=row)
    for name, example in examples.items():
        bindings = example.bindings(*example.check)
        yield Subject(f"example {name}", (EXAMPLES / f"{example.file}.flex").read_text(), example.kernel,
                      {key: value for key, value in bindings.items() if isinstance(value, int)},
                      {key: value for key, value in bindings.items() if isinstance(value, str)}, example=example)


def first_line(text):
    lines = [line for line in str(text).splitlines() if "error" in line] or str(text).splitlines() or ["nothing was said"]
    return lines[0].split("error: ")[-1][:160]


# ---------------------------------------------------------------------------------------------------------------------
# Compiled
# ---------------------------------------------------------------------------------------------------------------------


def cards(subject, targets, folder):
    """What `flexc card` says of each target; nothing of those that it cannot compile for."""
    (folder / "k.flex").write_text(subject.text)
    words = [word for name, value in {**subject.sizes, **subject.types}.items() for word in ("-D", f"{name}={value}")]
    command = [BUILD / "bin" / "flexc", "card", f"{folder / 'k.flex'}:{subject.kernel}", "--format=json", "-I", STD, "-I", EXAMPLES, *words]
    done = subprocess.run([*command, *(f"--target={target}" for target in targets)], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return {card["target"]: card["launches"] for card in json.loads(done.stdout)}
    if len(targets) == 1:
        return {}
    return {key: value for target in targets for key, value in cards(subject, [target], folder).items()}


def figures(launches):
    """Of a kernel that may be several launches: the most registers and shared memory of one, the sums of the rest; an entry counts once."""
    count, launches = len(launches), list({one["entry"]: one for one in launches}.values())
    known = [one for one in launches if one.get("registers") is not None]
    return {"launches": count, "registers": max((one["registers"] for one in known), default=None),
            "estimated": any(one.get("registersFrom") == "estimate" for one in known), "shared": max(one["groupMemoryBytes"] for one in launches),
            "spills": sum(one.get("spills") or 0 for one in launches) if known else None, "scratch": sum(one.get("scratchBytes") or 0 for one in launches) if known else None,
            "matrix": sum(one["instructions"].get("matrix", 0) for one in launches), "instructions": sum(one["instructions"].get("total", 0) for one in launches)}


def compiled(subject, targets, compiler, folder):
    said = cards(subject, targets, folder)
    cells = {}
    for target in targets:
        begin = time.process_time()
        try:
            image = compiler.image(subject.text, subject.kernel, target, subject.sizes, subject.types)
        except FlexError as error:
            cells[target] = {"error": first_line(error), "impossible": gpu_compile.refuses_rightly(str(error))}
            continue
        seconds = time.process_time() - begin
        (folder / "k.fxk").write_bytes(image)
        size = sum(len(payload) for _, _, payload in gpu_compile.programs(folder / "k.fxk"))
        cells[target] = {"milliseconds": round(seconds * 1e3, 1), "payload": size, **(figures(said[target]) if target in said else {"error": "flexc card failed"})}
    return cells


# ---------------------------------------------------------------------------------------------------------------------
# Executed
# ---------------------------------------------------------------------------------------------------------------------


def largest_error(found, wanted, bounds):
    """Relative to the largest magnitude of a result, where the reference decides."""
    worst = 0.0
    for got, want, bound in zip(found, wanted, bounds):
        a, b = (np.asarray(side.values(), np.float64) for side in (got.tensor, want))
        seen = np.isfinite(a) & np.isfinite(b) & np.isfinite(bound)
        if is_float(want.dtype) and seen.any():
            worst = max(worst, float(np.abs(a - b)[seen].max() / max(np.abs(b)[seen].max(), 1e-30)))
    return worst


def executed_row(subject, worker, device):
    case = {"seed": 1, "source": subject.text, "kernel": "k", "types": {}, "values": subject.row.values, "layout": "dense", "extra": 0.0, "undecided": 1}
    args = worker.arguments(case, subject.run)
    found = worker.runtime(device, 0).run(subject.text, "k", args)
    wanted = worker.compiler.interpret(subject.text, "k", args, [(result.tensor.dtype, result.tensor.array.shape) for result in found], {})
    wrong = [text for text in compare(found, wanted, case) if text]
    return {"wrong": wrong[0]} if wrong else {"error": largest_error(found, *wanted)}


def executed_example(subject, contexts, device):
    if device not in contexts:
        contexts[device] = kernels.flex.Context(device=device, cache_dir="", library=BUILD / "lib" / "libflexrt.so", import_paths=[STD])
    kernel, arguments, expected = kernels.prepared(contexts[device], subject.example, subject.example.check)
    wrong, error = kernels.differences(subject.example, kernels.launched(kernel, arguments), expected)
    return {"wrong": wrong} if wrong else {"error": error}


def executed(subject, worker, contexts, device):
    try:
        return executed_row(subject, worker, device) if subject.row else executed_example(subject, contexts, device)
    except Exception as error:  # noqa: BLE001 whatever it is, it is this cell's fault
        return {"wrong": first_line(error)}


# ---------------------------------------------------------------------------------------------------------------------
# The page
# ---------------------------------------------------------------------------------------------------------------------


def kilo(count):
    return f"{count / 1024:.1f}K" if count >= 1024 else str(count)


def cell(one):
    if "error" in one:
        return "–" if one.get("impossible") else "FAILED"
    words = [f"{'~' * one['estimated']}{one['registers']} r"] if one["registers"] is not None else []
    words += [f"{kilo(one['shared'])} sh"] * bool(one["shared"]) + [f"{one['matrix']} mm"] * bool(one["matrix"]) + [f"**{one['spills']} spilled**"] * bool(one["spills"])
    return ", ".join([*words, kilo(one["payload"]) + "B", f"{one['milliseconds']:.0f} ms"])


def by_chip(rows, targets):
    yield "| chip | compiled | impossible | failed | most registers | spilling | local memory | with matrix instructions | compiler's time, median | largest | payload, median |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for target in targets:
        cells = {row["name"]: row["compiled"][target] for row in rows}
        good = [one for one in cells.values() if "error" not in one]
        counts = [len(good), sum(1 for one in cells.values() if one.get("impossible")), sum(1 for one in cells.values() if "error" in one and not one.get("impossible"))]
        registers = max((one["registers"] for one in good if one["registers"] is not None), default="")
        times = [one["milliseconds"] for one in good] or [0]
        kinds = [sum(1 for one in good if one[key]) if any(one[key] is not None for one in good) else "" for key in ("spills", "scratch")]
        yield (f"| {target} | {counts[0]} | {counts[1]} | {counts[2]} | {registers} | {kinds[0]} | {kinds[1]} | {sum(1 for one in good if one['matrix'])} | "
               f"{statistics.median(times):.0f} ms | {max(times):.0f} ms | {kilo(round(statistics.median([one['payload'] for one in good] or [0])))}B |")


def by_kernel(rows, targets):
    yield "| kernel | " + " | ".join(target.split(":")[1] for target in targets) + " |"
    yield "|---" * (1 + len(targets)) + "|"
    for row in rows:
        yield f"| {row['name']} | " + " | ".join(cell(row["compiled"][target]) for target in targets) + " |"


def runs(rows):
    yield "| kernel | " + " | ".join(CHIPS) + " |"
    yield "|---" * (1 + len(CHIPS)) + "|"
    for row in rows:
        yield f"| {row['name']} | " + " | ".join(f"WRONG: {one['wrong']}" if "wrong" in one else f"{one['error']:.1e}" if one["error"] else "0" for one in row["executed"].values()) + " |"


def worst_runs(rows):
    for chip in CHIPS:
        found = [(one.get("error", 0), row["name"]) for row in rows for at, one in row["executed"].items() if at == chip]
        wrong = [row["name"] for row in rows if "wrong" in row["executed"].get(chip, {})]
        error, name = max(found, default=(0, ""))
        yield f"| {chip} | {len(found) - len(wrong)} | {', '.join(wrong) or 'none'} | {error:.1e} ({name}) |"


def page(rows, targets, commit):
    ran = any(row["executed"] for row in rows)
    yield "# Kernels by chips\n"
    yield (f"`benchmarks/cards.py`, commit {commit}, {len(rows)} kernels (every function of the standard library, contractions in f16, too, every example) for "
           f"{len(targets)} chips. No GPU was used.\n")
    yield ("A cell: the most registers a thread of one of its launches has (`r`; `~`: an estimate, where only a vendor's assembler that is not installed would know), shared memory "
           "(`sh`), matrix instructions in the code (`mm`), size of the payload, processor time of one compilation in a warm process. `–`: the chip "
           "lacks a type that the kernel computes in. SPIR-V has no registers: they are the device's compiler's.\n")
    yield "## By chip\n"
    yield from by_chip(rows, targets)
    failed = [(row["name"], target, one["error"]) for row in rows for target, one in row["compiled"].items() if "error" in one]
    if failed:
        yield "\nNot compiled:\n"
        said = {}
        for name, target, text in failed:
            said.setdefault((name, text), []).append(target)
        yield from (f"- {name}, {', '.join(where)}: {text}" for (name, text), where in said.items())
    spilling = [f"{row['name']} on {target} ({one['spills']})" for row in rows for target, one in row["compiled"].items() if one.get("spills")]
    yield f"\nSpills: {', '.join(spilling) or 'none'}.\n"
    if spilling:
        yield ("Counted are AMD's scalar registers, too, which go to lanes of vector registers and not to memory, and what NVIDIA's assembler keeps in memory, "
               "which the compiler does not see; vector registers that AMD's code keeps there make the compiler try smaller tiles.\n")
    if ran:
        yield "## Executed\n"
        yield "On emulated chips, within the bound of the reference interpreter for each element (examples: within their tolerance of NumPy).\n"
        yield "| chip | right | wrong | largest error, relative to the result's largest magnitude |\n|---|---|---|---|"
        yield from worst_runs(rows)
        yield ""
        yield from runs(rows)
    for family in dict.fromkeys(target.split(":")[0] for target in targets):
        yield f"\n## {family}\n"
        yield from by_kernel(rows, [target for target in targets if target.startswith(family + ":")])


COLUMNS = ("registers", "shared", "spills", "scratch", "matrix", "instructions", "launches", "payload", "milliseconds")


def kept(rows, targets, commit):
    """What goes to the file: a cell is a list of COLUMNS, or an object that says what is wrong."""
    short = lambda one: one if "error" in one else [one[key] for key in COLUMNS]  # noqa: E731
    return {"commit": commit, "columns": COLUMNS, "rows": [
        {"kernel": row["name"], "sizes": row["sizes"], "compiled": {target: short(row["compiled"][target]) for target in targets},
         "error": {chip: one.get("wrong", one.get("error")) for chip, one in row["executed"].items()}} for row in rows]}


def updated(rows, path, commit):
    """The rows of an earlier file with these in their places, and what to say of the commits."""
    old = json.loads(path.read_text())
    long = lambda one: {**dict(zip(old["columns"], one)), "estimated": False} if isinstance(one, list) else one  # noqa: E731
    earlier = {row["kernel"]: {"name": row["kernel"], "sizes": row["sizes"], "failed": False, "compiled": {target: long(one) for target, one in row["compiled"].items()},
                               "executed": {chip: {"wrong" if isinstance(one, str) else "error": one} for chip, one in row["error"].items()}} for row in old["rows"]}
    for row in rows:
        before = earlier.setdefault(row["name"], row)
        earlier[row["name"]] = {**row, "compiled": {**before["compiled"], **row["compiled"]}, "executed": row["executed"] or before["executed"]}
    names = [row["name"] for row in rows]
    said = f"{commit} of {len(names)} kernels ({', '.join(names)})" if len(names) < 60 else f"{commit} of {len(names)} kernels"
    return list(earlier.values()), f"{said}; of the others {old['commit']}"


def measured(options, targets):
    compiler, worker, contexts = Compiler(BUILD / "lib" / "libflexc.so", [STD, EXAMPLES]), Worker(BUILD), {}
    chosen = [one for one in subjects() if not options.names or any(name in one.name for name in options.names)]
    part, parts = map(int, options.part.split("/"))
    for number, subject in list(enumerate(chosen))[part::parts]:
        with tempfile.TemporaryDirectory() as folder:
            row = {"name": subject.name, "sizes": subject.sizes, "compiled": compiled(subject, targets, compiler, Path(folder)), "executed": {}}
        if not options.no_run:
            row["executed"] = {chip: executed(subject, worker, contexts, f"emulated:{chip}") for chip in CHIPS}
        for runtime in worker.runtimes.values():
            runtime.forget()
        bad = [target for target, one in row["compiled"].items() if "error" in one and not one["impossible"]] + [chip for chip, one in row["executed"].items() if "wrong" in one]
        print(f"{number + 1}/{len(chosen)} {subject.name}" + (f": {', '.join(bad)}" if bad else ""), file=sys.stderr, flush=True)
        yield {"number": number, **row, "failed": bool(bad)}


def side_by_side(options):
    """The rows of `--jobs` processes, each of which does a part."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, __file__, *options.names, *(["--no-run"] if options.no_run else []), *(["--chips", *options.chips] if options.chips else [])]
        files = [Path(folder) / f"{part}.json" for part in range(options.jobs)]
        jobs = [subprocess.Popen([*words, "--json", path, "--part", f"{part}/{options.jobs}"], stdout=subprocess.DEVNULL) for part, path in enumerate(files)]
        for job in jobs:
            job.wait()
        return sorted((row for path in files for row in json.loads(path.read_text())["rows"]), key=lambda row: row["number"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only kernels whose name contains one of these")
    parser.add_argument("--chips", nargs="*", help="only these, e.g. sm_80 gfx942")
    parser.add_argument("--no-run", action="store_true", help="compile only")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default 1)")
    parser.add_argument("--part", default="0/1", help="the I-th of N parts, as I/N")
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--update", type=Path, help="the other rows are those of this file")
    options = parser.parse_args()
    targets = [target for target in gpu_compile.chips() if (target.split(":")[1] in options.chips if options.chips else target not in UNUSUAL)]
    rows = side_by_side(options) if options.jobs > 1 else list(measured(options, targets))
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False).stdout.strip()
    failed = any(row["failed"] for row in rows)
    if options.update:
        rows, commit = updated(rows, options.update, commit)
        targets = list(rows[0]["compiled"])
    text = "\n".join(page(rows, targets, commit)) + "\n"
    if options.markdown:
        options.markdown.write_text(text)
    else:
        print(text)
    if options.json:
        data = kept(rows, targets, commit) if options.part == "0/1" else {"rows": rows}
        options.json.write_text(json.dumps(data, separators=(",", ":")).replace('{"kernel"', '\n{"kernel"') + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
