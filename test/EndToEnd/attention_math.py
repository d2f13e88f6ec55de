"""What tests of attention share: random halves, the reference in f64, and how near a result of few bits is."""

import numpy as np


def half(rng, *shape):
    return rng.standard_normal(shape).astype(np.float16)


def attention(q, k, v, visible=None):
    """In f64, heads first."""
    q, k, v = (x.astype(np.float64) for x in (q, k, v))
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    if visible is not None:
        scores = np.where(visible, scores, -np.inf)
    with np.errstate(invalid="ignore"):
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        return weights @ v / weights.sum(-1, keepdims=True)


def near(got, wanted, bits=11):
    """Weights and results are rounded to so many bits."""
    np.testing.assert_allclose(got.astype(np.float64), wanted, atol=4 * 2.0**-bits, rtol=2.0**-bits)
