#!/usr/bin/env python3
"""The main job: kernels written in .flex on real data, checked against NumPy and timed beside it.

A small network classifies scikit-learn's handwritten digits (digits.flex), and a photo goes through an image pipeline
(photo.flex) and is written as PNG. Tells where every kernel ran and where its code came from; a second run is served from the
cache. Without --device it ends with the same kernels, and two more, on emulated GPUs (emulated.py). Exit status 1 when a result is wrong.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
import emulated  # noqa: E402
import flex  # noqa: E402
from train_digits import WEIGHTS, split  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOLERANCE = 1e-5  # relative to the largest value: f32 sums in another order
ROW = "  {:<10}{:<12}{:<12}{:>11}{:>11}{:>11}{:>12}  {}"


def numpy_classify(x, w1, b1, w2, b2, w3, b3):
    hidden = np.maximum(np.maximum(x @ w1 + b1, 0) @ w2 + b2, 0)
    z = hidden @ w3 + b3
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def numpy_grey(photo):
    return (photo.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)) / np.float32(255)


def window(img):
    """The nine shifted views of an image whose border is repeated."""
    p = np.pad(img, 1, mode="edge")
    h, w = img.shape
    return [[p[r : r + h, c : c + w] for c in range(3)] for r in range(3)]


def numpy_blur(img):
    (a, b, c), (d, e, f), (g, h, i) = window(img)
    return (a + 2 * b + c + 2 * d + 4 * e + 2 * f + g + 2 * h + i) / np.float32(16)


def numpy_sobel(img):
    (a, b, c), (d, _, f), (g, h, i) = window(img)
    dx, dy = c + 2 * f + i - a - 2 * d - g, g + 2 * h + i - a - 2 * b - c
    return np.sqrt(dx * dx + dy * dy)


def numpy_half(img):
    h, w = img.shape[0] // 2, img.shape[1] // 2
    return img[: 2 * h, : 2 * w].reshape(h, 2, w, 2).mean(axis=(1, 3), dtype=np.float32)


def best_seconds(call, budget=0.2):
    """The least time of one call, over as many calls as fit into `budget` seconds."""
    best, end = float("inf"), time.perf_counter() + budget
    while True:
        begin = time.perf_counter()
        call()
        now = time.perf_counter()
        best = min(best, now - begin)
        if now > end:
            return best


def show(seconds):
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} us"


class Job:
    """Runs kernels, checks and times each, and remembers what it saw."""

    def __init__(self, context, device):
        self.context, self.device, self.wrong, self.origins = context, device, [], []

    def run(self, module, name, arguments, reference):
        """The first result of kernel `name`; prints its row."""
        kernel = module.kernel(name)
        result = kernel(*arguments, device=self.device)
        first = self.context.last_launch()
        expected = reference(*arguments)
        error = float(np.abs(result - expected).max() / max(float(np.abs(expected).max()), 1e-30))
        remark = f"error {error:.1e}"
        if not error <= TOLERANCE:
            self.wrong.append(f"{name}: error {error:.3g} against NumPy, allowed is {TOLERANCE:g}")
        if self.device and not first.device.startswith("host"):
            host = kernel(*arguments, device="host")
            differs = float(np.abs(result - host).max() / max(float(np.abs(host).max()), 1e-30))
            remark += f", to host {differs:.1e}"
            if not differs <= TOLERANCE:
                self.wrong.append(f"{name}: {first.device} and host differ by {differs:.3g}, allowed is {TOLERANCE:g}")
        args, results = [kernel.tensor(array) for array in arguments], [kernel.tensor(np.empty_like(result))]
        ours = best_seconds(lambda: kernel.launch(args, results, self.device))
        theirs = best_seconds(lambda: reference(*arguments))
        self.origins.append(first.origin)
        print(ROW.format(name, first.device, first.origin, show(first.prepare), show(ours), show(theirs), f"{theirs / ours:.1f}x", remark))
        return result


def classify_digits(context, job):
    _, images, _, labels = split()
    arguments = [images] + [np.load(WEIGHTS / f"{kind}{layer}.npy") for layer in (1, 2, 3) for kind in "wb"]
    probabilities = job.run(context.load(HERE / "digits.flex"), "classify", arguments, numpy_classify)
    return float((probabilities.argmax(axis=1) == labels).mean()), len(labels)


def save(image, path):
    Image.fromarray((np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)).save(path)


def filter_photo(context, job, out):
    photo = np.ascontiguousarray(load_sample_image("china.jpg"))
    module = context.load(HERE / "photo.flex")
    grey = job.run(module, "grey", [photo], numpy_grey)
    blur = job.run(module, "blur", [grey], numpy_blur)
    sobel = job.run(module, "sobel", [blur], numpy_sobel)
    half = job.run(module, "half", [grey], numpy_half)
    out.mkdir(parents=True, exist_ok=True)
    for name, image in (("blur", blur), ("sobel", sobel), ("half", half)):
        save(image, out / f"china-{name}.png")
    return photo.shape


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", help="run everything on this device, e.g. host or opencl, and compare with host")
    parser.add_argument("--out", type=Path, default=ROOT / "out", help="where the pictures go (default out/)")
    args = parser.parse_args()
    try:
        context = flex.Context()
        job = Job(context, args.device)
        print(ROW.format("kernel", "device", "code from", "to get it", "Flex", "NumPy", "speed-up", ""))
        accuracy, images = classify_digits(context, job)
        shape = filter_photo(context, job, args.out)
    except flex.FlexError as error:
        sys.exit(f"run.py: {error}")
    print(f"digits: {accuracy:.1%} of {images} handwritten digits that the network had never seen are right")
    print(f"photo:  {shape[1]}x{shape[0]} pixels; pictures in {os.path.relpath(args.out)}/china-{{blur,sobel,half}}.png")
    compiled = job.origins.count("compiler")
    if compiled:
        print(f"cache:  {compiled} of {len(job.origins)} kernels were compiled now; run it again and they come from the cache")
    else:
        print(f"cache:  all {len(job.origins)} kernels were served from the cache; nothing was compiled")
    if accuracy < 0.95:
        job.wrong.append(f"accuracy {accuracy:.3f}, expected at least 0.95")
    if not args.device:
        try:
            job.wrong += emulated.show(context)
        except flex.FlexError as error:
            sys.exit(f"run.py: {error}")
    for line in job.wrong:
        print(f"wrong:  {line}")
    return 1 if job.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
