"""The main job, examples/real/run.py: right on real data, served from the cache the second time, the same on OpenCL and, at its end, on emulated GPUs."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from conftest import BUILD, ROOT


def main_job(folder, *args):
    env = dict(os.environ, FLEX_CACHE_DIR=str(folder / "cache"), FLEX_LIBRARY=str(BUILD / "lib" / "libflexrt.so"))
    env.setdefault("OCL_ICD_VENDORS", str(ROOT / ".venv" / "opencl"))
    return subprocess.run([sys.executable, str(ROOT / "examples" / "real" / "run.py"), "--out", str(folder / "out"), *args], env=env,
                          capture_output=True, text=True, timeout=300, check=False)


def test_twice(tmp_path):
    first = main_job(tmp_path, "--device", "host")  # left alone, the scheduler may take another device the second time
    assert first.returncode == 0, first.stdout + first.stderr
    assert "5 of 5 kernels were compiled now" in first.stdout
    for name in ("blur", "sobel", "half"):
        assert (tmp_path / "out" / f"china-{name}.png").read_bytes().startswith(b"\x89PNG")
    second = main_job(tmp_path, "--device", "host")
    assert second.returncode == 0, second.stdout + second.stderr
    assert "all 5 kernels were served from the cache; nothing was compiled" in second.stdout


def test_wherever_the_scheduler_sends_it(tmp_path):
    done = main_job(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "error" in done.stdout and "% of 360" in done.stdout
    # The table at its end: seven kernels on the host and a chip of each family, each within the bound.
    table = done.stdout[done.stdout.index("On GPUs that are not here"):]
    rows = {found.group(1).strip(): found.group(2).split() for found in re.finditer(r"^  (\S.{13})((?: +[\d.]+%)+)$", table, re.M)}
    assert list(rows) == ["digits", "photo: grey", "photo: blur", "photo: sobel", "photo: half", "Llama block", "ResNet block"]
    assert re.search(r"kernel +host +sm_80 +sm_90a +gfx942 +gfx1100 +opencl\n", table)
    for shares in rows.values():
        assert len(shares) == 6 and all(float(share.rstrip("%")) <= 100 for share in shares)
    assert any(float(shares[0].rstrip("%")) > 1 for shares in rows.values())  # something is rounded
    assert "all within the bound" in table


def test_the_table_finds_a_wrong_result(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "examples" / "real")
    import emulated
    from chain import Tensor

    want, bound = Tensor("f32", np.array([1, 2, 3], np.float32)), np.array([1e-6, 1e-6, np.inf])
    assert emulated.share_of_bound([np.array([1, 2, 9], np.float32)], [want], [bound]) == (0.0, "")
    share, fault = emulated.share_of_bound([np.array([1, 2.1, 3], np.float32)], [want], [bound])
    assert share > 1 and "1 of 3 elements" in fault


def test_opencl_agrees(tmp_path):
    done = main_job(tmp_path, "--device", "opencl")
    if "opencl" in done.stderr and "unavailable" in done.stderr:
        pytest.skip(f"no OpenCL device here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("to host") == 5


def test_a_wrong_device_is_said(tmp_path):
    done = main_job(tmp_path, "--device", "abacus")
    assert done.returncode == 1 and "abacus" in done.stderr and "Traceback" not in done.stderr
