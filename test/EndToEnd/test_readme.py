"""What the README shows is true: its kernel file compiles, and its commands run on it."""

import re
import shlex

import numpy as np
import pytest
from conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
KERNELS = re.search(r"```flex\n(.*?)```", README, re.S).group(1)
COMMANDS = [line for line in re.findall(r"^\./flex (.*)$", README, re.M) if "k.flex" in line or line == "devices"]


@pytest.fixture
def place(flexc, rng):
    flexc.write("k.flex", KERNELS)
    np.save(flexc.folder / "x.npy", rng.standard_normal((5, 33), dtype=np.float32))
    return flexc


def test_there_are_commands():
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("command", COMMANDS)
def test_command(place, command):
    if "opencl" in command and "opencl:0" not in place.run("devices").stdout:
        pytest.skip("no OpenCL device here")
    place.run(*shlex.split(command))


def test_softmax_is_softmax(place):
    place.run("run", "k.flex:softmax", "x=@x.npy", "-o", "y.npy")
    x = np.load(place.folder / "x.npy").astype(np.float64)
    e = np.exp(x - x.max(1, keepdims=True))
    np.testing.assert_allclose(np.load(place.folder / "y.npy"), e / e.sum(1, keepdims=True), rtol=1e-5)
