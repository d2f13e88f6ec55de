"""What this machine can do at most, measured: multiply-adds by type and width, streams by memory level (ceilings.c)."""

import json
import os
import subprocess
import sys

from harness import machine, native


def sizes(threads):
    """Bytes of data that each level holds, over all threads: three quarters of its caches, and no more than its share."""
    cores = os.cpu_count() or 1
    found = {level: int(0.75 * one["bytes"] * (min(threads, cores) if one["cores"] == 1 else max(1, one["cores"]) / one["cores"]))
             for level, one in machine.caches().items()}
    return dict(sorted(found.items()))


def measure(threads):
    """{"flops": by type, "widths": by instruction, "streams": by level, "sizes": by level} in flop/s and bytes/s; None if it cannot be."""
    levels = sizes(threads) or {"L1": 24 << 10, "L2": 768 << 10}
    try:
        program = native.build(native.BUILD.parents[1] / "benchmarks" / "harness" / "ceilings.c", ["-pthread"], shared=False)
        memory = max(256 << 20, 4 * max(levels.values()))
        # Half of what a level holds, so that a copy's two halves are surely there.
        asked = [f"{level}={size // 2}" for level, size in levels.items()] + [f"memory={memory}"]
        cores = sorted(os.sched_getaffinity(0))[:threads]
        done = subprocess.run([program, ",".join(map(str, cores)), *asked], capture_output=True, text=True, check=True, timeout=300)
        measured = json.loads(done.stdout)
    except (native.CannotBuild, subprocess.SubprocessError, OSError, ValueError) as error:
        print(f"no ceilings: {error}", file=sys.stderr)
        return None
    flops = {}
    for name, value in measured["flops"].items():
        kind = name.split()[0]
        flops[kind] = max(flops.get(kind, 0), value)
    # A narrow type may always be widened first.
    for kind in ("bf16", "f16", "i8"):
        flops[kind] = max(flops.get(kind, 0), flops.get("f32", 0))
    return {"flops": flops, "widths": measured["flops"], "streams": measured["streams"], "sizes": levels}
