"""The main job, examples/real/run.py: right on real data, served from the cache the second time, the same on OpenCL."""

import os
import subprocess
import sys

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


def test_opencl_agrees(tmp_path):
    done = main_job(tmp_path, "--device", "opencl")
    if "opencl" in done.stderr and "unavailable" in done.stderr:
        pytest.skip(f"no OpenCL device here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("to host") == 5


def test_a_wrong_device_is_said(tmp_path):
    done = main_job(tmp_path, "--device", "abacus")
    assert done.returncode == 1 and "abacus" in done.stderr and "Traceback" not in done.stderr
