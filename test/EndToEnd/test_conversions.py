"""Every value of every type of at most 16 bits, cast to every type: the host device and the reference interpreter against NumPy and ml_dtypes.

Integers wrap; floats saturate into integers, NaN gives 0; floats round to the nearest even, beyond the range to infinity (f8e4m3fn,
which has none: NaN). 4-bit integers are int8 and uint8 in files, and two in a byte in a kernel's memory.
"""

import subprocess

import numpy as np
import pytest
from conftest import tool

ml_dtypes = pytest.importorskip("ml_dtypes")

FLOATS = {"f8e4m3fn": ml_dtypes.float8_e4m3fn, "f8e5m2": ml_dtypes.float8_e5m2, "f16": np.float16, "bf16": ml_dtypes.bfloat16, "f32": np.float32,
          "f64": np.float64}
INTEGERS = {"i4": (-8, 7), "u4": (0, 15), **{f"{sign}{bits}": (np.iinfo(name).min, np.iinfo(name).max) for bits in (8, 16, 32, 64)
            for sign, name in (("i", f"int{bits}"), ("u", f"uint{bits}"))}}
SOURCES = ["bool", "i4", "u4", "i8", "u8", "f8e4m3fn", "f8e5m2", "i16", "u16", "f16", "bf16"]
TARGETS = ["bool", *INTEGERS, *FLOATS]


def bits_of(dtype):
    return {"bool": 1, "f8e4m3fn": 8, "f8e5m2": 8, "bf16": 16}.get(dtype) or int(dtype[1:])


def stored(dtype):
    """What a file of this type holds."""
    if dtype == "bool":
        return np.dtype(bool)
    if dtype in FLOATS:
        return np.dtype(FLOATS[dtype])
    return np.dtype(("u" if dtype[0] == "u" else "") + f"int{max(bits_of(dtype), 8)}")


def all_values(dtype):
    """Each bit pattern once, with an odd one more, so that the last byte of 4-bit elements is half full."""
    bits = bits_of(dtype)
    patterns = np.arange((1 << bits) + 1) % (1 << bits)
    if dtype[0] == "i" and bits < 8:
        patterns = np.where(patterns >= 8, patterns - 16, patterns)
    unsigned = np.dtype(f"uint{max(bits, 8)}")
    return patterns.astype(np.int64).astype(unsigned).view(stored(dtype)) if bits >= 8 else patterns.astype(stored(dtype))


def expected(values, dtype):
    """In f64 or Python's integers, which hold every value of 16 bits exactly."""
    with np.errstate(all="ignore"):
        if dtype == "bool":
            return values.astype(np.float64) != 0
        if dtype in FLOATS:
            return values.astype(np.float32).astype(FLOATS[dtype])
        low, high = INTEGERS[dtype]
        if values.dtype.kind in "biu":
            span = high - low + 1
            return np.array([(int(v) - low) % span + low for v in values], stored(dtype))
        exact = [0 if np.isnan(v) else high if v >= high else low if v <= low else int(v) for v in values.astype(np.float64)]
        return np.array(exact, stored(dtype))


@pytest.mark.parametrize("device", ["host", "reference"])
@pytest.mark.parametrize("source", SOURCES)
def test_casts_are_exact(source, device, tmp_path):
    targets = [t for t in TARGETS if t != source]
    kernel = f"kernel k(x: {source}[N]) -> ({', '.join(f'{t}[N]' for t in targets)}) {{\n  return {', '.join(f'{t}(x)' for t in targets)}\n}}\n"
    (tmp_path / "k.flex").write_text(kernel)
    values = all_values(source)
    np.save(tmp_path / "x.npy", values)
    command = [tool("flexc"), "run", str(tmp_path / "k.flex:k"), f"x=@{tmp_path / 'x.npy'}", "-d", device, "-o", str(tmp_path / "y.npz")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = np.load(tmp_path / "y.npz")
    for number, target in enumerate(targets):
        wanted, got = expected(values, target), found[f"result{number}"]
        got = got.view(wanted.dtype) if got.dtype.kind == "V" else got
        assert got.dtype == wanted.dtype, target
        same = got == wanted
        if target in FLOATS:
            same |= np.isnan(got.astype(np.float64)) & np.isnan(wanted.astype(np.float64))
        wrong = np.flatnonzero(~same)
        assert not wrong.size, f"{target}({values[wrong[0]]!r}) is {got[wrong[0]]!r}, expected {wanted[wrong[0]]!r}; {wrong.size} in all"
