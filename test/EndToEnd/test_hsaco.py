"""The code objects for AMD GPUs that we link are what ld.lld makes of the same assembly: code, notes, symbols, flags, descriptors."""

import struct
import subprocess
from pathlib import Path

import pytest
from conftest import Flexc

LLVM = Path("/usr/lib/llvm-22/bin")
SOURCE = """
import nn
kernel softmax(x: f32[M, N]) -> f32[M, N] { return nn.softmax(x) }
kernel product(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { return a @ b }
"""


def tool(name, *words):
    done = subprocess.run([LLVM / name, *words], capture_output=True, check=True)
    return done.stdout


def section(path, name):
    out = path.with_suffix(name)
    tool("llvm-objcopy", "-O", "binary", f"--only-section={name}", path, out)
    return out.read_bytes()


def symbols(path):
    """Name, size, type, binding and visibility of each dynamic symbol, and its address."""
    rows = [line.split() for line in tool("llvm-readelf", "--dyn-syms", path).decode().splitlines() if "softmax" in line or "product" in line]
    return {row[7]: tuple(row[2:6]) for row in rows}, {row[7]: int(row[1], 16) for row in rows}


@pytest.mark.parametrize("chip", ["gfx90a", "gfx942", "gfx1100", "gfx1201"])
@pytest.mark.parametrize("kernel", ["softmax", "product"])
def test_as_lld_links_it(tmp_path, chip, kernel):
    flexc, own, theirs = Flexc(tmp_path), tmp_path / "own.elf", tmp_path / "theirs.elf"
    place = f"{flexc.write('k.flex', SOURCE)}:{kernel}"
    image, assembly = tmp_path / "k.fxk", tmp_path / "k.s"
    flexc.run("build", place, "--target", f"amdgpu:{chip}", "-o", image)
    assembly.write_text(flexc.run("check", place, "--target", f"amdgpu:{chip}", "--emit=asm").stdout)
    data = image.read_bytes()
    own.write_bytes(data[data.index(b"\x7fELF"):])
    tool("llvm-mc", "-triple=amdgcn-amd-amdhsa", f"-mcpu={chip}", "-filetype=obj", assembly, "-o", tmp_path / "k.o")
    tool("ld.lld", "-shared", tmp_path / "k.o", "-o", theirs)

    assert tool("llvm-readelf", "--notes", own) == tool("llvm-readelf", "--notes", theirs)
    flags = [struct.unpack_from("<I", path.read_bytes(), 48)[0] for path in (own, theirs)]
    assert flags[0] == flags[1]
    assert section(own, ".text") == section(theirs, ".text")
    (shapes, places), (expected, their_places) = symbols(own), symbols(theirs)
    assert shapes == expected and f"{kernel}_0.kd" in shapes
    # A descriptor is equal but for the distance to its code, at byte 16, which leads to the same function.
    mine, other = section(own, ".rodata"), section(theirs, ".rodata")
    assert len(mine) == len(other)
    for name in (name for name in shapes if name.endswith(".kd")):
        code = name.removesuffix(".kd")
        for descriptor, where in ((mine, places), (other, their_places)):
            start = where[name] - min(address for symbol, address in where.items() if symbol.endswith(".kd"))
            assert struct.unpack_from("<q", descriptor, start + 16)[0] == where[code] - where[name]
    blank = [bytes(0 if i % 64 in range(16, 24) else byte for i, byte in enumerate(text)) for text in (mine, other)]
    assert blank[0] == blank[1]
