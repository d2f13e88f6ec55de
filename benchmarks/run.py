#!/usr/bin/env python3
"""The benchmark: every kernel of benchmarks/suite beside the libraries of benchmarks/peers, timed in turn in one process, checked against f64.

    ./flex bench --quick                          some rows of each kind
    ./flex bench --only '^gemm 1024' --peers NumPy,OpenBLAS --threads 1,2
    ./flex bench --tune 10                        and what `flexc tune` gains over the cost model in 10 s for each row
    ./flex bench --open                           and code that was compiled once for all shapes, beside that for the row's
    ./flex bench --output FOLDER                  results.md, results.json, ratios.svg, roofline.svg
    ./flex bench --install-peers                  from PyPI into .venv-bench, from Debian by apt-get where that may be
    ./flex bench --list                           rows, peers, and why a peer is missing

Kernels are plain: no schedule. What Flex is timed by is flex_launch, what libraries are timed by is their own call; memory of results is
reused. Figures of a machine that does other things at the same time mean nothing.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent
ROOT = BENCHMARKS.parent
sys.path[:0] = [str(BENCHMARKS), str(ROOT / "python")]

import peers  # noqa: E402
from harness import ceilings, jobs, machine, pictures, report, suite, tuning  # noqa: E402

VENV = ROOT / ".venv-bench"


def install():
    """What the peers ask for; each package by itself, so that one that is not to be had leaves the others."""
    python = VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    failed = []
    for name in sorted({package for peer in peers.found().values() for package in peer.pip}):
        print(f"pip: {name}", flush=True)
        if subprocess.run([python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", name], check=False).returncode:
            failed.append(name)
    packages = sorted({package for peer in peers.found().values() for package in peer.debian})
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"apt-get: {' '.join(packages)}", flush=True)
        if subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, stdout=subprocess.DEVNULL, check=False).returncode:
            failed += packages
    else:
        print(f"not root; for the rest: sudo {' '.join(command)}")
    print(f"failed: {' '.join(failed)}" if failed else "all peers are installed")
    return 1 if failed else 0


class Progress:
    """One line that is written over on a terminal; a line for each row that is done, everywhere."""

    def __init__(self, count):
        self.count, self.done, self.tty, self.begin = count, 0, sys.stderr.isatty(), time.monotonic()

    def step(self, row, trying):
        if self.tty:
            left = (time.monotonic() - self.begin) / self.done * (self.count - self.done) / 60 if self.done else 0
            text = f"[{self.done}/{self.count}] {row or 'loading'}: {trying or 'done'}" + (f" ({left:.0f} min to go)" if left else "")
            sys.stderr.write(f"\r\033[K{text[: shutil.get_terminal_size().columns - 1]}")
            sys.stderr.flush()

    def row(self, text):
        self.done += 1
        if self.tty:
            sys.stderr.write("\r\033[K")
        print(text, flush=True)


def pick_peers(wanted, known):
    if wanted is None:
        return list(known)
    names = [name for name in wanted.split(",") if name]
    for name in names:
        if name not in known:
            sys.exit(f"no peer '{name}'; there are {', '.join(known)}")
    return names


def listing(rows, known):
    for row in rows:
        print(row.name + ("  (quick)" if row.quick else ""))
    for name, peer in known.items():
        try:
            peer.load(1)
            print(f"{name}: {peer.version()}")
        except peers.Missing as reason:
            print(f"{name}: missing: {reason}")


def add_tuning(done, row, seconds, build):
    """To what was measured of a row: the cost model's seconds and the best, or why there are none."""
    gained = tuning.tune(build / "bin" / "flexc", row, done["threads"], seconds)
    done["tuned"] = gained if isinstance(gained, str) else {"model": gained[0], "best": gained[1]}


def run(args, rows, names):
    """Everything that was measured, as it goes into results.json."""
    build = Path(os.environ.get("FLEX_BUILD_DIR", ROOT / "build" / "dev"))
    library = os.environ.get("FLEX_LIBRARY") or (str(build / "lib" / "libflexrt.so") if "FLEX_BUILD_DIR" in os.environ else None)
    options = {"peers": names, "align": args.align, "huge": args.huge == "on", "seconds": args.seconds, "library": library, "verbose": args.verbose, "cpu_time": args.cpu_time, "open": args.open}
    threads = [int(word) for word in args.threads.split(",")]
    result = {"machine": machine.describe(), "arguments": sys.argv[1:], "options": options, "versions": {}, "missing": {}, "rows": [], "notes": []}
    result["ceilings"] = {} if args.no_ceilings else {str(count): ceilings.measure(count) for count in threads}
    result["ceilings"] = {count: rates for count, rates in result["ceilings"].items() if rates}
    progress = Progress(len(rows) * len(threads))
    for kernel in dict.fromkeys(row.kernel for row in rows):
        for count in threads:
            job = jobs.Job([row for row in rows if row.kernel == kernel], count, options)
            shown = 0

            def step(row, trying, job=job):
                nonlocal shown
                progress.step(row, trying)
                for done in job.results[shown:]:
                    progress.row(report.line(done, result["ceilings"]))
                shown = len(job.results)
            job.run(step)
            step(None, None)
            for done in job.results if args.tune else []:
                add_tuning(done, next(row for row in job.rows if row.name == done["done"]), args.tune, build)
                print(f"{done['done']:40}tuning gains {report.gain(done)}", flush=True)
            result["rows"] += job.results
            for note in job.notes:
                if "peer" in note:
                    result["versions"][note["peer"]] = note["version"]
                elif "missing" in note:
                    result["missing"][note["missing"]] = note["reason"]
                elif text := report.note_text(note):
                    result["notes"].append(text)
    return result


def parse(argv):
    parser = argparse.ArgumentParser(prog="./flex bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the rows marked so, 0.5 s each")
    parser.add_argument("--only", default="", metavar="PATTERN", help="rows whose name fits this regular expression")
    parser.add_argument("--threads", default="1", help="numbers of threads, e.g. 1,2 (default 1)")
    parser.add_argument("--peers", metavar="NAMES", help="only these, e.g. NumPy,PyTorch (default: all; --list shows them)")
    parser.add_argument("--seconds", type=float, help="time of a row, for all contenders together (default 3)")
    parser.add_argument("--tune", type=float, metavar="SECONDS", help="also tune each row for so long and show the gain; nothing is recorded")
    parser.add_argument("--open", action="store_true", help="also time each kernel compiled with open dimensions")
    parser.add_argument("--align", type=int, default=64, choices=[16, 32, 64], help="where arrays begin: multiples of this and of no larger power of two (64: or of more; default)")
    parser.add_argument("--huge", choices=["on", "off"], default="off", help="huge pages for arrays of 2 MiB and more (default off)")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="results.md, results.json and pictures go here (default build/bench/results)")
    parser.add_argument("--cpu-time", action="store_true", help="one thread: count only time on the processor, for trying on a machine that does other things")
    parser.add_argument("--no-ceilings", action="store_true", help="measure no ceilings")
    parser.add_argument("--verbose", action="store_true", help="let the libraries' messages through")
    parser.add_argument("--list", action="store_true", help="show rows and peers, and stop")
    parser.add_argument("--install-peers", action="store_true", help="install the peers, and stop")
    args = parser.parse_args(argv)
    if args.cpu_time and args.threads != "1":
        parser.error("--cpu-time is for one thread: it adds up that of all")
    args.seconds = args.seconds or (0.5 if args.quick else 3)
    args.output = args.output or ROOT / "build" / "bench" / "results"
    return args


def main(argv):
    args = parse(argv)
    if args.install_peers:
        return install()
    known = peers.found()
    rows = suite.chosen(suite.rows(), args.only, args.quick)
    if not rows:
        sys.exit(f"no row fits '{args.only}'" + (" among those of --quick" if args.quick else ""))
    names = pick_peers(args.peers, known)
    if args.list:
        listing(rows, {name: known[name] for name in names})
        return 0
    result = run(args, rows, names)
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "results.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (args.output / "results.md").write_text(report.markdown(result), encoding="utf-8")
    pictures.write(result, args.output)
    for name, reason in result["missing"].items():
        print(f"{name} is missing: {reason}")
    for note in sorted(set(result["notes"])):
        print(note)
    print(f"{report.summary(result['rows'])}\n{args.output}/results.md")
    return 0 if all(report.OURS in row["seconds"] for row in result["rows"]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
