"""Functions of the standard library and example kernels compile for every GPU chip, and vendors' assemblers and validators take the code.

A sample of the sources, spread evenly; FLEX_SWEEP=long takes all (by hand: test/EndToEnd/gpu_compile.py).
"""

import os

import gpu_compile
import pytest
from conftest import tool

SOURCES = list(gpu_compile.sources())
SAMPLE = SOURCES if os.environ.get("FLEX_SWEEP") == "long" else SOURCES[7 :: max(1, len(SOURCES) // 14)]


@pytest.fixture(scope="module")
def targets():
    tool("flexc")
    return gpu_compile.chips()


def test_all_chips_are_there(targets):
    for chip in "sm_75 sm_80 sm_86 sm_89 sm_90 sm_90a sm_100 sm_100a sm_120 gfx90a gfx942 gfx950 gfx1100 gfx1201 intel-pvc opencl".split():
        assert any(target.endswith(":" + chip) for target in targets), chip


@pytest.mark.parametrize("source", SAMPLE, ids=[source.name for source in SAMPLE])
def test_compiles_for_every_chip(source, targets):
    found = list(gpu_compile.compile_and_check(source, targets))
    faults = [f"{target}: {what}" for target, kind, what in found if kind == "fault"]
    assert not faults, "\n".join(faults)
    spills = [f"{target}: {what}" for target, kind, what in found if kind == "memory" and "spill" in what]
    assert not spills, "\n".join(spills)
    registers = {target: what for target, kind, what in found if kind == "registers"}
    counted = [target for target in targets if target.startswith("amdgpu:") or target.startswith("nvptx:") and gpu_compile.program("ptxas")]
    assert [target for target in counted if not 0 < registers.get(target, 0) <= 512] == [], "ptxas and the notes of code objects say how many there are"
    impossible = {target for target, kind, _ in found if kind == "impossible"}
    assert all(target.startswith("spirv:") for target in impossible), impossible
    for what in sorted({what for _, kind, what in found if kind == "skipped"}):
        print(f"not checked: {what}")


def test_a_damaged_payload_is_found(tmp_path):
    """The checkers can fail."""
    ptx, spirv = tmp_path / "k.ptx", tmp_path / "k.spirv"
    ptx.write_text(".version 7.0\n.target sm_80\n.address_size 64\n.visible .entry k() { add.s32 %r1, %r2, %r3; }\n")
    spirv.write_bytes(b"\x03\x02\x23\x07" + bytes(16))
    hsaco = tmp_path / "k.hsaco"
    hsaco.write_bytes(b"\x7fELF")
    for check, chip, path in ((gpu_compile.check_ptx, "sm_80", ptx), (gpu_compile.check_spirv, "opencl", spirv), (gpu_compile.check_hsaco, "gfx942", hsaco)):
        kinds = {kind for kind, _ in check(chip, path)}
        assert kinds & {"fault", "skipped"}, path
