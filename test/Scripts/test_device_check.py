"""scripts/device-check on a fake GPU, in place and from a pack, and where there is none."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("FLEX_BUILD_DIR", ROOT / "build" / "dev"))
SCRIPT = ROOT / "scripts" / "device-check"


def run(*args, script=SCRIPT, **env):
    return subprocess.run([sys.executable, str(script), *map(str, args)], capture_output=True, text=True, check=False, timeout=300,
                          env=dict(os.environ, **env))


@pytest.fixture
def fake(tmp_path):
    compiler = BUILD / "fakes" / "libFlexPairingCompiler.so"
    if not compiler.exists():
        pytest.fail(f"{compiler} is missing: ./flex test builds it", pytrace=False)
    (tmp_path / "payloads").mkdir()
    return {"LD_LIBRARY_PATH": str(BUILD / "fakes" / "cuda"), "FLEX_COMPILER_LIB": str(compiler),
            "FLEX_FAKE_PAYLOADS": str(tmp_path / "payloads")}


def test_the_table(fake):
    done = run("--build", BUILD, "--quick", "--no-speed", "--select", "test_elementwise", **fake)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Fake NVIDIA GPU" in done.stdout and "conformance of the driver" in done.stdout
    assert done.stdout.rstrip().splitlines()[-1].startswith("cuda:0: ") and " 0 failed" in done.stdout


def test_a_failing_device_fails_it(fake):
    done = run("--build", BUILD, "--quick", "--no-speed", "--select", "nothing", FLEX_FAKE_FAIL="cuLaunchKernel:1:719", **fake)
    assert done.returncode == 1
    assert "CUDA_ERROR" not in done.stdout and "    LoadsAProgramManyTimes" in done.stdout  # the case's name, its log is elsewhere


def test_no_such_device():
    done = run("--build", BUILD, "--device", "abacus:0")
    assert done.returncode == 2
    assert "abacus:0 is not here" in done.stdout


def test_what_a_pack_holds(tmp_path, monkeypatch):
    """A pack of a build whose libraries are small stand-ins: what is in it, and that links stay links."""
    build = tmp_path / "build"
    for name in ("bin/flexc", "bin/FlexDriverConformanceHost", "lib/libflexrt.so.0.1", "lib/libflexc.so"):
        (build / name).parent.mkdir(parents=True, exist_ok=True)
        (build / name).write_bytes(Path("/bin/true").read_bytes())
        (build / name).chmod(0o755)
    (build / "lib" / "libflexrt.so").symlink_to("libflexrt.so.0.1")
    out = tmp_path / "pack.tar.xz"
    done = run("--pack", "--build", build, "-o", out)
    assert done.returncode == 0, done.stdout + done.stderr
    with tarfile.open(out) as archive:
        names = {name.removeprefix("./") for name in archive.getnames()}
        assert archive.getmember("./packed/lib/libflexrt.so").issym()
    assert {"packed/bin/flexc", "packed/lib/libflexc.so", "scripts/device-check", "test/EndToEnd/conftest.py", "std/nn.flex",
            "runtime/Conformance/Kernels.flex"} <= names
    assert not any(name.startswith("packed/lib/libc.so") for name in names)
