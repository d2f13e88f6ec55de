"""One image for many devices: lists of targets, the target `all`, and what is said of those that a kernel has no code for."""

import re

import gpu_compile
import numpy as np
import pytest

KERNELS = """kernel dense(x: f32[B, K], w: f32[K, N], b: f32[N]) -> f32[B, N] { return [i, j] max((sum(k) x[i, k] * w[k, j]) + b[j], 0) }
kernel twice(x: f64[N]) -> f64[N] { x + x * 0.1 }
kernel shifted(x: f32[N]) -> f32[N] { let t[j in 0..2] = f32(j) + 0.5
  return [i] x[i] + t[i % 3] }
"""


def targets_of(flexc, image="k.fxk"):
    return [target for target, _, _ in gpu_compile.programs(flexc.folder / image)]


def test_an_image_of_all_runs_everywhere(flexc, rng):
    flexc.write("k.flex", KERNELS)
    done = flexc.run("build", "k.flex:dense", "--target", "all", "-o", "k.fxk")
    assert "warning" not in done.stderr
    targets = targets_of(flexc)
    known = flexc.run("help", "targets").stdout
    for family in ("amdgpu", "nvptx", "spirv", "emulated"):
        chips = re.search(rf"^{family}: .*\n.*\n  chips: (.*)$", known, re.M).group(1).split(", ")
        assert [t for t in targets if t.startswith(family + ":")] == [f"{family}:{chip}" for chip in chips]
    cpus = [t for t in targets if t.startswith("cpu:")]
    assert {"cpu:x86-64-v3", "cpu:x86-64-v4"} < set(cpus) and any("amx" in t for t in cpus) and any("aarch64" in t for t in cpus)
    assert not any(t.startswith("null") for t in targets) and len(set(targets)) == len(targets)

    x, w, b = (rng.standard_normal(shape).astype(np.float32) for shape in ((33, 20), (20, 45), (45,)))
    for name, array in (("x", x), ("w", w), ("b", b)):
        np.save(flexc.folder / f"{name}.npy", array)
    exact = np.maximum(x.astype(np.float64) @ w + b, 0)
    bound = 22 * 2.0**-24 * (np.abs(x).astype(np.float64) @ np.abs(w) + np.abs(b))
    for device in ("host", "emulated:gfx942", "emulated:sm_90a", "emulated:opencl", "opencl"):
        flexc.run("run", "k.fxk:dense", "x=@x.npy", "w=@w.npy", "b=@b.npy", "--device", device, "-o", "y.npy")
        assert np.all(np.abs(np.load(flexc.folder / "y.npy") - exact) <= bound), device


def test_what_has_no_code_is_left_out(flexc, rng):
    flexc.write("k.flex", KERNELS)
    done = flexc.run("build", "k.flex:twice", "-t", "all", "-o", "k.fxk")
    targets = targets_of(flexc)
    warnings = dict(re.findall(r"warning: the image has no code for '(\S+)': (.*)", done.stderr))
    assert set(warnings) == {"spirv:opencl+fp16", "spirv:opencl", "spirv:intel-dg2", "emulated:opencl+fp16", "emulated:opencl", "emulated:intel-dg2"}
    assert not set(warnings) & set(targets)
    assert all("computes in 'f64', which the chip does not have" in why for why in warnings.values()), warnings
    x = rng.standard_normal(50)
    np.save(flexc.folder / "x.npy", x)
    flexc.run("run", "k.fxk", "x=@x.npy", "--device=emulated:sm_80", "-o", "y.npy")
    np.testing.assert_allclose(np.load(flexc.folder / "y.npy"), x + x * 0.1, rtol=2.0**-51)


def test_lists(flexc):
    flexc.write("k.flex", KERNELS)
    flexc.run("build", "k.flex:dense", "--target", "cpu:x86-64-v3,x86-64-v4,znver4,nvptx:sm_80,sm_90a", "-t", "null,amdgpu", "-o", "k.fxk")
    assert [re.match(r"[\w-]+:?[\w-]*", t).group(0) for t in targets_of(flexc)] == [
        "cpu:x86-64-v3", "cpu:x86-64-v4", "cpu:x86-64-v4", "nvptx:sm_80", "nvptx:sm_90a", "null", "amdgpu:gfx942"]  # fmt: skip
    cards = flexc.run("card", "k.flex:dense", "-t", "nvptx:sm_80,sm_90a").stdout
    assert "nvptx:sm_80" in cards and "nvptx:sm_90a" in cards


def test_many_are_as_each_alone(flexc):
    """Code and constants of a target do not depend on who else is compiled for, nor on the number of threads."""
    flexc.write("k.flex", KERNELS)
    specs = ["cpu:x86-64-v3", "nvptx:sm_80", "spirv:opencl", "cpu:x86-64-v4", "amdgpu:gfx1100"]
    many = flexc.run("build", "k.flex:shifted", "-t", ",".join(specs), "-o", "k.fxk")
    together = list(gpu_compile.programs(flexc.folder / "k.fxk"))
    first = (flexc.folder / "k.fxk").read_bytes()
    flexc.run("build", "k.flex:shifted", "-t", ",".join(specs), "-o", "k.fxk")
    assert (flexc.folder / "k.fxk").read_bytes() == first, many.stderr
    for spec, program in zip(specs, together, strict=True):
        flexc.run("build", "k.flex:shifted", "-t", spec, "-o", "one.fxk")
        assert list(gpu_compile.programs(flexc.folder / "one.fxk")) == [program]
    flexc.run("run", "k.fxk", "x=[1, 2, 3, 4]", "--device=host", "-o", "y.npy")
    np.testing.assert_array_equal(np.load(flexc.folder / "y.npy"), np.float32([1.5, 3.5, 5.5, 4.5]))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-t", "cpu:x86-64-v3,nothing"], "unknown chip 'nothing'"),
        (["-t", "cpu,"], "unknown target ''"),
        (["-t", "everything"], "unknown target 'everything', expected one of: amdgpu, cpu, emulated, nvptx, null, spirv, or 'all' for an image of all"),
        (["-t", "all", "--emit=asm"], "is of one target"),
        (["-t", "cpu,nvptx", "-t", "spirv:opencl", "-k", "twice"], "computes in 'f64'"),
    ],
)
def test_refused(flexc, words, message):
    flexc.write("k.flex", KERNELS)
    done = flexc.run("build", "k.flex", *words, "-o", "k.fxk", check=False)
    assert done.returncode == 1 and re.search(message, done.stderr), done.stderr
    assert not (flexc.folder / "k.fxk").exists()


@pytest.mark.parametrize("command", ["card", "explain"])
def test_chips_are_shown_one_by_one(flexc, command):
    flexc.write("k.flex", KERNELS)
    done = flexc.run(command, "k.flex:dense", "-t", "all", check=False)
    assert done.returncode == 1 and "--target all is for images" in done.stderr and not done.stdout, done.stderr


def test_an_error_of_the_kernel_is_told_once(flexc):
    flexc.write("k.flex", "kernel k(x: f32[N]) -> f32[N] { x + y }")
    done = flexc.run("build", "k.flex", "-t", "all", "-o", "k.fxk", check=False)
    assert done.returncode == 1 and done.stderr.count("error") == 1, done.stderr
