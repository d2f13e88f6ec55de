"""PyTorch compiled by Inductor (torch.compile): fused loops in C++, made by the machine's compiler; static shapes."""

from peers import Missing, Prepared, _torch
from peers.torch_eager import Eager


class Inductor(Eager):
    name = "Inductor"

    def load(self, threads):
        import shutil

        super().load(threads)
        if not any(shutil.which(name) for name in ("g++", "clang++")):
            raise Missing("no C++ compiler (apt-get install g++)")

    def prepare(self, row, threads):
        self.torch._dynamo.reset()  # rows share a code object, and beyond eight shapes of one Dynamo stops compiling
        plain, tensors = self.function(row), _torch.arguments(self.torch, row)
        function = self.torch.compile(lambda *arguments: plain(*arguments), dynamic=False)

        def outputs():
            results = function(*tensors)
            return [_torch.to_numpy(self.torch, value) for value in (results if isinstance(results, tuple) else (results,))]
        return Prepared(lambda: function(*tensors), outputs)


PEER = Inductor()
