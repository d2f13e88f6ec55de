#!/usr/bin/env python3
"""Compiles every function of the standard library and every example kernel for every GPU chip, and shows the code to assemblers and validators.

    test/EndToEnd/gpu_compile.py [--part I/N] [--target nvptx:sm_80 …] [NAME …]

PTX goes through ptxas, code objects' notes are read back, SPIR-V goes through spirv-val and, where it is installed, ocloc. What is
missing is skipped and said. FLEX_BUILD_DIR names the build. Exit status 1 when something does not compile or does not pass.
"""

import argparse
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("FLEX_BUILD_DIR", ROOT / "build" / "dev"))
FLEXC = BUILD / "bin" / "flexc"
LLVM = Path("/usr/lib/llvm-22/bin")

# Where local memory is no fault: the kernel keeps an array per thread whose index is data.
OWN_MEMORY = ("sort", "scan", "window")


@dataclass
class Source:
    name: str
    text: str
    sizes: dict
    folder: Path = None


def sources():
    """Every function of std in its first type and every example, at one size each and, where that makes sense, with open dimensions."""
    sys.path[:0] = [str(ROOT / "test" / "EndToEnd"), str(ROOT / "examples" / "kernels")]
    from std_rows import ROWS

    for row in ROWS:
        text = row.source(row.dtypes[0])
        yield Source(f"{row.function}-static", text, row.runs[-1])
        if "dynamic" not in row.skip:
            yield Source(f"{row.function}-open", text, {name: row.runs[-1][name] for name in re.findall(r"(\w+): dim", text)})
    from checks import EXAMPLES

    for name, example in EXAMPLES.items():
        path = ROOT / "examples" / "kernels" / f"{example.file}.flex"
        yield Source(f"example.{name}", path.read_text(), example.bindings(*example.check), path.parent)


def chips():
    """`target:chip` of every target whose code goes to a GPU."""
    text = subprocess.run([FLEXC, "help", "targets"], capture_output=True, text=True, check=True).stdout
    found = []
    for name, formatted, names in re.findall(r"^(\w+): .*\n  default .*, makes (\w+)\n(?:  chips: (.*)\n)?", text, re.M):
        if formatted in CHECKS:
            found += [f"{name}:{chip}" for chip in names.split(", ")]
    return found


def program(name):
    """Where a checker is: PATH, the toolkit, wheels; None if nowhere."""
    places = [BUILD.parent / "static", ROOT / ".venv"]
    wheels = (path for place in places for path in sorted(place.glob(f"lib/python*/site-packages/nvidia/*/bin/{name}")))
    return shutil.which(name) or next((str(path) for path in (Path("/usr/local/cuda/bin") / name, LLVM / name, *wheels) if path.exists()), None)


def ran(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, errors="replace", check=False)
    return done.returncode, done.stdout + done.stderr


def check_ptx(chip, path):
    if ".extern .func" in path.read_text():
        yield "fault", "calls a function that is not there"
    assembler = program("ptxas")
    if not assembler:
        yield "skipped", "ptxas is not installed"
        return
    code, text = ran(assembler, f"-arch={chip}", "-v", "-o", path.with_suffix(".cubin"), path)
    if code:
        yield "fault", text.strip()[:400]
    if "serialized" in text:
        yield "fault", "wgmma is serialised"
    for count, kind in re.findall(r"([1-9]\d*) bytes (spill stores)", text) + re.findall(r"([1-9]\d*) bytes (stack frame)", text):
        yield "memory", f"{count} bytes {kind}"
    yield from (("registers", int(count)) for count in re.findall(r"Used (\d+) registers", text))


def check_hsaco(chip, path):
    code, text = ran(LLVM / "llvm-readelf", "--notes", path)
    if code or ".vgpr_count" not in text:
        yield "fault", f"the notes cannot be read: {text[:200]}"
    for key in ("vgpr_spill_count", "sgpr_spill_count", "private_segment_fixed_size"):
        yield from (("memory", f"{key} {count}") for count in re.findall(rf"\.{key}: +([1-9]\d*)", text))
    yield from (("registers", int(count)) for count in re.findall(r"\.vgpr_count: +(\d+)", text))


def check_spirv(chip, path):
    validator = program("spirv-val")
    if not validator:
        yield "skipped", "spirv-val is not installed"
    else:
        code, text = ran(validator, "--target-env", "opencl2.2", path)
        if "Capability Float16 is not allowed" in text:  # it is, on devices with cl_khr_fp16
            code, text = ran(validator, "--target-env", "spv1.2", path)
        if code:
            yield "fault", text.strip()[:400]
    devices = {"intel-dg2": "dg2-g10", "intel-pvc": "pvc", "intel-bmg": "bmg"}
    if chip not in devices:
        return
    compiler = program("ocloc")
    if not compiler:
        yield "skipped", "ocloc is not installed"
        return
    code, text = ran(compiler, "compile", "-spirv_input", "-file", path, "-device", devices[chip], "-output", path.stem, "-out_dir", path.parent)
    if code and "device" in text and "not" in text.lower():
        yield "skipped", f"ocloc does not know {devices[chip]}"
    elif code:
        yield "fault", text.strip()[:400]


CHECKS = {"ptx": check_ptx, "hsaco": check_hsaco, "spirv": check_spirv}


def programs(image):
    """(target, format, payload) of every program in an image (docs/reference/image-format.md)."""
    data = image.read_bytes()
    count = struct.unpack_from("<I", data, 12)[0]
    table = [struct.unpack_from("<IIQQ", data, 24 + 24 * i) for i in range(count)]
    sections = [data[offset : offset + size] for _, _, offset, size in table]
    for kernel in json.loads(sections[0])["kernels"]:
        yield from ((one["target"], one["format"], sections[one["payload"]]) for one in kernel["programs"])


def build(source, targets, folder):
    """The image, or None and what flexc said."""
    (folder / "k.flex").write_text(source.text)
    words = [word for name, value in source.sizes.items() for word in ("-D", f"{name}={value}")]
    places = [word for place in (ROOT / "std", source.folder) if place for word in ("-I", place)]
    code, text = ran(FLEXC, "build", folder / "k.flex", "-o", folder / "k.fxk", *words, *places, *(f"--target={target}" for target in targets))
    return (folder / "k.fxk", "") if code == 0 else (None, text)


def refuses_rightly(text):
    """A chip without a type that the kernel computes in says so."""
    return "which the chip does not have" in text


def compile_and_check(source, targets):
    """Yields (target, kind, what): faults, memory (spills and stack), registers, what was skipped, what the chip cannot do."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image, text = build(source, targets, folder)
        if image is None and len(targets) > 1:
            for target in targets:
                yield from compile_and_check(source, [target])
            return
        if image is None:
            yield targets[0], "impossible" if refuses_rightly(text) else "fault", text.strip()[:600]
            return
        for number, (target, formatted, payload) in enumerate(programs(image)):
            path = folder / f"p{number}.{formatted}"
            path.write_bytes(payload)
            yield from ((target, kind, what) for kind, what in CHECKS[formatted](target.split(":")[1], path))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only sources whose name contains one of these")
    parser.add_argument("--part", default="0/1", help="the I-th of N parts")
    parser.add_argument("--target", action="append", help="target:chip; default all")
    parser.add_argument("--registers", action="store_true", help="prints the largest number of registers of each source and chip")
    options = parser.parse_args()
    part, parts = map(int, options.part.split("/"))
    targets = options.target or chips()
    chosen = [one for one in sources() if not options.names or any(name in one.name for name in options.names)]
    counts = {}
    for source in chosen[part::parts]:
        registers = {}
        for target, kind, what in compile_and_check(source, targets):
            counts[kind] = counts.get(kind, 0) + (kind != "skipped" or 1)
            if kind == "registers":
                registers[target] = max(what, registers.get(target, 0))
            elif kind != "skipped":
                print(f"{source.name} {target} {kind}: {what}", flush=True)
        if options.registers:
            print(source.name, json.dumps(registers), flush=True)
    print(f"{len(chosen[part::parts])} sources for {len(targets)} chips: " + (", ".join(f"{count} x {kind}" for kind, count in sorted(counts.items())) or "nothing to say"))
    return 1 if counts.get("fault") else 0


if __name__ == "__main__":
    sys.exit(main())
