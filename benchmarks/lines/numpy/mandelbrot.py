import numpy as np


@np.errstate(over="ignore", invalid="ignore")
def mandelbrot(re, im):
    x, y = (part.copy() for part in np.broadcast_arrays(re[None, :], im[:, None]))
    count = np.zeros(x.shape, np.int32)
    for _ in range(64):
        xx, yy = x * x, y * y
        count += xx + yy <= 4
        y = 2 * x * y + im[:, None]
        x = xx - yy + re[None, :]
    return count
