"""Flex as a contender: the kernels of suite/*.flex through the C ABI, compiled in this process and never read from a disk cache."""

import ctypes
import functools
from ctypes import byref

from harness import memory
from harness.suite import files
from peers import Prepared


class Flex:
    name = "Flex"

    def __init__(self, threads, align, huge, library=None):
        import flex

        self.flex, self.align, self.huge = flex, align, huge
        self.context = flex.Context(device="host", cache_dir="", threads=threads, library=library)
        self.files, self.modules = files(), {}

    def version(self):
        return self.flex.__version__

    def kernel(self, row):
        path = self.files.get(row.kernel)
        if path is None:
            raise self.flex.FlexError("unavailable", f"no file of benchmarks/suite has a kernel {row.kernel}")
        if path not in self.modules:
            self.modules[path] = self.context.load(path)
        return self.modules[path].kernel(row.kernel)

    def prepare(self, row):
        """The contender, and the seconds that compiling took. All that the caller can do once is done here: what is timed is flex_launch."""
        from flex import _abi

        kernel = self.kernel(row)
        results = [memory.empty(shape, dtype, self.align, self.huge) for shape, dtype in row.results]
        arguments = [kernel.tensor(array) for array in row.arrays.values()]
        outs = [kernel.tensor(array) for array in results]
        kernel.launch(arguments, outs, "host")
        prepared = self.context.last_launch().prepare
        options = _abi.LaunchOptions(ctypes.sizeof(_abi.LaunchOptions), b"host", 0, None)
        launch = functools.partial(self.context._lib.flex_launch, kernel._handle, _abi.pointers(arguments), len(arguments), _abi.pointers(outs),
                                   len(outs), byref(options))

        def outputs():
            _abi.check(self.context._lib, self.context._handle, launch())
            return results
        launch.keep = (arguments, outs, options)
        return Prepared(launch, outputs), prepared
