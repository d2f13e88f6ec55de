import numpy as np


def rope(x, positions):
    half = x.shape[2] // 2
    angle = positions[:, None] * 10000.0 ** (-np.arange(half) / half)
    c, w = np.cos(angle)[:, None, :], np.sin(angle)[:, None, :]
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * c - b * w, b * c + a * w], axis=-1)
