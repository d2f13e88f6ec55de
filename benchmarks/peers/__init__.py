"""Libraries that Flex is measured beside. Adding one is adding one file here: a subclass of `Peer`, and `PEER = ItsName()` at the end.

Folders named in FLEX_BENCH_PEERS (separated by `:`) are looked at, too. Files whose names begin with `_` hold what several peers share. No file imports its library before `load`, so that a peer which is not
installed costs nothing and says why.
"""

import importlib
import os
import pkgutil
from dataclasses import dataclass
from typing import Callable


__path__ += filter(None, os.environ.get("FLEX_BENCH_PEERS", "").split(":"))


class Missing(Exception):
    """The library is not on this machine; the text is the reason in the table."""


class Unsupported(Exception):
    """The library has nothing for this row."""


@dataclass
class Prepared:
    """One contender of one row: `call` is what is timed, `outputs` gives its results as NumPy arrays (it may call once more), `chosen` is
    the kernel that the library took, where it says so."""

    call: Callable
    outputs: Callable
    chosen: str = ""


class Peer:
    """`load` once in a process, whose threads and affinity are set by then; then `prepare` for each row."""

    name = "?"
    pip = ()  # what --install-peers installs from PyPI
    debian = ()  # and by apt-get
    unmeasured = ""  # what of it the harness does not count, for the page

    def load(self, threads):
        """Opens the library; raises Missing."""

    def version(self):
        """After `load`: its version, and what it detected of the machine."""
        return ""

    def prepare(self, row, threads):
        """The contender of `row` (harness.suite.Row); raises Unsupported."""
        raise Unsupported("not implemented")


class TablePeer(Peer):
    """A peer whose kernels are functions of a row's arrays: `table()` gives, by kernel, `make(*arguments)` that returns the function to time.
    `take` turns a NumPy array into the library's, `give` back."""

    def table(self):
        return {}

    def take(self, array):
        return array

    def give(self, value):
        import numpy as np

        return np.asarray(value)

    def make(self, row):
        if not hasattr(self, "_table"):
            self._table = self.table()
        if row.kernel not in self._table:
            raise Unsupported("no such function")
        return self._table[row.kernel](*[self.take(array) for array in row.arrays.values()])

    def prepare(self, row, threads):
        call = self.make(row)

        def outputs():
            results = call()
            return [self.give(value) for value in (results if isinstance(results, (tuple, list)) else (results,))]
        return Prepared(call, outputs)


def found():
    """All peers by name, in the order of their files."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    peers = [importlib.import_module(f"peers.{name}").PEER for name in names]
    return {peer.name: peer for peer in peers}


def module(name, package=None):
    """Imports a library, or says which package brings it."""
    try:
        return importlib.import_module(name)
    except Exception as error:  # a broken wheel raises anything  # noqa: BLE001
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Missing(f"./flex bench --install-peers ({reason})" if isinstance(error, ImportError) else f"{package or name}: {reason}") from None
