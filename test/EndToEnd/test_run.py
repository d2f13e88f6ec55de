"""flexc run: NumPy files in and out, exit codes, the cache, the reference interpreter, and no LLVM when nothing is compiled."""

import os
import subprocess

import numpy as np
import pytest
from conftest import BUILD, tool

SOURCE = """
kernel add(x: f32[M, N], y: f32[M, N]) -> f32[M, N] { return x + y }
kernel twice<T: bool | i8 | i16 | i32 | i64 | u8 | u16 | u32 | u64 | bf16 | f16 | f32 | f64>(x: T[N]) -> (T[N], T[N]) { return x, x }
kernel row(x: f32[N], s: f32) -> (f32[N], f32) { return [i] x[i] * s, sum(i) x[i] }
"""

DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"]


@pytest.fixture
def files(flexc):
    flexc.write("k.flex", SOURCE)
    return flexc


def save(flexc, name, array):
    np.save(flexc.folder / name, array)


@pytest.mark.parametrize("device", ["host", "reference"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_goes_in_and_out(files, rng, dtype, device):
    x = rng.integers(0, 2, 37).astype(dtype) if dtype == "bool" else rng.integers(0, 100, 37).astype(dtype)
    save(files, "x.npy", x)
    files.run("run", "k.flex:twice", "x=@x.npy", "-o", "a.npy", "-o", "result1=b.npy", "--device", device)
    for name in ("a.npy", "b.npy"):
        y = np.load(files.folder / name)
        assert y.dtype == x.dtype
        np.testing.assert_array_equal(y, x)


def test_bf16_as_ml_dtypes_writes_it(files):
    bits = np.array([0x3F80, 0x4000, 0xC040], np.uint16)
    save(files, "x.npy", bits.view("V2"))
    files.run("run", "k.flex:twice", "x=@x.npy", "-o", "y.npy")
    y = np.load(files.folder / "y.npy")
    assert y.dtype == np.dtype("V2")
    np.testing.assert_array_equal(y.view(np.uint16), bits)
    done = files.run("run", "k.flex:twice", "x=@x.npy", "-D", "T=bf16")
    assert "[ 1.  2. -3.]" in done.stdout


def test_uint16_is_bf16_only_where_it_must_be(files):
    flex = "kernel k(x: bf16[N]) -> bf16[N] { return x }"
    files.write("b.flex", flex)
    save(files, "x.npy", np.array([0x3F80], np.uint16))
    done = files.run("run", "b.flex", "x=@x.npy")
    assert "note: argument 'x': the u16 elements" in done.stderr
    assert "[1.]" in done.stdout


@pytest.mark.parametrize("device", ["host", "reference"])
def test_fortran_order_and_other_byte_order(files, rng, device):
    x, y = rng.normal(size=(5, 7)).astype(np.float32), rng.normal(size=(5, 7)).astype(np.float32)
    save(files, "x.npy", np.asfortranarray(x))
    save(files, "y.npy", y.astype(">f4"))
    files.run("run", "k.flex:add", "x=@x.npy", "y=@y.npy", "-o", "z.npy", "--device", device)
    np.testing.assert_array_equal(np.load(files.folder / "z.npy"), x + y)


@pytest.mark.parametrize("save_archive", [np.savez, np.savez_compressed])
def test_archives(files, rng, save_archive):
    x, y = rng.normal(size=(2, 3)).astype(np.float32), rng.normal(size=(2, 3)).astype(np.float32)
    save_archive(files.folder / "all.npz", x=x, other=y)
    files.run("run", "k.flex:add", "x=@all.npz", "y=@all.npz:other", "-o", "out.npz")
    with np.load(files.folder / "out.npz") as out:
        np.testing.assert_array_equal(out["result"], x + y)
    done = files.run("run", "k.flex:add", "x=@all.npz", "y=@all.npz:othr", check=False)
    assert done.returncode == 1
    assert "has no array 'othr'; it has: x, other; did you mean 'other'?" in done.stderr


def test_results_by_name_and_all_at_once(files):
    files.run("run", "k.flex:row", "x=[1, 2, 3]", "s=2", "-o", "result1=s.npy", "-o", "all.npz")
    assert np.load(files.folder / "s.npy") == 6
    with np.load(files.folder / "all.npz") as out:
        np.testing.assert_array_equal(out["result0"], [2, 4, 6])
        assert out["result1"].shape == ()


def test_wrong_dtype_and_shape_name_both_sides(files, rng):
    save(files, "x.npy", rng.normal(size=(2, 3)))
    save(files, "y.npy", np.zeros((3, 3), np.float32))
    done = files.run("run", "k.flex:add", "x=@x.npy", "y=@y.npy", check=False)
    assert done.returncode == 1
    assert "'x.npy' holds f64, kernel 'add' takes f32" in done.stderr
    save(files, "x.npy", np.zeros((2, 3), np.float32))
    done = files.run("run", "k.flex:add", "x=@x.npy", "y=@y.npy", check=False)
    assert done.returncode == 1
    assert "dimension M is 2 in 'x' but 3 in 'y'" in done.stderr


@pytest.mark.parametrize("cut", [0, 3, 40, 130])
def test_cut_files_are_a_message(files, cut):
    save(files, "x.npy", np.zeros((2, 3), np.float32))
    whole = (files.folder / "x.npy").read_bytes()
    (files.folder / "x.npy").write_bytes(whole[:cut])
    done = files.run("run", "k.flex:add", "x=@x.npy", "y=zeros[2,3]", check=False)
    assert done.returncode == 1
    assert "'x.npy' is no usable .npy file" in done.stderr


def test_exit_codes(files):
    assert files.run("version").returncode == 0
    assert files.run("check", "k.flex").returncode == 0
    assert files.run(check=False).returncode == 1
    assert files.run("check", "absent.flex", check=False).returncode == 1
    assert files.run("run", "k.flex:add", "x=zeros[2,2]", "y=zeros", "-o", "/nowhere/y.npy", check=False).returncode == 1
    files.env["FLEX_COMPILER_LIB"] = "/nowhere/libflexc.so"
    done = files.run("check", "k.flex", check=False)
    assert done.returncode == 2
    assert "the compiler cannot be loaded" in done.stderr


def test_full_output_device(files):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    with open("/dev/full", "w") as full:
        done = subprocess.run([tool("flexc"), "help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "standard output cannot be written" in done.stderr


def test_second_run_comes_from_the_cache_without_llvm(files):
    words = ("run", "k.flex:add", "x=ones[3,4]", "y=ones", "--device=host")
    assert "code from the compiler" in files.run(*words).stderr
    files.env["LD_DEBUG"] = "files"
    done = files.run(*words)
    assert "code from the disk cache" in done.stderr
    assert "libflexrt" in done.stderr
    for library in ("libflexc.so", "libLLVM", "libMLIR"):
        assert library not in done.stderr, f"{library} was loaded although nothing was compiled"


def test_cache_commands(files):
    files.run("run", "k.flex:add", "x=ones[3,4]", "y=ones", "--device=host")
    listed = files.run("cache", "list").stdout
    entries = [line.split()[0] for line in listed.splitlines()[:-1]]
    assert entries and "entries," in listed
    explained = files.run("cache", "explain", entries[0]).stdout
    assert "key (the entry is used when all of these are the same):" in explained
    assert " 0 damaged" in files.run("cache", "verify").stdout
    victim = next(path for path in (files.folder / "cache").rglob("*") if path.is_file() and path.stat().st_size > 500)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 0xFF
    victim.write_bytes(data)
    done = files.run("cache", "verify", check=False)
    assert done.returncode == 2
    assert "damaged:" in done.stderr
    assert "removed" in files.run("cache", "clear").stdout
    assert "0 entries" in files.run("cache", "list").stdout


def test_image_built_ahead_runs_without_a_compiler(files):
    files.run("build", "k.flex:add", "-o", "add.fxk")
    files.env["FLEX_COMPILER_LIB"] = "/nowhere/libflexc.so"
    done = files.run("run", "add.fxk", "x=[[1, 2]]", "y=[[3, 4]]", "--device=host")
    assert "[[4. 6.]]" in done.stdout
    assert "code from the image" in done.stderr


def test_stages_give_the_same_results(files):
    files.run("check", "k.flex:add", "--emit=tensor", "-o", "add.tensor.mlir")
    files.run("check", "add.tensor.mlir", "--emit=loops", "-t", "cpu", "-o", "add.loops.mlir")
    files.run("check", "add.loops.mlir", "--emit=module", "-o", "add.module.mlir")
    for artefact in ("add.tensor.mlir", "add.loops.mlir", "add.module.mlir"):
        files.run("build", artefact, "-t", "cpu", "-o", "add.fxk")
        done = files.run("run", "add.fxk", "x=[[1, 2]]", "y=[[3, 4]]", "--device=host", "-q")
        assert "[[4. 6.]]" in done.stdout


def test_compiler_exports_one_symbol():
    done = subprocess.run(["nm", "-D", "--defined-only", str(BUILD / "lib" / "libflexc.so")], capture_output=True, text=True, check=True)
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["flexCompilerApi"]


@pytest.mark.parametrize("device", ["host", "reference"])
def test_dimension_parameters_are_given(flexc, device):
    flexc.write("b.flex", "kernel count<B: dim>(x: i32[N]) -> i32[B] { return [b] sum(i) i32(x[i] == i32(b)) }\n"
                "kernel steps<B: dim, T: f32 | f64>(scale: T) -> T[B] { return [b] T(b) * scale }\n")
    assert "[0 1 2]" in flexc.run("run", "b.flex:count", "x=[1,2,2,3]", "B=3", "--device", device).stdout
    assert "[0.  0.5]" in flexc.run("run", "b.flex:steps", "scale=0.5", "-D", "B=2", "-D", "T=f64", "--device", device).stdout
    assert "dimension B" in flexc.run("run", "b.flex:count", "x=[1]", "--device", device, check=False).stderr


def test_fast_computes_as_default(flexc):
    """docs/numerics.md says so; whoever makes a difference changes the page, too."""
    body = "kernel k(x: f32[M, N]) -> f32[M, N] {\n  let e[i, j] = exp(x[i, j])\n  return [i, j] e[i, j] / sum(k) e[i, k] + rsqrt(abs(x[i, j])) * tanh(x[i, j])\n}\n"
    for policy in ("default", "fast"):
        flexc.write(f"{policy}.flex", f"@numerics({policy}) {body}")
        flexc.run("run", f"{policy}.flex", "x=randn[7,65]", "-o", f"{policy}.npy", "--device", "host")
    np.testing.assert_array_equal(np.load(flexc.folder / "default.npy"), np.load(flexc.folder / "fast.npy"))


PASTED = {
    "whole tensors": ("kernel k(x: f32[M, N]) -> f32[M, N] { return x * 2 + x[::-1, :] }", {}),
    "top_k": ("kernel k(x: f32[M, N]) -> (f32[M, 5], i64[M, 5]) where N >= 5 { return top_k(x, 5) }", {}),
    "running sums": ("kernel k(x: f32[M, N]) -> f32[M, N] { return cumsum(x, axis = 0) }", {"M": 512, "N": 4096}),
    "product": ("kernel k(a: f32[M, N], b: f32[N, M]) -> f32[M, M] { return a @ b }", {}),
    "dots": ("kernel k(a: f32[4, 4096], b: f32[M, 4096]) -> f32[4, M] { return [i, j] sum(k) a[i, k] * b[j, k] }", {"M": 4096}),
    "bytes": ("kernel k(a: i8[M, N], b: i8[N, M]) -> i32[M, M] { return [i, j] sum(k) i32(a[i, k]) * i32(b[k, j]) }", {"M": 128, "N": 128}),
    "attention": ("import nn\nkernel k(q: f32[H, S, 64], k: f32[H, S, 64], v: f32[H, S, 64]) -> f32[H, S, 64] { return nn.attention_causal(q, k, v) }", {"H": 2, "S": 128}),
    "softmax": ("import nn\nkernel k(x: f32[M, N]) -> f32[M, N] { return nn.softmax(x) }", {}),
}


@pytest.mark.parametrize("name", PASTED)
@pytest.mark.parametrize("target", ["cpu:x86-64-v3", "cpu:x86-64-v4", "nvptx:sm_80"])
def test_the_schedule_that_explain_prints_can_be_pasted(flexc, name, target):
    """It is the choice that was made, so nothing changes."""
    source, dims = PASTED[name]
    words = ["-t", target, "-I", BUILD.parent.parent / "std", *(f"-D{dim}={size}" for dim, size in dims.items())]
    before = flexc.run("explain", flexc.write("k.flex", source + "\n"), *words).stdout
    blocks = [line.strip() for line in before.splitlines() if line.strip().startswith("schedule ")]
    if not blocks:
        assert "{ strategy " in before  # several launches, and none of them is the one that a block speaks of
        return
    flexc.write("k.flex", source + "\n" + blocks[0] + "\n")
    assert flexc.run("explain", "k.flex", *words).stdout == before
