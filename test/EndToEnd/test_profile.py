"""What debuggers and profilers find of a kernel: its launches by name, and lines of its text.

Read by LLVM's tools and by gdb from the files of FLEX_CODE_DIR; gdb also stops in a running kernel, where it may trace a process.
"""

import re
import shutil
import subprocess

import gpu_compile
import numpy as np
import pytest
from conftest import tool

# Each line of the body has an operation that the others have not.
SOURCE = """kernel k(x: f32[M, N], y: f32[N]) -> (f32[M, N], f32[M]) {
  let m[i] = max(j) x[i, j]
  let e[i, j] = exp(x[i, j] - m[i])
  let f[i, j] = e[i, j] * y[j]
  let s[i] = sum(j) f[i, j]
  let g[i, j] = f[i, j] / (1 + e[i, j])
  return (g, s)
}
"""


def ran(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, check=True, **more).stdout


def save(flexc, rng):
    flexc.write("k.flex", SOURCE)
    for name, shape in (("x", (9, 70)), ("y", (70,))):
        np.save(flexc.folder / f"{name}.npy", rng.standard_normal(shape).astype(np.float32))


@pytest.fixture
def code(flexc, rng):
    """Runs the kernel on a device; the files of code that it left."""
    folder = flexc.folder / "code"
    folder.mkdir()
    flexc.env["FLEX_CODE_DIR"] = str(folder)
    save(flexc, rng)

    def run(device):
        flexc.run("run", "k.flex", "x=@x.npy", "y=@y.npy", f"--device={device}", "-o", "out.npz")
        return sorted(folder.iterdir())

    return run


def lines_of(file):
    """Lines of k.flex that the code of a file has instructions of."""
    assert "No errors." in ran(gpu_compile.LLVM / "llvm-dwarfdump", "--verify", file)
    table = ran(gpu_compile.LLVM / "llvm-dwarfdump", "--debug-line", file)
    assert '"k.flex"' in table
    return {int(row.group(1)) for row in re.finditer(r"^0x\w+ +(\d+) +\d+ +\d", table, re.M)}


@pytest.mark.parametrize("device", ["host", "emulated:sm_80"])
def test_lines_and_names(code, device):
    (file,) = code(device)
    assert re.fullmatch(r"k-[0-9a-f]{16}\.so", file.name)
    assert device != "host" or lines_of(file) >= {2, 3, 4, 5, 6}
    names = ran(gpu_compile.LLVM / "llvm-nm", file)
    assert re.search(r" T k_0$", names, re.M)
    address = re.search(r"^([0-9a-f]+) T k_0$", names, re.M).group(1)
    assert ran(gpu_compile.LLVM / "llvm-symbolizer", f"--obj={file}", "0x" + address).splitlines()[0] == "k_0"


@pytest.mark.parametrize("target", ["cpu:x86-64-v3", "cpu:aarch64", "cpu:neoverse-v1", "cpu:riscv64", "cpu:sifive-x280"])
def test_every_isa(flexc, rng, target):
    """Code of several launches, generated in parts, has one table of lines without faults."""
    parts = "".join(f"kernel k{i}(x: f32[N, M]) -> f32[M] {{\n  return [j] sum(i) x[i, j] * {i + 2}\n}}\n" for i in range(3))
    many = "kernel k(x: f32[N, M]) -> f32[M] {\n  let a[j] = sum(i) x[i, j]\n  let b[i] = sum(j) x[i, j] * a[j]\n  return [j] sum(i) x[i, j] * b[i]\n}\n"
    flexc.write("k.flex", parts + many)
    flexc.run("build", "k.flex:k", "--target", target, "--dump-dir", "dump", "-o", "k.fxk")
    ((_, _, payload),) = gpu_compile.programs(flexc.folder / "k.fxk")
    (flexc.folder / "k.so").write_bytes(payload)
    assert lines_of(flexc.folder / "k.so") >= {11, 12, 13}


def test_a_second_process_takes_the_same_file(code):
    before = [(file, file.stat().st_ino) for file in code("host")]
    assert [(file, file.stat().st_ino) for file in code("host")] == before


def test_a_folder_that_is_not_there(flexc, rng):
    flexc.env["FLEX_CODE_DIR"] = str(flexc.folder / "nowhere")
    save(flexc, rng)
    done = flexc.run("run", "k.flex", "x=@x.npy", "y=@y.npy", "--device=host", check=False)
    assert done.returncode == 2 and re.search(r"FLEX_CODE_DIR: cannot write '\S+nowhere/k-\w+\.so': No such file", done.stderr), done.stderr


def test_gdb_stops_in_a_kernel(flexc, rng):
    """By the launch's name, at a line of the kernel, and a step later at another."""
    gdb = shutil.which("gdb")
    if not gdb:
        pytest.skip("gdb is not installed")
    save(flexc, rng)
    (flexc.folder / "code").mkdir()
    commands = ["set breakpoint pending on", "break k_0", "run", "backtrace 1", "info line *$pc", "continue"]
    words = [word for command in commands for word in ("-ex", command)]
    program = [tool("flexc"), "run", "k.flex", "x=@x.npy", "y=@y.npy", "--device=host", "-o", "out.npz"]
    environment = {**flexc.env, "FLEX_CODE_DIR": str(flexc.folder / "code"), "FLEX_NUM_THREADS": "1"}
    done = subprocess.run([gdb, "-batch", "-nx", *words, "--args", *map(str, program)], cwd=flexc.folder, env=environment, capture_output=True, text=True, timeout=300, check=False)  # fmt: skip
    if "ptrace" in done.stderr or "Couldn't get registers" in done.stderr:
        pytest.skip("this system does not let gdb trace a process")
    assert re.search(r"Breakpoint 1, .*k_0 .*at k\.flex:[1-6]", done.stdout, re.S), done.stdout + done.stderr
    assert re.search(r"^#0 .*k_0 .*at k\.flex:\d", done.stdout, re.M), done.stdout
    assert "exited normally" in done.stdout
