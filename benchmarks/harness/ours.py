"""Flex as a contender: the kernels of suite/*.flex through the C ABI, compiled in this process and never read from a disk cache."""

import ctypes
import functools
from ctypes import byref, c_size_t, c_void_p
from pathlib import Path

from harness import memory, native
from harness.suite import files
from peers import Prepared


class Launch(ctypes.Structure):
    _fields_ = [(name, c_void_p) for name in ("function", "kernel", "arguments", "results", "options")] + [("argument_count", c_size_t), ("result_count", c_size_t)]


class Flex:
    name = "Flex"

    def __init__(self, threads, align, huge, library=None):
        import flex

        self.flex, self.align, self.huge = flex, align, huge
        self.context = flex.Context(device="host", cache_dir="", threads=threads, library=library)
        self.files, self.modules = files(), {}
        self.calls = native.library(Path(__file__).with_name("calls.c"))

    def version(self):
        return self.flex.__version__

    def kernel(self, row):
        path = self.files.get(row.kernel)
        if path is None:
            raise self.flex.FlexError("unavailable", f"no file of benchmarks/suite has a kernel {row.kernel}")
        if path not in self.modules:
            self.modules[path] = self.context.load(path)
        return self.modules[path].kernel(row.kernel)

    def prepare(self, row, dynamic=False):
        """The contender, and the seconds that compiling took. All that the caller can do once is done here: what is timed is flex_launch.
        dynamic: of code that is compiled once, with open dimensions."""
        from flex import _abi

        kernel, lib = self.kernel(row), self.context._lib
        if row.bound:
            kernel = kernel.bind(**{name: row.arrays[name] for name in row.bound})
        results = [memory.empty(shape, dtype, self.align, self.huge) for shape, dtype in row.results]
        arguments = [kernel.tensor(array) for name, array in row.arrays.items() if name not in row.bound]
        outs = [kernel.tensor(array) for array in results]
        kernel.launch(arguments, outs, "host", dynamic)
        prepared = self.context.last_launch().prepare
        options = _abi.LaunchOptions(ctypes.sizeof(_abi.LaunchOptions), b"host", int(dynamic), None)
        pointers = [_abi.pointers(arguments), _abi.pointers(outs)]
        address = lambda what: ctypes.cast(what, c_void_p).value  # noqa: E731
        block = Launch(address(lib.flex_launch), kernel._handle.value, *map(address, pointers), ctypes.addressof(options), len(arguments), len(outs))
        call = functools.partial(self.calls.bench_launch, byref(block))

        def outputs():
            _abi.check(lib, self.context._handle, call())
            return results
        call.keep = (arguments, outs, pointers, options, block, kernel)
        return Prepared(call, outputs), prepared
