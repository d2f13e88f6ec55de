"""Cases of the sweep and the pool of processes that runs them.

A `Case` is a kernel and the sizes to run it at; what it must give is decided by the reference interpreter. Two worker
processes run all cases that pytest selected; a worker that dies fails its case, with the signal, and is replaced.
FLEX_SWEEP=long runs more sizes with fresh data; FLEX_SEED=N repeats a run.
"""

import os
import pickle
import queue
import select
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("FLEX_BUILD_DIR", ROOT / "build" / "dev"))
LONG = os.environ.get("FLEX_SWEEP") == "long"
SEED = int(os.environ.get("FLEX_SEED", time.time_ns() % 10**6 if LONG else 1))
TIMEOUT = 300 if LONG else 120
ASKED = os.environ.get("FLEX_TEST_DEVICE")  # --device: where all cases run that do not say where
CHIPS = () if ASKED else ("sm_80", "sm_90a", "gfx942", "gfx1100", "opencl+fp16+fp64")  # emulated ones of every path of the code generators
DEVICE = ASKED or "opencl:0"  # for cases that compare a device with the host


@dataclass
class Case:
    """`runs`: the dimensions of each run. `values`: what each argument is filled with (sweep_worker.draw), '*' for the rest.
    `modes`: False is compiled for the sizes, True with open dimensions. `static_runs`: only so many of the runs in the first mode, where there is the second.
    `target`: compiled for this one instead of the machine's best. `extra`: how much further off than the reference says a result may be, e.g. 1 for twice the bound.
    `undecided`: the share of elements that the reference may leave open (comparisons within rounding of a threshold).
    `cast`: the one argument cast to this dtype is expected, to the bit, instead of what the interpreter gives.
    `numpy`: an expression over the arguments that gives the one result instead, within `rtol`.
    `oracle`: `module:name` of a Python function of the arguments (and of dimensions it names) that the interpreter must agree with, within `rtol`.
    `error`: every run must be refused with a message that has this text."""

    id: str
    source: str
    runs: list = field(default_factory=lambda: [{}])
    kernel: str = "k"
    types: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)
    layout: str = "dense"
    modes: tuple = (False, True)
    static_runs: int = 1 << 30
    threads: int = 1
    device: str = ASKED or "host"
    target: str = ""
    extra: float = 0.0
    undecided: float = 0.5
    cast: str = ""
    numpy: str = ""
    oracle: str = ""
    rtol: float = 1e-5
    seed: int = SEED
    error: str = ""
    xfail: str = ""


class Pool:
    """Runs cases in the order given, each in one of `size` processes."""

    def __init__(self, cases, size=None):
        size = size or min(4, max(2, os.cpu_count() or 2))
        self.todo, self.futures = queue.SimpleQueue(), {case.id: Future() for case in cases}
        for case in cases:
            self.todo.put(case)
        self.threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(size)]
        for thread in self.threads:
            thread.start()

    def failures(self, case):
        return self.futures[case.id].result()

    def _serve(self):
        process = None
        while True:
            try:
                case = self.todo.get_nowait()
            except queue.Empty:
                break
            if process is None or process.poll() is not None:
                process = start_worker()
            self.futures[case.id].set_result(ask(process, case))
        if process:
            process.stdin.close()
            process.wait(10)


def worker_environment():
    env = dict(os.environ)
    intel = ROOT / ".venv" / "opencl"
    if intel.exists():
        env.setdefault("OCL_ICD_VENDORS", str(intel))
    return env


def start_worker():
    command = [sys.executable, str(Path(__file__).parent / "sweep_worker.py"), str(BUILD)]
    return subprocess.Popen(command, env=worker_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def ask(process, case):
    """The failures of a case; a dead or silent worker is one."""
    data = pickle.dumps(asdict(case))
    try:
        process.stdin.write(struct.pack("<q", len(data)) + data)
        process.stdin.flush()
        if not select.select([process.stdout], [], [], TIMEOUT)[0]:
            process.kill()
            process.wait()
            return [f"no answer within {TIMEOUT} s"]
        header = process.stdout.read(8)
        if len(header) == 8:
            return pickle.loads(process.stdout.read(struct.unpack("<q", header)[0]))
    except BrokenPipeError:
        pass
    code = process.wait()
    return [f"the process died: {'signal ' + str(-code) if code < 0 else 'exit ' + str(code)}"]
