"""PyTorch as it is called: one function after the other, oneDNN and MKL inside. Inference mode, so that no graph is recorded."""

from peers import Peer, Prepared, Unsupported, _torch, module


class Eager(Peer):
    name = "PyTorch"
    pip = ("torch",)

    def load(self, threads):
        self.torch = module("torch")
        self.torch.set_num_threads(threads)
        self.torch._C._set_grad_enabled(False)
        self.functions = _torch.functions(self.torch)

    def version(self):
        return f"{self.torch.__version__} ({self.torch.backends.cpu.get_cpu_capability()})"

    def function(self, row):
        if row.kernel not in self.functions:
            raise Unsupported("no such function")
        return self.functions[row.kernel]

    def prepare(self, row, threads):
        function, tensors = self.function(row), _torch.arguments(self.torch, row)

        def outputs():
            results = function(*tensors)
            return [_torch.to_numpy(self.torch, value) for value in (results if isinstance(results, tuple) else (results,))]
        return Prepared(lambda: function(*tensors), outputs)


PEER = Eager()
