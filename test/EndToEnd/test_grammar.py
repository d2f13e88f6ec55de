"""Random well-typed kernels (grammar.py) agree with the interpreter; scripts/fuzz-kernels runs any number of them by hand."""

import os
import subprocess
import sys

import pytest
from conftest import BUILD, ROOT
from grammar import ATTENTION_FROM

COUNT = 75


@pytest.mark.parametrize("first", [1, ATTENTION_FROM])
def test_kernels_of_the_grammar_agree(first):
    command = [sys.executable, str(ROOT / "scripts" / "fuzz-kernels"), "--first", str(first), "--count", str(COUNT), "--jobs", str(os.cpu_count() or 2)]
    done = subprocess.run(command, env={**os.environ, "FLEX_BUILD_DIR": str(BUILD)}, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{COUNT} kernels" in done.stdout and f"{COUNT} same, 0 wrong, 0 refused" in done.stdout
