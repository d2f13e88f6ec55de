"""Where arrays lie: at a chosen distance from a 64-byte line, in pages of a chosen size."""

import mmap

import numpy as np

MADV = {True: 14, False: 15}  # MADV_HUGEPAGE, MADV_NOHUGEPAGE of Linux
HUGE = 2 << 20


def empty(shape, dtype, align=64, huge=False):
    """An array whose address is a multiple of `align` and of no larger power of two (up to 64): 16 is what NumPy gives, 64 the best case."""
    dtype = np.dtype(dtype)
    count = int(np.prod(shape))
    size = max(count * dtype.itemsize, 1)
    block = mmap.mmap(-1, size + 4096 + HUGE)
    if size >= HUGE:
        block.madvise(MADV[huge])
    data = np.frombuffer(block, np.uint8)
    unit = HUGE if size >= HUGE else 4096
    start = -data.ctypes.data % unit + (align % 64)
    return data[start : start + count * dtype.itemsize].view(dtype).reshape(shape)


def placer(align, huge):
    """Copies an array to where it is timed."""
    def place(array):
        made = empty(array.shape, array.dtype, align, huge)
        made[...] = array
        return made
    return place
