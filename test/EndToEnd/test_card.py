"""`flexc card`: figures of a kernel on chips that are not here, in text, JSON and HTML."""

import json
import re

import pytest

SOURCE = """
kernel gemm(a: f16[M, K], b: f16[N, K]) -> f32[M, N] { return [i, j] sum(k) f32(a[i, k]) * f32(b[j, k]) }
kernel add(x: f32[N], y: f32[N]) -> f32[N] { return x + y }
kernel layer(x: f32[M, N], w: f32[N, N]) -> f32[M, N] { return x @ w }
kernel thrice(x: f32[M, N], w: f32[N, N]) -> f32[M, N] { return layer(layer(layer(x, w), w), w) }
"""
SIZES = ["-D", "M=1024", "-D", "N=1024", "-D", "K=8192"]


def card(flexc, kernel, target, *options):
    place = f"{flexc.write('k.flex', SOURCE)}:{kernel}"
    done = flexc.run("card", place, f"--target={target}", "--format=json", *options)
    (one,) = json.loads(done.stdout)
    return one["launches"][0]


@pytest.mark.parametrize("target", ["nvptx:sm_80", "nvptx:sm_90a", "amdgpu:gfx942", "amdgpu:gfx1100", "spirv:opencl+fp16+fp64"])
def test_memory_bound_addition(flexc, target):
    one = card(flexc, "add", target, "-D", "N=1048576")
    assert one["flops"] == 1048576 and one["bytes"] == 12 * 1048576
    assert one["bound"] == "memory"
    assert one["boundSeconds"] == pytest.approx(one["bytes"] / one["memoryGBs"] / 1e9)
    mix = one["instructions"]
    assert mix["total"] == sum(count for kind, count in mix.items() if kind != "total") > 5
    assert mix["load"] == (4 if target.startswith("spirv") else 2) and mix["store"] == 1 # SPIR-V loads its ids, too
    if not target.startswith("spirv"):
        assert 2 <= one["registers"] <= 40
        assert one["occupancy"]["wavesPerUnit"] == one["occupancy"]["maxWavesPerUnit"]


@pytest.mark.parametrize(("target", "unit", "peak"), [("nvptx:sm_80", "mma", 311900), ("amdgpu:gfx942", "mfma", 1307400), ("amdgpu:gfx1100", "wmma", 122900)])
def test_product_on_matrix_units(flexc, target, unit, peak):
    one = card(flexc, "gemm", target, *SIZES)
    assert one["matrixUnit"].startswith(unit)
    assert one["peakGflops"] == pytest.approx(peak, rel=1e-2)
    assert one["loop"]["matrix"] >= 4
    assert one["loop"]["matrix"] <= one["instructions"]["matrix"]
    assert one["spills"] in (0, None)
    assert one["groupMemoryBytes"] >= 8192
    assert one["flops"] == 2 * 1024 * 1024 * 8192


def test_group_memory_that_a_launch_asks_for(flexc):
    one = card(flexc, "gemm", "nvptx:sm_100a", *SIZES)
    assert one["matrixUnit"].startswith("tcgen05") and one["loop"]["matrix"] == 4
    assert one["groupMemoryBytes"] > 49152 and one["occupancy"]["groupsPerUnit"] == 3 and one["occupancy"]["limit"] == "group memory"


def test_matrix_instructions_in_inline_assembly(flexc):
    one = card(flexc, "gemm", "nvptx:sm_90a", *SIZES)
    assert one["matrixUnit"].startswith("wgmma") and 1 <= one["loop"]["matrix"] <= one["instructions"]["matrix"]
    assert one["peakGflops"] > 900000


def test_launches_of_one_entry_have_the_same_figures(flexc):
    done = flexc.run("card", f"{flexc.write('k.flex', SOURCE)}:thrice", "--target=nvptx:sm_80", "--format=json", "-D", "M=256", "-D", "N=256")
    launches = json.loads(done.stdout)[0]["launches"]
    assert len(launches) == 3 and len({one["entry"] for one in launches}) == 1
    assert all(one == launches[0] for one in launches)


def test_text_and_html_say_the_same(flexc):
    place = f"{flexc.write('k.flex', SOURCE)}:gemm"
    text = flexc.run("card", place, "--target=amdgpu:gfx942").stdout
    assert text.startswith("gemm for amdgpu:gfx942 (AMD Instinct MI300X), ") and "taken as 1024" in text.splitlines()[0]
    for name in ("registers", "spills", "occupancy", "main loop", "work", "bound"):
        assert re.search(rf"^    {name} +\S", text, re.M), name
    html = flexc.folder / "card.html"
    flexc.run("card", place, "--target=amdgpu:gfx942", "--format=html", "-o", html)
    page = html.read_text()
    assert page.startswith("<!DOCTYPE html>") and "<th>main loop</th>" in page
    registers = re.search(r"registers +(\d+)", text).group(1)
    assert f"<td>{registers} (code object)</td>" in page


def test_what_has_no_card_says_so(flexc):
    place = f"{flexc.write('k.flex', SOURCE)}:add"
    done = flexc.run("card", place, "--target=cpu", check=False)
    assert done.returncode == 1 and "has no card" in done.stderr
    done = flexc.run("card", place, check=False)
    assert done.returncode == 1 and "--target" in done.stderr
    done = flexc.run("card", place, "--target=amdgpu", "--format=xml", check=False)
    assert done.returncode == 1 and "text, json or html" in done.stderr
