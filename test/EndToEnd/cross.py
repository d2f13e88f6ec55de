"""libflexrt of another processor under qemu-user, as the sweep's worker uses this machine's (chain.Runtime).

The image is compiled here, for the variant's `target`; the runtime that loads and launches it is built for the other ISA
(presets aarch64 and riscv64) and served by test/Support/ImageRunner, whose requests are written here: numbers are 64 bits, a
block of bytes has its length first.
"""

import re
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from chain import GUARD, FlexError, Guarded, as_dlpack

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "cross:"  # of a case's device, before the variant's name


@dataclass
class Variant:
    target: str  # what flexc compiles for
    arch: str
    cpu: str  # of qemu
    other: tuple = ()  # targets that this processor must refuse


VARIANTS = {
    "neon": Variant("cpu:aarch64", "aarch64", "cortex-a57", ("cpu:neoverse-v1", "cpu:riscv64", "cpu:x86-64-v3")),
    "sve256": Variant("cpu:neoverse-v1", "aarch64", "max,sve256=on", ("cpu:a64fx",)),
    "rvv128": Variant("cpu:riscv64", "riscv64", "rv64,v=true,vlen=128,vext_spec=v1.0", ("cpu:riscv64+zvl256b", "cpu:aarch64")),
    "rvv256": Variant("cpu:riscv64+zvl256b", "riscv64", "rv64,v=true,vlen=256,vext_spec=v1.0"),
    "sve512": Variant("cpu:neoverse-v1", "aarch64", "max,sve512=on"),  # longer registers than the code was made for
    "rvv512": Variant("cpu:riscv64", "riscv64", "rv64,v=true,vlen=512,vext_spec=v1.0"),
}


def missing(arch):
    """What this machine lacks to build for a processor and to run it; empty if nothing."""
    needed = [f"/usr/{arch}-linux-gnu/include/stdlib.h", f"/usr/{arch}-linux-gnu/include/c++/12/vector"]
    lacks = [path for path in needed if not Path(path).exists()]
    lacks += [tool for tool in (f"qemu-{arch}-static", "clang++-22", "ld.lld-22", "cmake", "ninja") if not shutil.which(tool)]
    return f"{arch} needs {', '.join(lacks)}: scripts/install-deps installs it" if lacks else ""


def build(arch):
    """Builds the runtime and the runner for a processor; what is up to date takes a moment."""
    for command in (["cmake", "--preset", arch], ["cmake", "--build", "--preset", arch]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"


def version(arch):
    text = subprocess.run([f"qemu-{arch}-static", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.search(r"version (\d+)\.(\d+)", text).groups()))


RTZ = "qemu 7 stops with an assertion at RVV's conversions to integers (vfcvt.rtz and its kin)"


def has_rtz(code):
    """Whether some code (or data that looks the same) has one of those instructions: VFUNARY0 of OP-V with a certain vs1."""
    halves = np.frombuffer(code[: len(code) // 2 * 2], "<u2").astype(np.uint32)
    words = halves[:-1] | halves[1:] << 16
    return bool(np.any(((words & 0xFC00707F) == 0x48001057) & np.isin(words >> 15 & 31, (6, 7, 14, 15, 22, 23))))


class CrossRuntime:
    """The part of chain.Runtime that runs kernels of images. `host` is this machine's runtime: it tells the results' types."""

    def __init__(self, name, threads, host):
        variant = VARIANTS[name.removeprefix(PREFIX)]
        runner = ROOT / "build" / variant.arch / "bin" / "flex-image-runner"
        self.command = [f"qemu-{variant.arch}-static", "-cpu", variant.cpu, "-L", f"/usr/{variant.arch}-linux-gnu", str(runner), str(threads)]
        self.host, self.process = host, None
        self.lacks_rtz = variant.arch == "riscv64" and version(variant.arch) < (8, 0)

    def run(self, image, name, args, dynamic=False):
        if self.lacks_rtz and has_rtz(image):
            raise FlexError("qemu", RTZ)
        types = self.host.infer(self.host.kernel(image, name), [as_dlpack(tensor) for tensor in args])
        results = [Guarded(dtype, shape) for dtype, shape in types]
        self.launch(image, name, args, results)
        return results

    def launch(self, image, name, args, results):
        """Fills the results, `Guarded`s, and the arguments as they are after the launch."""
        request = [block(image), block(name.encode()), number(len(args))]
        for tensor in args:
            request.append(described(tensor, 0) + block(np.ascontiguousarray(tensor.array).tobytes()))
        request.append(number(len(results)))
        for result in results:
            request.append(described(result.tensor, GUARD) + block(result.bytes.tobytes()))
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            self.process.stdin.write(b"".join(request))
            self.process.stdin.flush()
            status = self._number()
            if status:
                raise FlexError(f"status {status}", self._read(self._number()).decode(errors="replace"))
            for tensor in args:
                after = np.frombuffer(self._read(tensor.array.nbytes), tensor.array.dtype).reshape(tensor.array.shape)
                tensor.array = np.array(after)  # the worker sees whether it was changed
            for result in results:
                result.bytes[:] = np.frombuffer(self._read(result.bytes.size), np.uint8)
        except (BrokenPipeError, EOFError):
            raise FlexError("qemu", f"the runner died, exit status {self.process.wait()}") from None

    def _read(self, size):
        data = self.process.stdout.read(size)
        if len(data) != size:
            raise EOFError
        return data

    def _number(self):
        return struct.unpack("<Q", self._read(8))[0]

    def forget(self):
        self.host.forget()


def number(value):
    return struct.pack("<q", value)


def block(data):
    return number(len(data)) + data


def described(tensor, offset):
    """Its type, its shape, and where in its block it begins."""
    view = as_dlpack(tensor)
    return b"".join(map(number, (view.code, view.bits, view.ndim, *tensor.array.shape, offset)))
