"""PyTorch compiled by Inductor (torch.compile): fused loops in C++, made by the machine's compiler; static shapes. Weights that a row binds are
parameters of a frozen module, which Inductor may pack ahead."""

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
        if row.bound:
            return self.frozen(row, plain, tensors)
        function = self.torch.compile(lambda *arguments: plain(*arguments), dynamic=False)

        def outputs():
            results = function(*tensors)
            return [_torch.to_numpy(self.torch, value) for value in (results if isinstance(results, tuple) else (results,))]
        return Prepared(lambda: function(*tensors), outputs)

    def frozen(self, row, plain, tensors):
        torch = self.torch

        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                for name, tensor in zip(row.arrays, tensors):
                    if name in row.bound:
                        self.register_parameter(name, torch.nn.Parameter(tensor, requires_grad=False))

            def forward(self, *given):
                rest = iter(given)
                return plain(*(getattr(self, name) if name in row.bound else next(rest) for name in row.arrays))

        given = [tensor for name, tensor in zip(row.arrays, tensors) if name not in row.bound]
        function = torch.compile(Model().eval(), dynamic=False, options={"freezing": True})
        call = torch.no_grad()(lambda: function(*given))

        def outputs():
            results = call()
            return [_torch.to_numpy(torch, value) for value in (results if isinstance(results, tuple) else (results,))]
        return Prepared(call, outputs, "frozen")


PEER = Inductor()
