"""IREE: the StableHLO of the JAX functions, compiled ahead for this machine; its arrays stay on its device."""

from peers import Peer, Prepared, Unsupported, module
from peers.jax_xla import functions


class Iree(Peer):
    name = "IREE"
    pip = ("iree-base-compiler", "iree-base-runtime", "jax")

    def load(self, threads):
        self.jax = module("jax")
        self.compiler, self.runtime = module("iree.compiler"), module("iree.runtime")
        self.functions = functions(self.jax)
        # local-sync runs on the caller's thread alone.
        self.config = self.runtime.Config("local-sync" if threads == 1 else "local-task")

    def version(self):
        from importlib.metadata import version

        return version("iree-base-compiler")

    def prepare(self, row, threads):
        import numpy as np

        if row.kernel not in self.functions:
            raise Unsupported("no such function")
        with self.jax.enable_x64(row.kernel.endswith("_f64")):  # else every index is an i64, too
            text = self.jax.jit(self.functions[row.kernel]).lower(*row.arrays.values()).as_text()
        try:
            image = self.compiler.compile_str(text, target_backends=["llvm-cpu"], input_type="stablehlo", extra_args=["--iree-llvmcpu-target-cpu=host", "--iree-opt-level=O3", "--iree-input-demote-f64-to-f32=false"])
        except Exception as error:
            raise Unsupported("does not compile: " + next((line for line in str(error).splitlines() if "error:" in line), "?")[-120:]) from None
        loaded = self.runtime.load_vm_module(self.runtime.VmModule.copy_buffer(self.config.vm_instance, image), self.config)
        arguments = [self.runtime.asdevicearray(self.config.device, array) for array in row.arrays.values()]
        function = loaded["main"]

        def outputs():
            results = function(*arguments)
            return [np.asarray(value.to_host()) for value in (results if isinstance(results, tuple) else (results,))]
        return Prepared(lambda: function(*arguments), outputs)


PEER = Iree()
