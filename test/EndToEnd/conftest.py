"""What the end-to-end tests share: the build's tools, a private cache folder, and running flexc.

FLEX_BUILD_DIR names the build folder (default build/dev). A test that needs a device or tool that is missing skips with a reason.
`--device ID` (or FLEX_TEST_DEVICE) points the sweeps, and the tests of device code, at another device: an emulated chip.
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("FLEX_BUILD_DIR", ROOT / "build" / "dev"))


def pytest_addoption(parser):
    parser.addoption("--device", help="the device that runs what the tests compile for devices, e.g. emulated:sm_80")


def pytest_configure(config):
    os.environ["FLEX_TUNING"] = "off"  # whatever was tuned on this machine; Flexc has a file of its own
    if config.getoption("--device"):
        os.environ["FLEX_TEST_DEVICE"] = config.getoption("--device")  # read while tests are collected, and by workers


def tool(name):
    path = BUILD / "bin" / name
    if not path.exists():
        pytest.fail(f"{path} is missing: ./flex test builds it", pytrace=False)
    return str(path)


class Flexc:
    """Runs flexc with a cache folder and a working folder of the test's own."""

    def __init__(self, folder):
        self.folder = folder
        self.env = dict(os.environ, FLEX_CACHE_DIR=str(folder / "cache"), FLEX_TUNING=str(folder / "tuning.sqlite"))
        intel = ROOT / ".venv" / "opencl"
        if intel.exists():
            self.env.setdefault("OCL_ICD_VENDORS", str(intel))

    def run(self, *args, check=True, timeout=120):
        """The finished process; fails the test when `check` and the exit status is not 0."""
        done = subprocess.run([tool("flexc"), *map(str, args)], cwd=self.folder, env=self.env, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=timeout, check=False)
        if check and done.returncode:
            pytest.fail(f"flexc {' '.join(map(str, args))}: exit {done.returncode}\n{done.stderr}{done.stdout}", pytrace=False)
        return done

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def kernel(self, source, name=None, inputs=None, results=1, options=()):
        """Runs a kernel on NumPy arrays through `flexc run` and .npy files; one result, or a list of `results`."""
        place = str(self.write("k.flex", source)) + (f":{name}" if name else "")
        words = []
        for key, value in (inputs or {}).items():
            if isinstance(value, np.ndarray):
                np.save(self.folder / f"{key}.npy", value)
                value = f"@{key}.npy"
            words.append(f"{key}={value}")
        out = [self.folder / f"out{i}.npy" for i in range(results)]
        for path in out:
            path.unlink(missing_ok=True)
        self.run("run", place, *words, *options, *(word for path in out for word in ("-o", path)))
        arrays = [np.load(path) for path in out]
        return arrays[0] if results == 1 else arrays


@pytest.fixture
def flexc(tmp_path):
    return Flexc(tmp_path)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.fixture(scope="session", autouse=True)
def pool(request):
    """The processes that run the cases of all sweeps, from the beginning and beside the other tests, which use one core."""
    from sweep import SEED, Case, Pool

    given = [item.callspec.params.get("case") for item in request.session.items if hasattr(item, "callspec")]
    cases = [case for case in given if isinstance(case, Case)]
    if cases:
        print(f"\nsweeps: FLEX_SEED={SEED}")
    return Pool(cases)


@pytest.fixture(scope="session")
def devices():
    """What `flexc devices` lists, where the sweeps run."""
    from sweep import worker_environment

    return subprocess.run([tool("flexc"), "devices", "--verbose"], env=worker_environment(), capture_output=True, text=True, check=True).stdout
