"""C and C++ beside the Python, compiled on first use into build/bench. The name holds a hash of the source, of the headers beside it, of the
command and of the processor, so that an edit compiles again, and another machine, too."""

import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "build" / "bench"


@functools.cache
def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return "\n".join(dict.fromkeys(line for line in lines if line.startswith(("model", "flags", "Features"))))


class CannotBuild(Exception):
    """There is no compiler, or it fails; the text says why."""


def compiler(cxx):
    names = ("clang++-22", "clang++", "g++", "c++") if cxx else ("clang-22", "clang", "gcc", "cc")
    found = next((path for path in map(shutil.which, names) if path), None)
    if not found:
        raise CannotBuild("no C compiler (apt-get install gcc g++)")
    return found


def build(source, flags=(), shared=True, prefer=None):
    """The path of the compiled file. `prefer` names a compiler to take if it is there."""
    source = Path(source)
    tool = (prefer and shutil.which(prefer)) or compiler(source.suffix == ".cpp")
    command = [tool, "-O3", *(["-shared", "-fPIC"] if shared else []), str(source), *flags]
    texts = [path.read_bytes() for path in [source, *sorted(source.parent.glob("*.h"))]]
    name = hashlib.sha256(b"".join(texts) + repr(command).encode() + processor().encode()).hexdigest()[:16]
    made = BUILD / f"{source.stem}-{name}{'.so' if shared else ''}"
    if not made.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        part = made.with_suffix(f".{os.getpid()}")
        done = subprocess.run([*command, "-o", str(part)], capture_output=True, text=True, check=False)
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines() or ["?"]
            raise CannotBuild(f"{source.name} does not compile: {lines[0][:200]}")
        part.rename(made)
    return made


def library(source, flags=(), prefer=None):
    return ctypes.CDLL(str(build(source, flags, prefer=prefer)))
