"""Results that bypass the caches: a partial vector comes first, so that the others are aligned. Every distance of the result's memory from a line,
odd lengths, several types, open dimensions. Bit by bit the same at each distance, and as near to the same kernel with plain stores, whose own results
other tests compare with the reference, as fused or separate roundings may be; and not a byte beside the result is touched.
"""

import sys

import numpy as np
import pytest
from conftest import BUILD, ROOT

sys.path.insert(0, str(ROOT / "python"))
import flex  # noqa: E402

KERNELS = """
import nn
kernel flat<T: number>(x: T[N]) -> T[N] { return x * 2 + 1 }
kernel flags(x: f32[N]) -> bool[N] { return x > 0 }
kernel grid(x: f32[M, N], y: f32[N]) -> f32[M, N] { return x * y + 1 }
kernel soft(x: f32[M, N]) -> f32[M, N] { return nn.softmax(x) }
kernel small(x: f32[M, N]) -> f16[M, N] { return [i, j] f16(x[i, j] / (1 + sum(k) x[i, k] * x[i, k])) }
kernel layers(x: f32[B, M, N], g: f32[N], b: f32[N]) -> f32[B, M, N] { return nn.layer_norm(x, g, b) }
"""
CASES = {  # by kernel: types of T, shapes; the first is that of the result
    "flat": (["f32", "f64", "f16", "i8", "i32", "u8"], [((n,),) for n in (0, 1, 5, 15, 16, 17, 63, 64, 65, 200, 1000)]),
    "flags": ([None], [((n,),) for n in (1, 63, 64, 65, 130, 1000)]),
    "grid": ([None], [((m, n), (n,)) for m, n in ((1, 1), (3, 5), (4, 16), (5, 33), (3, 130), (0, 7), (7, 0))]),
    "soft": ([None], [((m, n),) for m, n in ((1, 1), (3, 5), (4, 16), (5, 77), (3, 130), (2, 515))]),
    "small": ([None], [((m, n),) for m, n in ((3, 5), (4, 32), (5, 77), (3, 130))]),
    "layers": ([None], [((2, 3, n), (n,), (n,)) for n in (7, 64, 129)]),
}
DTYPES = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "i8": np.int8, "i32": np.int32, "u8": np.uint8}
GUARD, LINE, FILL = 256, 64, 0xFF  # of bytes that are all ones a float is NaN


def placed(shape, dtype, distance):
    """An array `distance` bytes behind a multiple of a line, and all the memory around it."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    block = np.full(size + 2 * GUARD + LINE, FILL, np.uint8)
    start = GUARD - block.ctypes.data % LINE + distance
    return block[start:start + size].view(dtype).reshape(shape), block, start, size


def run(name, keys, arrays, result, bindings, dynamic):
    context = flex.Context(device="host", cache_dir="", threads=1, library=BUILD / "lib" / "libflexrt.so", import_paths=[ROOT / "std"])
    kernel = context.loads(KERNELS + f"schedule {name} for cpu {{ {keys} }}\n").kernel(name)
    kernel = kernel.specialize(**bindings) if bindings else kernel

    def launch(distance):
        out, block, start, size = placed(*result, distance)
        kernel(*arrays, out=out, dynamic=dynamic)
        assert np.all(block[:start] == FILL) and np.all(block[start + size:] == FILL), "something beside the result was written"
        return out.copy()
    return launch


@pytest.mark.parametrize("name, type_, dynamic", [(name, type_, dynamic) for name, (types, _) in CASES.items() for type_ in types for dynamic in (False, True)])
def test_aligned_or_not(name, type_, dynamic):
    rng = np.random.default_rng()
    for shapes in CASES[name][1]:
        drawn = [rng.standard_normal(shape) * 20 for shape in shapes]
        arrays = [array.astype(DTYPES[type_ or "f32"]) if type_ != "u8" else np.abs(array).astype(np.uint8) for array in drawn]
        result = shapes[0], {"flags": np.bool_, "small": np.float16}.get(name, DTYPES[type_ or "f32"])
        bindings = {"T": type_} if type_ else {}
        plain = run(name, "stream_from 0" if dynamic else "nontemporal false", arrays, result, bindings, dynamic)(0)
        assert name == "flags" or not np.isnan(plain.astype(np.float64)).any()
        streamed = run(name, "stream_from 1" if dynamic else "nontemporal true", arrays, result, bindings, dynamic)
        first = streamed(0)
        # Three multiply-adds, fused or not, of values no larger than the sums of what is drawn.
        unit = {4: 2.0**-24, 8: 2.0**-53, 2: 2.0**-11}[first.itemsize] if first.dtype.kind == "f" else 0
        bound = 6 * unit * max((np.abs(array.astype(np.float64)).max(initial=1) for array in arrays)) ** 2
        np.testing.assert_allclose(first.astype(np.float64), plain.astype(np.float64), rtol=0, atol=bound if name == "layers" else 0)
        for distance in range(16, LINE, 16):
            assert np.array_equal(streamed(distance), first), (name, shapes, distance)
