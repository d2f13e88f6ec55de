"""`strict` gives the same bits everywhere: every function of the standard library, on the host and on emulated chips of every family.

Each function is compared with the host on one chip of the list in turn; FLEX_SWEEP=long takes every chip and element type and, for the
first type, every size, with open dimensions too. NaNs are equal whatever their bits. test_policies.py compares the host's bits with NumPy's.
"""

import os
import re

import numpy as np
import pytest
from chain import Tensor, is_float
from conftest import BUILD, ROOT
from std_rows import FLOATS, ROWS, SPECIALS
from sweep import ASKED, LONG
from sweep_worker import STD, Worker

CHIPS = ("sm_80", "gfx942", "gfx1100", "opencl+fp16+fp64", *(("sm_90a", "sm_75", "gfx1201") if LONG else ()))
DEVICES = (ASKED,) if ASKED else tuple(f"emulated:{chip}" for chip in CHIPS)
PAIRS = [(row, device) for number, row in enumerate(ROWS) for at, device in enumerate(DEVICES) if LONG or number % len(DEVICES) == at]


@pytest.fixture(scope="module")
def worker():
    intel = ROOT / ".venv" / "opencl"
    if intel.exists():
        os.environ.setdefault("OCL_ICD_VENDORS", str(intel))
    return Worker(BUILD)


def bits(tensor):
    """The bits of a tensor's elements, those of any NaN the same."""
    array = np.ascontiguousarray(tensor.array)
    made = array.view(f"u{array.itemsize}").copy()
    if is_float(tensor.dtype):
        made[np.isnan(tensor.values())] = -1 % (1 << 8 * array.itemsize)
    return made


def differences(worker, source, device, args, dynamic):
    """What differs between a device and the host, as text."""
    host, other = (worker.runtime(name, threads).run(source, "k", args, dynamic) for name, threads in (("host", 1), (device, 0)))
    for number, (want, got) in enumerate(zip(host, other)):
        apart = np.argwhere(bits(want.tensor) != bits(got.tensor))
        if len(apart):
            at = tuple(apart[0])
            yield f"result {number}: {len(apart)} elements, first {list(at)}: {got.tensor.values()[at]!r}, host {want.tensor.values()[at]!r}"


def strictly(source):
    return source.replace("kernel k", "@numerics(strict) kernel k", 1)


@pytest.mark.parametrize(("row", "device"), PAIRS, ids=[f"{row.function}-{device.removeprefix('emulated:')}" for row, device in PAIRS])
def test_the_same_bits(row, device, worker):
    found = []
    for dtype in row.dtypes if LONG else row.dtypes[:1]:
        fills = [row.values]
        if dtype in FLOATS and "special" not in row.skip:
            fills.append({**row.values, "*": SPECIALS})
        source, first = strictly(row.source(dtype)), dtype == row.dtypes[0]
        for dims in row.runs if LONG and first else row.runs[-1:]:
            for values in fills:
                args = worker.arguments({"seed": 1, "source": source, "kernel": "k", "types": {}, "values": values, "layout": "dense"}, dims)
                for dynamic in (False, True) if LONG and first and "dynamic" not in row.skip else (False,):
                    found += [f"{dtype} {dims} {'dynamic ' * dynamic}{text}" for text in differences(worker, source, device, args, dynamic)]
    for runtime in worker.runtimes.values():
        runtime.forget()
    assert not found, f"{len(found)} differences\n{source}\n" + "\n".join(found[:8])


def test_an_assembler_may_fuse_nothing(worker):
    """PTX's operations without a rounding may be contracted by ptxas, which the emulator does not see; none flushes or approximates."""
    loose = re.compile(r"\s((?:add|sub|mul|mad|div|sqrt|fma)\.(?:f|bf)\w+|\w+\.(?:full|approx)\.\w+|[\w.]+\.ftz\.[\w.]+)\s")
    for row in ROWS if LONG else ROWS[::4]:
        image = worker.compiler.image(strictly(row.source(row.dtypes[0])), "k", "nvptx:sm_80", row.runs[-1], {})
        text = image[image.index(b".version"):].decode(errors="replace")
        assert ".entry" in text and not loose.findall(text), row.function
    free = worker.compiler.image("kernel k(x: f32[N]) -> f32[N] { return [i] x[i] - x[i] * 3 / 7 }", "k", "nvptx:sm_80", {"N": 8}, {})
    assert loose.search(free[free.index(b".version"):].decode(errors="replace")), "the pattern finds nothing"


# What LLVM takes for a minimum or a maximum, although a zero's sign tells them apart; through conversions, too.
ZEROS = """
import nn
@numerics(strict) kernel less(x: f32[N]) -> f32[N] { return [i] if x[i] < 0 { x[i] } else { 0 } }
@numerics(strict) kernel greater(x: f32[N]) -> f32[N] { return [i] if x[i] > 0 { 0 } else { x[i] } }
@numerics(strict) kernel wide(x: f32[N]) -> f64[N] { return [i] if x[i] > 0 { f64(0) } else { f64(x[i]) } }
@numerics(strict) kernel narrow(x: f32[N]) -> f16[N] { return [i] if x[i] > 0 { f16(0) } else { f16(x[i]) } }
@numerics(strict) kernel elu(x: f16[N]) -> f16[N] { return nn.elu(x) }
"""


@pytest.mark.parametrize("device", ["host", *DEVICES])
def test_signs_of_zeros(device, flexc):
    x = np.array([-0.0, 0.0, -1.5, -0.0, 2, -0.0], np.float32)
    options = [f"--device={device}", "-I", STD]
    low = np.array([0.0, 0.0, -1.5, 0.0, 0, 0.0], np.float32)
    kept = np.array([-0.0, 0.0, -1.5, -0.0, 0, -0.0])
    for name, dtype, want in (("less", np.float32, low), ("greater", np.float32, kept), ("wide", np.float64, kept), ("narrow", np.float16, kept)):
        got = flexc.kernel(ZEROS, name, {"x": x}, 1, options)
        assert got.dtype == dtype and got.tobytes() == want.astype(dtype).tobytes(), (name, got)
    got = flexc.kernel(ZEROS, "elu", {"x": x.astype(np.float16)}, 1, options)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(x))


def test_a_difference_is_found(worker):
    """What the comparison says of a kernel that may be reordered."""
    source = "kernel k(x: f32[M, N]) -> f32[M] { return [i] sum(j) x[i, j] }"
    x = np.random.default_rng(1).standard_normal((8, 1000)).astype(np.float32)
    assert list(differences(worker, source, DEVICES[0], [Tensor("f32", x)], False))
