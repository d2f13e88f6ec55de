"""Runs the workers: one process for each kernel and number of threads; one that dies is started again without whom it died in."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import THREADS

WORKER = Path(__file__).with_name("worker.py")
# Taken away, so that each library shows its own choice.
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "BLIS_ARCH_TYPE", "DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS", "LIBXSMM_TARGET",
         "ATEN_CPU_CAPABILITY", "NPY_DISABLE_CPU_FEATURES")


def environment(threads):
    env = {name: value for name, value in os.environ.items() if name not in UNSET}
    env |= dict.fromkeys(THREADS, str(threads))
    # Contenders that allocate their results get the same memory again for every call, not new pages from the system.
    env |= {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "MALLOC_TOP_PAD_": str(64 << 20)}
    env |= {"TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "", "PYTHONWARNINGS": "ignore"}
    return env


class Job:
    """The rows of one kernel with one number of threads. `results` are the worker's `done` lines; `notes` all others that matter."""

    def __init__(self, rows, threads, options):
        self.rows, self.threads, self.options = rows, threads, options
        self.results, self.notes = [], []

    def run(self, progress):
        todo, peers, without = [row.name for row in self.rows], list(self.options["peers"]), {}
        while todo:
            trying = self._process(todo, peers, without, progress)
            if trying is None:
                return
            contender, row = trying.get("trying"), trying.get("row")
            self.notes.append({"failed": contender, "row": row, "reason": f"the process died in it ({trying['status']})"})
            done = {one["done"] for one in self.results}
            if row is None and contender in peers:
                peers.remove(contender)
            elif row in todo and contender in peers:
                without.setdefault(row, []).append(contender)
            elif row in todo:
                self.results.append({"done": row, "kernel": self.rows[0].kernel, "threads": self.threads, "seconds": {}, "broken": f"the process died in {contender}"})
                done.add(row)
            else:
                return
            todo = [name for name in todo if name not in done]

    def _process(self, todo, peers, without, progress):
        """None when all went well; else the last thing that was tried."""
        what = {**self.options, "rows": todo, "peers": peers, "without": without, "threads": self.threads,
                "cores": sorted(os.sched_getaffinity(0))[: self.threads]}
        return self._read(what, progress)

    def _read(self, what, progress):
        errors = None if self.options["verbose"] else tempfile.TemporaryFile(mode="w+", errors="replace")
        worker = subprocess.Popen([sys.executable, str(WORKER), json.dumps(what)], stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL,
                                  env=environment(self.threads), text=True)
        trying = {}
        for line in worker.stdout:
            said = json.loads(line)
            if "trying" in said:
                trying = said
                progress(said["row"], said["trying"])
            elif "done" in said:
                self.results.append(said)
                progress(said["done"], None)
            elif "finished" in said:
                trying = None
            else:
                self.notes.append(said)
        status = worker.wait()
        if trying is None:
            return None
        last = ""
        if errors:
            errors.seek(0)
            last = next((line.strip() for line in reversed(errors.read().splitlines()) if line.strip()), "")[:300]
        return {**trying, "status": (f"exit {status}" if status >= 0 else f"signal {-status}") + (f": {last}" if last else "")}
