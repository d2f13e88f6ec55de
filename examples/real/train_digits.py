#!/usr/bin/env python3
"""Trains the network of digits.flex on scikit-learn's handwritten digits and writes its weights to examples/real/weights.

Deterministic up to the last bits of the machine's BLAS. The split is the one run.py tests on: a fifth of the 1,797 images,
of all classes alike, is never trained on.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

WEIGHTS = Path(__file__).resolve().parent / "weights"


def split():
    """(train images, test images, train labels, test labels); images are f32 rows of 64 in [0, 1]."""
    images, labels = load_digits(return_X_y=True)
    return train_test_split((images / 16).astype(np.float32), labels, test_size=0.2, random_state=0, stratify=labels)


def main():
    train_x, test_x, train_y, test_y = split()
    network = MLPClassifier((128, 64), alpha=0.3, learning_rate_init=2e-3, max_iter=300, random_state=0)
    network.fit(train_x, train_y)
    WEIGHTS.mkdir(exist_ok=True)
    for layer, (weight, bias) in enumerate(zip(network.coefs_, network.intercepts_), 1):
        np.save(WEIGHTS / f"w{layer}.npy", weight.astype(np.float32))
        np.save(WEIGHTS / f"b{layer}.npy", bias.astype(np.float32))
    print(f"trained on {len(train_x)} images; accuracy on the {len(test_x)} held out: {network.score(test_x, test_y):.4f}")


if __name__ == "__main__":
    main()
