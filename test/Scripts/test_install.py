"""scripts/install-deps: what is optional may be missing, and is not asked for again at once."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = """#!/bin/sh
echo "$*" >>"$(dirname "$0")/../calls"
case "$*" in *optional.txt*) exit {status} ;; esac
"""


@pytest.fixture
def installed(tmp_path):
    """Runs the script on a tree with a Python whose pip has no network, or has one; gives what it said and what it asked pip for."""
    if not shutil.which("dpkg-query"):
        pytest.skip("no Debian")
    for folder in ("scripts", "requirements", ".venv/bin", "build"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "install-deps", tmp_path / "scripts")
    for name, text in (("apt", "bash\n"), ("python", "numpy\n"), ("optional", "# a comment\nrare-assembler==1\n")):
        (tmp_path / "requirements" / f"{name}.txt").write_text(text)

    def run(*words, network):
        python, calls = tmp_path / ".venv" / "bin" / "python", tmp_path / ".venv" / "calls"
        python.write_text(PYTHON.format(status=0 if network else 1))
        python.chmod(python.stat().st_mode | stat.S_IXUSR)
        calls.unlink(missing_ok=True)
        done = subprocess.run([tmp_path / "scripts" / "install-deps", *words], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stderr, [line for line in (calls.read_text().splitlines() if calls.exists() else []) if "install" in line]

    return run


def test_without_network(installed, tmp_path):
    said, calls = installed(network=False)
    assert "skipped: rare-assembler==1" in said and len(calls) == 2
    said, calls = installed(network=False)
    assert "skipped" not in said and not calls
    os.utime(tmp_path / ".venv" / ".failed-optional", (0, 0))
    said, calls = installed(network=True)
    assert not said and len(calls) == 1
    assert installed(network=False) == ("", [])


def test_check_installs_nothing(installed):
    installed(network=True)
    assert installed("--check", network=False) == ("", [])
