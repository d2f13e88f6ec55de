"""A file of many kernels that call each other is one program: compiled fast, launched as one, and right."""

import resource
import sys

import numpy as np
import pytest
from conftest import ROOT, tool

sys.path.insert(0, str(ROOT / "benchmarks"))
import model  # noqa: E402

ARGUMENTS = ["x=randn(seed=1)[5,16]", "g=randn(seed=2)[16]", "w=randn(seed=3,std=0.1)[16,16]", "b=randn(seed=4)[16]"]


def compiled(flexc, text):
    """The launches of the program and the processor time its compilation took."""
    flexc.write("m.flex", text)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    flexc.run("build", "m.flex:model", "--target", "cpu", "-o", "m.fxk")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    kernels = model.manifest(flexc.folder / "m.fxk")["kernels"]
    return kernels[-1]["programs"][0], after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def agrees(flexc):
    flexc.run("run", "m.flex:model", *ARGUMENTS, "--device", "host", "-o", "host.npy")
    flexc.run("run", "m.flex:model", *ARGUMENTS, "--device", "reference", "-o", "reference.npy")
    host, reference = np.load(flexc.folder / "host.npy"), np.load(flexc.folder / "reference.npy")
    np.testing.assert_allclose(host, reference, rtol=1e-4, atol=1e-5 * np.abs(reference).max())


def test_a_hundred_layers(flexc):
    program, seconds = compiled(flexc, model.source(100))
    entries = {launch["entry"] for launch in program["launches"]}
    assert len(program["launches"]) >= 100 and len(entries) <= 4, "equal layers share their functions"
    sanitized = "san" in str(tool("flexc"))
    assert seconds < 3 or sanitized, f"100 kernels took {seconds:.1f} s of processor time"
    agrees(flexc)


def test_different_kernels(flexc):
    program, _ = compiled(flexc, model.source(20, varied=True))
    assert len({launch["entry"] for launch in program["launches"]}) > 10
    agrees(flexc)


def test_sums_stay_in_registers(flexc):
    """A long epilogue shares a loop with the contraction before it, not the registers."""
    flexc.write("g.flex", "import nn\nkernel dense(x: f32[B, K], w: f32[K, N], b: f32[N]) -> f32[B, N] { return nn.gelu(x @ w + b) }\n")
    flexc.run("build", "g.flex", "--target", "cpu:x86-64-v4", "--emit=asm", "-o", "g.s")
    assert "# vector spills in loops: 0\n" in (flexc.folder / "g.s").read_text()[:200]


def test_memory_does_not_grow_with_depth(flexc):
    arenas = {compiled(flexc, model.source(count))[0]["arena"] for count in (6, 12)}
    assert len(arenas) == 1, "temporaries of later layers take over the memory of earlier ones"


@pytest.mark.parametrize("shared", [True, False])
def test_what_two_kernels_both_compute_is_computed_once(flexc, shared):
    second = "x" if shared else "x + 1"
    text = f"""
kernel norms(x: f32[M, N]) -> f32[M] {{ return [i] sqrt(sum(j) x[i, j] * x[i, j]) }}
kernel left(x: f32[M, N]) -> f32[M, N] {{ let n = norms(x) return [i, j] x[i, j] / n[i] }}
kernel right(x: f32[M, N]) -> f32[N] {{ let m = norms(x) return [j] sum(i) x[i, j] / m[i] }}
kernel model(x: f32[M, N]) -> (f32[M, N], f32[N]) {{ return left(x), right({second}) }}
""".replace(") return", ")\n  return")
    flexc.write("m.flex", text)
    ir = flexc.run("build", "m.flex:model", "--emit=tensor", "-o", "-").stdout
    assert ir.count("flex.reduce") == (2 if shared else 3), ir
    dead = text.replace("return left(x), right", "let unused = left(x * 2)\n  return left(x), right")
    flexc.write("m.flex", dead)
    assert flexc.run("build", "m.flex:model", "--emit=tensor", "-o", "-").stdout.count("flex.reduce") == (2 if shared else 3)


LLAMA = {"S": 16, "M": 256, "C": 64, "H": 8, "G": 2, "D": 32, "F": 512}


def test_memory_of_the_llama_block(flexc):
    """What explain says is what the launches need, and no temporary is overwritten while somebody reads it."""
    kernel = f"{ROOT / 'examples' / 'kernels' / 'llama.flex'}:llama_block"
    define = [word for name, value in LLAMA.items() for word in ("-D", f"{name}={value}")]
    flexc.run("build", kernel, *define, "--target", "cpu", "-o", "llama.fxk")
    program = model.manifest(flexc.folder / "llama.fxk")["kernels"][-1]["programs"][0]
    temps = {n: b for n, b in enumerate(program["buffers"]) if b["kind"] == "temp"}
    steps = {n: [i for i, launch in enumerate(program["launches"]) if n in launch["buffers"]] for n in temps}
    in_place = 0
    for a in temps:
        for b in temps:
            low, high = (temps[n]["offset"] for n in (a, b))
            if a != b and low <= high < low + temps[a]["bytes"]:  # they share memory: one after the other, or one over the other
                first, second = sorted((steps[a], steps[b]))
                over = first[-1] == second[0] and low == high and temps[a]["bytes"] == temps[b]["bytes"]
                in_place += over and a < b
                assert first[-1] < second[0] or over, (a, b)
    live = max(sum(t["bytes"] for n, t in temps.items() if steps[n][0] <= i <= steps[n][-1]) for i in range(len(program["launches"])))
    assert program["arena"] <= live
    said = flexc.run("explain", kernel, *define).stdout
    assert f"temporaries {program['arena'] / 1024:.1f} KiB for {len(temps)} tensors" in said
    assert (f"{in_place} of them computed in place" in said) == (in_place > 0)
