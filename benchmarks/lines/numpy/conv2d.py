import numpy as np


def conv2d(x, f):
    n, h, w, _ = x.shape
    rows, columns, _, k = f.shape
    y = np.zeros((n, h - rows + 1, w - columns + 1, k), x.dtype)
    for r in range(rows):
        for s in range(columns):
            y += x[:, r : r + y.shape[1], s : s + y.shape[2]] @ f[r, s]
    return y
