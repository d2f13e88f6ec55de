"""What `flexc tune` gains on a row over the cost model's choice. No record is kept: the suite is timed as the cost model has it."""

import os
import re
import subprocess

from harness.suite import files

UNITS = {"s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
LAST = re.compile(r"^the cost model's choice: ([\d.]+) (\w+); best: ([\d.]+) (\w+)", re.M)


def seconds_of(printed):
    """(the cost model's, the best) seconds that `flexc tune` says at its end; None if it says none."""
    found = LAST.search(printed)
    return (float(found[1]) * UNITS[found[2]], float(found[3]) * UNITS[found[4]]) if found else None


def tune(flexc, row, threads, seconds):
    """The same for a row; a text that says why there is none."""
    command = [str(flexc), "tune", f"{files()[row.kernel]}:{row.kernel}", *(f"-D{name}={value}" for name, value in row.dims.items()), f"--threads={threads}",
               f"--budget={seconds}", "--no-record"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "FLEX_TUNING": "off"}, stdin=subprocess.DEVNULL)
    return seconds_of(done.stdout) or next((line for line in done.stderr.splitlines() if line.strip()), f"exit {done.returncode}")
