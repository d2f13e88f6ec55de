"""Kernels through the drivers for NVIDIA's, AMD's and Intel's libraries, with fakes of these (test/Support/FakeDrivers) in their
place: from the language to PTX, HSACO and SPIR-V, to launches that the emulator executes, against NumPy. And what is said where a
library, a GPU or a call is missing.
"""

import numpy as np
import pytest
from conftest import BUILD, ROOT

SOURCE = """
import nn
kernel add(a: f32[N], b: f32[N]) -> f32[N] { return a + b }
kernel softmax(x: f32[M, N]) -> f32[M, N] { return nn.softmax(x) }
kernel dense(a: f32[M, K], b: f32[K, N], c: f32[N]) -> f32[M, N] { return nn.relu(a @ b + c) }
kernel total(x: i32[N]) -> i32 { return sum(i) x[i] }
kernel table(x: i32[N]) -> i32[N] { return [i] x[i] * 2 + 1 }
"""
DEVICES = pytest.mark.parametrize("driver", ["cuda", "hip", "levelzero"])


@pytest.fixture
def fake(flexc, monkeypatch):
    """Makes flexc open a fake library; `settings` say what its device is."""

    def use(folder, **settings):
        path = BUILD / "fakes" / folder
        compiler = BUILD / "fakes" / "libFlexPairingCompiler.so"
        if not any(path.glob("lib*")) or not compiler.exists():
            pytest.fail(f"{path} or {compiler} is missing: ./flex test builds them", pytrace=False)
        (flexc.folder / "payloads").mkdir(exist_ok=True)
        flexc.env.update(LD_LIBRARY_PATH=str(path), FLEX_FAKE_PAYLOADS=str(flexc.folder / "payloads"),
                         FLEX_COMPILER_LIB=str(compiler), **{key: str(value) for key, value in settings.items()})
        return flexc

    return use


def f32(rng, *shape):
    return rng.standard_normal(shape).astype(np.float32)


@DEVICES
@pytest.mark.parametrize("mode", [[], ["--dynamic"]], ids=["static", "dynamic"])
def test_kernels(fake, rng, driver, mode):
    flexc = fake(driver)
    run = lambda name, inputs: flexc.kernel(SOURCE, name, inputs, 1, [f"--device={driver}:0", "-I", ROOT / "std", *mode])  # noqa: E731
    a, b = f32(rng, 1000), f32(rng, 1000)
    np.testing.assert_array_equal(run("add", {"a": a, "b": b}), a + b)
    x = f32(rng, 5, 300)
    e = np.exp(x.astype(np.float64) - x.max(axis=1, keepdims=True))
    np.testing.assert_allclose(run("softmax", {"x": x}), e / e.sum(axis=1, keepdims=True), rtol=1e-5, atol=1e-7)
    a, b, c = f32(rng, 33, 40), f32(rng, 40, 50), f32(rng, 50)
    np.testing.assert_allclose(run("dense", {"a": a, "b": b, "c": c}), np.maximum(a.astype(np.float64) @ b + c, 0),
                               rtol=1e-4, atol=1e-4)
    x = rng.integers(-1000, 1000, 5000).astype(np.int32)
    np.testing.assert_array_equal(run("total", {"x": x}), x.sum())


@DEVICES
def test_large_copies_and_images(fake, rng, driver):
    flexc = fake(driver)
    x = rng.integers(-(2**30), 2**30, 100_000).astype(np.int32)  # beyond what is staged
    np.save(flexc.folder / "x.npy", x)
    flexc.write("k.flex", SOURCE)
    target = {"cuda": "nvptx:sm_90a", "hip": "amdgpu:gfx942", "levelzero": "spirv:opencl+fp16+fp64"}[driver]
    flexc.run("build", "k.flex:table", "--target", target, "-I", ROOT / "std", "-o", "k.fxk")
    flexc.run("run", "k.fxk", "x=@x.npy", f"--device={driver}:0", "-o", "y.npy")
    np.testing.assert_array_equal(np.load(flexc.folder / "y.npy"), x * 2 + 1)


def test_copies_of_boxes(fake, rng):
    """Tensor maps that the driver's library makes, for arguments, a temporary and a batch; anew where buffers are others."""
    flexc = fake("cuda")
    source = """
    kernel mm(x: f16[B, M, K], w: f16[K, N]) -> f32[B, M, N] { return [b, i, j] sum(k) f32(x[b, i, k]) * f32(w[k, j]) }
    kernel twice(x: f16[M, K], w: f16[K, N], v: f16[N, K]) -> f16[M, K] {
      let y[i, j] = f16(max(sum(k) f32(x[i, k]) * f32(w[k, j]), 0))
      return [i, j] f16(sum(k) f32(y[i, k]) * f32(v[k, j]))
    }
    """
    for batch in (1, 3):
        x, w = f32(rng, batch, 70, 104).astype(np.float16), f32(rng, 104, 72).astype(np.float16)
        got = flexc.kernel(source, "mm", {"x": x, "w": w}, 1, ["--device=cuda:0"])
        np.testing.assert_allclose(got, x.astype(np.float64) @ w, rtol=1e-4, atol=1e-4)
    x, w, v = (f32(rng, *shape).astype(np.float16) for shape in ((70, 104), (104, 72), (72, 104)))
    got = flexc.kernel(source, "twice", {"x": x, "w": w, "v": v}, 1, ["--device=cuda:0"])
    y = np.maximum(x.astype(np.float64) @ w, 0).astype(np.float16).astype(np.float64)
    size = np.abs(y) @ np.abs(v.astype(np.float64))
    np.testing.assert_array_less(np.abs(got - y @ v), size * 2**-9 + 1e-3)
    flexc.env["FLEX_FAKE_FAIL"] = "cuTensorMapEncodeTiled:1:1"
    flexc.write("mm.flex", source)
    np.save(flexc.folder / "x.npy", x)
    np.save(flexc.folder / "w.npy", w)
    np.save(flexc.folder / "v.npy", v)
    done = flexc.run("run", "mm.flex:twice", "x=@x.npy", "w=@w.npy", "v=@v.npy", "--device=cuda:0", check=False)
    assert done.returncode and "tensor map 0 of entry 'twice_0': cuTensorMapEncodeTiled failed" in done.stderr, done.stderr


@DEVICES
def test_bound_arguments(fake, rng, driver):
    """Kept in the device's memory: flexc run launches many times with --bench."""
    flexc = fake(driver)
    a, b, c = f32(rng, 33, 40), f32(rng, 40, 50), f32(rng, 50)
    bound = flexc.kernel(SOURCE, "dense", {"a": a, "b": b, "c": c}, 1, [f"--device={driver}:0", "-I", ROOT / "std", "--bind", "b,c", "--bench=0.05"])
    np.testing.assert_allclose(bound, np.maximum(a.astype(np.float64) @ b + c, 0), rtol=1e-4, atol=1e-4)


def test_matrix_units_of_intel(fake, rng):
    """The device has sub-groups of 16: code for those of 8 is not for it."""
    flexc = fake("levelzero")
    x, w = f32(rng, 35, 48).astype(np.float16), f32(rng, 48, 40).astype(np.float16)
    np.save(flexc.folder / "x.npy", x)
    np.save(flexc.folder / "w.npy", w)
    flexc.write("k.flex", "kernel mm(x: f16[M, K], w: f16[K, N]) -> f32[M, N] { return [i, j] sum(k) f32(x[i, k]) * f32(w[k, j]) }\n")
    run = ["run", "k.fxk", "x=@x.npy", "w=@w.npy", "--device=levelzero:0", "-o", "y.npy"]
    flexc.run("build", "k.flex", "--target", "spirv:intel-pvc", "-o", "k.fxk")
    flexc.run(*run)
    np.testing.assert_allclose(np.load(flexc.folder / "y.npy"), x.astype(np.float64) @ w, atol=1e-4)
    flexc.run("build", "k.flex", "--target", "spirv:intel-dg2", "-o", "k.fxk")
    assert "dpas8" in flexc.run(*run, check=False).stderr


@pytest.mark.parametrize("capability,ring", [(90, 98304), (100, 99328)])
def test_group_memory_that_a_launch_asks_for(fake, rng, capability, ring):
    """96 KiB, and barriers: the driver opts in, or says that it was not let."""
    x, w = rng.integers(-2, 3, (70, 130)).astype(np.float16), rng.integers(-2, 3, (130, 90)).astype(np.float16)
    source = "kernel mm(x: f16[M, K], w: f16[K, N]) -> f16[M, N] { return [i, j] sum(k) x[i, k] * w[k, j] }\n"
    source += "schedule mm for nvptx { tile_m 128 tile_n 128 tile_k 64 stages 3 }\n"
    got = fake("cuda", FLEX_FAKE_CUDA_CAPABILITY=capability).kernel(source, "mm", {"x": x, "w": w}, 1, ["--device=cuda:0"])
    np.testing.assert_array_equal(got, x.astype(np.float32) @ w.astype(np.float32))
    refused = fake("cuda", FLEX_FAKE_FAIL="cuFuncSetAttribute:1:1")
    done = refused.run("run", "k.flex:mm", "x=@x.npy", "w=@w.npy", "--device=cuda:0", check=False)
    assert done.returncode == 2 and f"cuFuncSetAttribute(MAX_DYNAMIC_SHARED_SIZE_BYTES, {ring}) failed" in done.stderr, done.stderr


@pytest.mark.parametrize("capability,version,target", [(75, 12000, "nvptx:sm_75"), (86, 12000, "nvptx:sm_86"),
                                                       (90, 11080, "nvptx:sm_90"), (90, 13000, "nvptx:sm_90a"), (100, 12070, "nvptx:sm_100a")])
def test_cuda_targets(fake, capability, version, target):
    shown = fake("cuda", FLEX_FAKE_CUDA_CAPABILITY=capability, FLEX_FAKE_CUDA_VERSION=version).run("devices").stdout
    assert f"target {target}, takes cubin, ptx" in shown


def test_devices_are_numbered_behind_the_host(fake):
    shown = fake("cuda", FLEX_FAKE_CUDA_DEVICES=2).run("devices", "--verbose").stdout
    ids = [line.split()[0] for line in shown.splitlines() if not line.startswith(" ") and "not usable" not in line]
    usable = [name for name in ids if not name.startswith("opencl")]
    assert usable[:3] == ["host", "cuda:0", "cuda:1"] and usable[3].startswith("emulated:")


@pytest.mark.parametrize("folder,settings,reason", [
    ("cuda-stub", {}, "CUDA_ERROR_STUB_LIBRARY (34): this libcuda.so.1 is the toolkit's stub"),
    ("cuda", {"FLEX_FAKE_CUDA_DEVICES": 0}, "no NVIDIA GPU is visible"),
    ("cuda", {"FLEX_FAKE_CUDA_CAPABILITY": 61}, "there is no code for compute capability 6.1"),
    ("cuda", {"FLEX_FAKE_CUDA_MODE": 2}, "its compute mode is 'prohibited'"),
    ("cuda", {"FLEX_FAKE_FAIL": "cuDevicePrimaryCtxRetain:1:2"}, "cuDevicePrimaryCtxRetain failed with CUDA_ERROR_OUT_OF_MEMORY (2)"),
    ("hip", {"FLEX_FAKE_HIP_DEVICES": 0}, "finds no AMD GPU: hipInit failed with hipErrorNoDevice (100)"),
    ("hip", {"FLEX_FAKE_HIP_ARCH": "gfx1030"}, "there is no code for its architecture, gfx1030, only for gfx90a"),
    ("levelzero", {"FLEX_FAKE_ZE_NO_DEVICE": 1}, "the Level Zero loader finds no GPU and driver"),
])
def test_reasons_to_skip(fake, folder, settings, reason):
    shown = fake(folder, **settings).run("devices").stdout
    assert f"{folder.split('-')[0]}" in shown and reason in shown


def test_no_library(flexc):
    done = flexc.run("devices").stdout
    for library in ("libcuda.so.1", "libamdhip64.so.7, libamdhip64.so.6, libamdhip64.so.5", "libze_loader.so.1"):
        if f"{library} cannot be opened" not in done:
            pytest.skip(f"{library} is installed here")


@pytest.mark.parametrize("driver,call,said", [
    ("cuda", "cuMemAlloc_v2:1:2", "CUDA_ERROR_OUT_OF_MEMORY (2)"),
    ("cuda", "cuStreamSynchronize:1:719", "CUDA_ERROR_LAUNCH_FAILED (719)"),
    ("hip", "hipModuleLaunchKernel:1:719", "hipModuleLaunchKernel failed with"),
    ("levelzero", "zeModuleCreate:1:1879048196", "ZE_RESULT_ERROR_MODULE_BUILD_FAILURE (0x70000004)"),
])
def test_a_failing_call_is_told(fake, rng, driver, call, said):
    flexc = fake(driver, FLEX_FAKE_FAIL=call)
    flexc.write("k.flex", SOURCE)
    np.save(flexc.folder / "x.npy", np.arange(10, dtype=np.int32))
    done = flexc.run("run", "k.flex:table", "x=@x.npy", f"--device={driver}:0", "-I", ROOT / "std", check=False)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
