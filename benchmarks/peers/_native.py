"""Peers reached through C: a shared library's functions, or an adapter of peers/native (adapter.h) compiled on first use."""

import ctypes
import functools
import glob
from ctypes import c_char_p, c_int, c_long, c_void_p
from pathlib import Path

import numpy as np
from harness import memory, native
from peers import Missing, Peer, Prepared, Unsupported

FOLDER = Path(__file__).with_name("native")
CALLS = FOLDER.parents[1] / "harness" / "calls.c"


class Product(ctypes.Structure):
    _fields_ = [(name, c_void_p) for name in ("function", "a", "b", "c")] + [(name, c_long) for name in ("step_a", "step_b", "step_c")] + [
        (name, c_int) for name in ("turn_a", "turn_b", "m", "n", "k", "count", "double")]


def results_of(row):
    return [memory.empty(shape, dtype) for shape, dtype in row.results]


def open_library(*patterns):
    """The first shared library that fits; Missing names what was looked for."""
    for pattern in patterns:
        for path in sorted(glob.glob(pattern)):
            try:
                return ctypes.CDLL(path)
            except OSError as error:
                raise Missing(str(error)) from None
    raise Missing(f"there is no {patterns[0]}")


class Adapter(Peer):
    """A C++ file of peers/native that includes adapter.h."""

    source, flags, needs, compiler = "", (), (), None

    def load(self, threads):
        for path in self.needs:
            if not glob.glob(path):
                raise Missing(f"there is no {path}" + (f" (apt-get install {' '.join(self.debian)})" if self.debian else ""))
        try:
            self.library = native.library(FOLDER / self.source, ["-std=c++17", f"-I{FOLDER}", *self.flags], prefer=self.compiler)
        except (native.CannotBuild, OSError) as error:
            raise Missing(str(error)) from None
        for name, result, arguments in (("version", c_char_p, []), ("make", c_void_p, [c_char_p, c_void_p, c_void_p, c_void_p, c_int, c_int]), ("run", None, None),
                                        ("chosen", c_char_p, [c_void_p]), ("reason", c_char_p, [])):
            function = getattr(self.library, f"bench_{name}")
            function.restype, function.argtypes = result, arguments

    def version(self):
        return self.library.bench_version().decode()

    def prepare(self, row, threads):
        dims = (c_long * 26)(*(row.dims.get(chr(65 + i), 0) for i in range(26)))
        results, arrays = results_of(row), list(row.arrays.values())
        pointers = lambda of: (c_void_p * len(of))(*(array.ctypes.data for array in of))  # noqa: E731
        handle = self.library.bench_make(row.kernel.encode(), dims, pointers(arrays), pointers(results), threads, bool(row.bound))
        if not handle:
            raise Unsupported(self.library.bench_reason().decode())
        call = functools.partial(self.library.bench_run, c_void_p(handle))

        def outputs():
            call()
            return results
        call.keep = (arrays, results)
        return Prepared(call, outputs, self.library.bench_chosen(handle).decode())


class Blas(Peer):
    """A library with CBLAS."""

    paths = ()

    def load(self, threads):
        self.library = open_library(*self.paths)
        try:
            self.calls = native.library(CALLS)
        except native.CannotBuild as error:
            raise Missing(str(error)) from None
        self.threads(threads)

    def threads(self, count):
        pass

    def kernel_name(self):
        return ""

    def prepare(self, row, threads):
        name = row.kernel.removesuffix("_f64")
        if name not in ("gemm", "gemm_ta", "gemm_tb", "gemm_tab", "gemm_batched"):
            raise Unsupported("no such function")
        (a, b), (out,) = row.arrays.values(), results_of(row)
        double = out.dtype == np.float64
        function = self.library.cblas_dgemm if double else self.library.cblas_sgemm
        m, n, k = (row.dims[letter] for letter in "MNK")
        turned = name.partition("_t")[2]
        block = Product(ctypes.cast(function, c_void_p), *(array.ctypes.data for array in (a, b, out)), *(array.strides[0] if array.ndim == 3 else 0 for array in (a, b, out)),
                        "a" in turned, "b" in turned, m, n, k, row.dims.get("B", 1), double)
        call = functools.partial(self.calls.bench_product, ctypes.byref(block))
        call.keep = (a, b, out, block)

        def outputs():
            call()
            return [out]
        return Prepared(call, outputs, self.kernel_name())
