"""The rows of the benchmark: a line of suite/rows.txt names a kernel of suite/*.flex and its dimensions; operations.py knows what it computes.

Shapes and types of a row's arrays are read from the kernel's signature, so that nothing is written twice.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

SUITE = Path(__file__).resolve().parents[1] / "suite"
# Flex's types by NumPy's names; bf16 is ml_dtypes'.
DTYPES = {"f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16", "i8": "int8", "u8": "uint8", "i32": "int32", "i64": "int64"}


@dataclass
class Row:
    """One kernel at one size. `arrays` (by parameter name) and `results` (shape, dtype) are there once `fill` has run. `bound`: parameters
    that stay from launch to launch, so that a contender may prepare them before it is timed."""

    kernel: str
    dims: dict
    quick: bool
    arrays: dict = field(default_factory=dict)
    results: list = field(default_factory=list)
    bound: tuple = ()

    @property
    def name(self):
        return f"{self.kernel} {'x'.join(str(value) for value in self.dims.values())}" + (f" {','.join(self.bound)} bound" if self.bound else "")

    def fill(self, signature, draw, place):
        """Arrays of the kernel's parameters: `draw(name, shape, dtype)` makes values, `place` puts them where they are timed."""
        for tensor in signature.parameters:
            shape = tuple(self._number(extent) for extent in tensor.shape)
            self.arrays[tensor.name] = place(draw(tensor.name, shape, numpy_type(tensor.dtype)))
        self.results = [(tuple(self._number(extent) for extent in tensor.shape), numpy_type(tensor.dtype)) for tensor in signature.results]

    def _number(self, extent):
        return int(eval(extent, {"__builtins__": {}, "floordiv": lambda a, b: a // b}, self.dims))  # texts of our own kernels only

    @property
    def bytes(self):
        """Of all arguments and results, each once."""
        import numpy as np

        return sum(array.nbytes for array in self.arrays.values()) + sum(int(np.prod(shape)) * dtype.itemsize for shape, dtype in self.results)


def numpy_type(name):
    import numpy as np

    if name == "bf16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(DTYPES[name])


def reasons(path=SUITE / "reasons.txt"):
    """Why rows fall short of a peer, as far as somebody looked: pairs of a pattern for the row's name and a text."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [tuple(part.strip() for part in line.split(": ", 1)) for line in lines]


def rows(path=SUITE / "rows.txt"):
    """All rows, in the order of the file."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        dims = dict(word.split("=") for word in words[1:] if "=" in word)
        bound = tuple(filter(None, dims.pop("bound", "").split(",")))
        rest = [word for word in words[1:] if "=" not in word]
        if rest not in ([], ["quick"]) or not all(value.isdigit() for value in dims.values()):
            raise ValueError(f"{path}:{number}: a row is 'kernel NAME=NUMBER … [bound=NAME,…] [quick]'")
        found.append(Row(words[0], {name: int(value) for name, value in dims.items()}, bool(rest), bound=bound))
    return found


def chosen(all_rows, only, quick):
    """The rows of --quick whose name fits the regular expression `only`."""
    return [row for row in all_rows if (row.quick or not quick) and re.search(only, row.name)]


def files():
    """The kernel file of each kernel."""
    return {name: path for path in sorted(SUITE.glob("*.flex")) for name in re.findall(r"^kernel (\w+)", path.read_text(encoding="utf-8"), re.M)}
