#!/usr/bin/env python3
"""Times the rows of one kernel with all contenders in this one process; run by harness/jobs.py, which reads the lines of JSON it writes.

What to do comes as JSON in the first argument. Before each step that may kill the process a line says what is tried, so that the one
who reads knows whom to leave out next time.
"""

import json
import os
import sys
import time
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(BENCHMARKS), str(BENCHMARKS.parent / "python")]


class Worker:
    def __init__(self, job, say):
        self.job, self.say, self.threads = job, say, job["threads"]
        from harness.ours import Flex

        self.flex = Flex(self.threads, job["align"], job["huge"], job["library"])
        self.peers = {}
        import peers

        known = peers.found()
        for name in job["peers"]:
            self.attempt(None, name, lambda name=name: self.load(known[name], peers.Missing))

    def attempt(self, row, contender, action):
        """Runs `action`; what it raises becomes a line, since a library may fail in any way and the others are to go on."""
        self.say(trying=contender, row=row and row.name)
        try:
            return action()
        except Exception as error:  # noqa: BLE001
            self.say(failed=contender, row=row and row.name, reason=f"{type(error).__name__}: {error}".splitlines()[0][:300])
            return None

    def load(self, peer, missing):
        try:
            peer.load(self.threads)
        except missing as reason:
            self.say(missing=peer.name, reason=str(reason))
            return
        self.peers[peer.name] = peer
        self.say(peer=peer.name, version=peer.version())

    def row(self, row):
        from harness import memory, operations
        from peers import Unsupported

        place = memory.placer(self.job["align"], self.job["huge"])
        row.fill(self.flex.kernel(row).signature, operations.draw(row), place)
        wanted = operations.expected(row)
        prepared, compiling = {}, None
        ours = self.attempt(row, self.flex.name, lambda: self.flex.prepare(row))
        if ours:
            prepared[self.flex.name], compiling = ours
        if self.job["open"] and (opened := self.attempt(row, f"{self.flex.name}, open", lambda: self.flex.prepare(row, dynamic=True))):
            prepared[f"{self.flex.name}, open"] = opened[0]
        for name, peer in self.peers.items():
            if name in self.job["without"].get(row.name, []):
                self.say(failed=name, row=row.name, reason="the process died in it")
                continue

            def prepare(peer=peer, name=name):
                try:
                    prepared[name] = peer.prepare(row, self.threads)
                except Unsupported as reason:
                    self.say(unsupported=name, row=row.name, reason=str(reason))
            self.attempt(row, name, prepare)
        self.check(row, prepared, wanted)
        self.say(trying="the timing", row=row.name)
        from harness.timing import measure

        clock = time.process_time if self.job["cpu_time"] else time.perf_counter
        timed = measure({name: one.call for name, one in prepared.items()}, self.job["seconds"], clock=clock) if prepared else {}
        operation = operations.OPERATIONS[row.kernel]
        self.say(done=row.name, kernel=row.kernel, dims=row.dims, threads=self.threads, flops=operation.flops(row.dims), bytes=operation.moved(row), footprint=row.bytes,
                 read_only=sum(array.nbytes for array in row.arrays.values()) > 8 * (row.bytes - sum(array.nbytes for array in row.arrays.values())),
                 type=arithmetic_type(row), compile_seconds=compiling, tolerance=operation.tolerance(row),
                 seconds={name: {"best": one.best, "median": one.median, "samples": len(one.samples), "calls": one.calls} for name, one in timed.items()},
                 errors=self.errors, chosen={name: one.chosen for name, one in prepared.items() if one.chosen})

    def check(self, row, prepared, wanted):
        """Against f64 where the reference looks, and against one another everywhere: a contender that is wrong is not timed."""
        import numpy as np
        from harness import operations

        tolerance, agreed, self.errors = operations.OPERATIONS[row.kernel].tolerance(row), None, {}
        for name, one in list(prepared.items()):
            outputs = self.attempt(row, name, lambda one=one: [np.array(value) for value in one.outputs()])
            if outputs is None:
                del prepared[name]
                continue
            error = operations.errors(row, wanted, outputs)
            others = 0.0 if agreed is None else operations.errors(row, [(..., value.astype(np.float64)) for value in agreed], outputs)
            self.errors[name] = error
            if not error <= tolerance or not others <= 2 * tolerance:
                self.say(wrong=name, row=row.name, error=error, others=others, tolerance=tolerance)
                del prepared[name]
            elif agreed is None:
                agreed = outputs


def arithmetic_type(row):
    """The type whose multiply-adds bound the row: that of the first argument."""
    name = next(iter(row.arrays.values())).dtype.name
    return {"float64": "f64", "float32": "f32", "bfloat16": "bf16", "float16": "f16", "int8": "i8", "uint8": "i8"}.get(name, name)


def main():
    job = json.loads(sys.argv[1])
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print goes to the other stream

    def say(**what):
        out.write(json.dumps(what) + "\n")
        out.flush()

    from harness import pin, suite

    pin(job["cores"])

    begin = time.perf_counter()
    worker = Worker(job, say)
    say(loaded=time.perf_counter() - begin)
    by_name = {row.name: row for row in suite.rows()}
    for name in job["rows"]:
        row = by_name[name]
        try:
            worker.row(row)
        except Exception as error:  # noqa: BLE001
            say(done=name, kernel=row.kernel, dims=row.dims, threads=job["threads"], seconds={}, broken=f"{type(error).__name__}: {error}".splitlines()[0])
        row.arrays.clear()
    say(finished=True)


if __name__ == "__main__":
    main()
