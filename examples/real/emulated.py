#!/usr/bin/env python3
"""The end of the main job: its kernels and two blocks of networks on one chip of every GPU family, executed by the emulator.

Each result is compared with the reference interpreter, element by element, within the bound that this derives for any correct device;
the host's results are, too, so that they agree with each other. Small sizes: the emulator is slow.
"""

import sys
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import load_sample_image

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "test" / "EndToEnd"), str(ROOT / "examples" / "kernels")]
import flex  # noqa: E402
from chain import Compiler, Tensor, is_float  # noqa: E402
from checks import EXAMPLES  # noqa: E402
from flex._abi import find_library  # noqa: E402
from sweep_worker import mismatch, spacing  # noqa: E402
from train_digits import WEIGHTS, split  # noqa: E402

CHIPS = ("sm_80", "sm_90a", "gfx942", "gfx1100", "opencl+fp16+fp64")
TYPES = {"f4": "f32", "u1": "u8", "i8": "i64"}
ROW = "  {:<14}" + "{:>10}" * (1 + len(CHIPS))


def jobs():
    """Title, file, kernel and arguments of each kernel."""
    folder = ROOT / "examples" / "real"
    weights = [np.load(WEIGHTS / f"{kind}{layer}.npy") for layer in (1, 2, 3) for kind in "wb"]
    yield "digits", folder / "digits.flex", "classify", [split()[1][:16], *weights]
    photo = np.ascontiguousarray(load_sample_image("china.jpg")[100:124, 200:233])
    grey = photo @ np.array([0.299, 0.587, 0.114], np.float32) / np.float32(255)
    yield "photo: grey", folder / "photo.flex", "grey", [photo]
    for name in ("blur", "sobel", "half"):
        yield f"photo: {name}", folder / "photo.flex", name, [grey]
    for title, name in (("Llama block", "llama"), ("ResNet block", "resnet")):
        example = EXAMPLES[name]
        arguments, _ = example.make(np.random.default_rng(1), *example.check)
        yield title, ROOT / "examples" / "kernels" / f"{name}.flex", example.kernel, arguments


def share_of_bound(found, wanted, bounds):
    """The largest error as a share of what is allowed, and what is wrong."""
    share, wrong = 0.0, ""
    for array, want, bound in zip(found, wanted, bounds):
        got = Tensor(want.dtype, array)
        wrong = wrong or mismatch(got, want, bound)
        decided = np.isfinite(bound) & np.isfinite(want.values()) & np.isfinite(got.values())
        if is_float(want.dtype) and decided.any():
            allowed = bound + spacing(want.dtype, want.values()) / 2
            share = max(share, float((np.abs(got.values() - want.values()) / allowed)[decided].max()))
    return share, wrong


def show(context):
    """Prints the table; gives what is wrong."""
    begin, wrong = time.perf_counter(), []
    compiler = Compiler(Path(find_library()).resolve().with_name("libflexc.so"), [ROOT / "std"])
    print("\nOn GPUs that are not here, by the emulator: the largest error, as a share of what the reference interpreter derives as allowed")
    print(ROW.format("kernel", "host", *(chip.split("+")[0] for chip in CHIPS)))
    for title, path, name, arguments in jobs():
        kernel, shares = context.load(path).kernel(name), []
        arguments = [np.array(argument, order="C") for argument in arguments]  # numbers stay numbers
        tensors = [Tensor(TYPES[argument.dtype.str[1:]], argument) for argument in arguments]
        reference = None
        for device in ("host", *(f"emulated:{chip}" for chip in CHIPS)):
            found = kernel(*arguments, device=device)
            found = found if isinstance(found, tuple) else (found,)
            reference = reference or compiler.interpret(path.read_text(), name, tensors, [("f32", array.shape) for array in found], {})
            share, fault = share_of_bound(found, *reference)
            shares.append("wrong" if fault else f"{share:.1%}")
            wrong += [f"{title} on {device}: {fault}"] * bool(fault)
        print(ROW.format(title, *shares))
    print(f"  {'not all agree' if wrong else 'all within the bound, so all agree with the host'}; {time.perf_counter() - begin:.1f} s")
    return wrong


def main():
    try:
        wrong = show(flex.Context())
    except flex.FlexError as error:
        sys.exit(f"emulated.py: {error}")
    for line in wrong:
        print(f"wrong:  {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
