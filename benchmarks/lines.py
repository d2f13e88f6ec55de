#!/usr/bin/env python3
"""Counts the lines of ten kernels in Flex, NumPy and Triton, and checks that they are what they seem.

A line counts if it holds code: no blank lines, comments, doc strings or imports. The files below benchmarks/lines are complete: what a
user needs beside the imports to call the kernel on arrays is in them, Triton's launches included. `--check` runs the NumPy files
beside Flex on the same arrays and compares; it compiles the Triton files for one GPU (sm_80) where the package `triton` is installed, which
needs no GPU and runs nothing.
"""

import argparse
import importlib.util
import io
import os
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINES = ROOT / "benchmarks" / "lines"
EXAMPLES = ROOT / "examples" / "kernels"

# Kernel -> its Flex file and its name there.
KERNELS = {"softmax": None, "layer_norm": None, "dense_gelu": None, "attention": None, "conv2d": None, "histogram": None,
           "black_scholes": EXAMPLES / "black_scholes.flex", "mandelbrot": EXAMPLES / "mandelbrot.flex", "cumsum": None, "rope": None}
NAMES = {"cumsum": "cumsum_rows"}

# What triton.compile wants to know of each kernel: the types of its arguments, and its constants.
POINTER, INT, FLOAT = "*fp32", "i32", "fp32"
TRITON = {
    "softmax": ("softmax_kernel", [POINTER] * 2 + [INT], {"BLOCK": 1024}),
    "layer_norm": ("layer_norm_kernel", [POINTER] * 4 + [INT], {"BLOCK": 1024}),
    "dense_gelu": ("dense_gelu_kernel", [POINTER] * 4 + [INT] * 3, {"BM": 64, "BN": 64, "BK": 32}),
    "attention": ("attention_kernel", [POINTER] * 4 + [INT] * 2 + [FLOAT], {"D": 64, "BS": 64, "BT": 64}),
    "conv2d": ("conv2d_kernel", [POINTER] * 3 + [INT] * 9, {"BP": 64, "BK": 64, "BC": 32}),
    "histogram": ("histogram_kernel", [POINTER, "*i32", INT], {"BLOCK": 1024}),
    "black_scholes": ("black_scholes_kernel", [POINTER] * 4 + [FLOAT] + [POINTER] * 3 + [INT], {"BLOCK": 1024}),
    "mandelbrot": ("mandelbrot_kernel", [POINTER] * 2 + ["*i32", INT], {"BLOCK": 256}),
    "cumsum": ("cumsum_kernel", [POINTER] * 2 + [INT], {"BLOCK": 1024}),
    "rope": ("rope_kernel", [POINTER, "*i32", POINTER] + [INT] * 2, {"BLOCK": 32}),
}


def source(kernel, language):
    if language == "flex":
        return KERNELS[kernel] or LINES / "flex" / f"{kernel}.flex"
    return LINES / language / f"{kernel}.py"


def python_lines(text):
    """The numbers of the lines that hold tokens of code; statements that import, and strings that stand alone, do not count."""
    counted, statement = set(), []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            continue
        if token.type != tokenize.NEWLINE:
            statement.append(token)
            continue
        is_doc = len(statement) == 1 and statement[0].type == tokenize.STRING
        if statement and not is_doc and statement[0].string not in ("import", "from"):
            counted |= {line for part in statement for line in range(part.start[0], part.end[0] + 1)}
        statement = []
    return counted


def code_lines(path):
    text = path.read_text()
    if path.suffix == ".py":
        return len(python_lines(text))
    lines = (line.split("//")[0].strip() for line in text.splitlines())
    return sum(1 for line in lines if line and not line.startswith("import "))


def load(kernel, language):
    spec = importlib.util.spec_from_file_location(f"lines_{language}_{kernel}", source(kernel, language))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def arguments(kernel):
    import numpy as np

    rng = np.random.default_rng(1)

    def normal(*shape):
        return rng.standard_normal(shape, dtype=np.float32)

    def between(low, high, *shape):
        return (low + (high - low) * rng.random(shape)).astype(np.float32)

    return {"softmax": lambda: [normal(7, 33)],
            "layer_norm": lambda: [normal(7, 33), normal(33), normal(33)],
            "dense_gelu": lambda: [normal(9, 17), normal(17, 21), normal(21)],
            "attention": lambda: [normal(13, 16), normal(19, 16), normal(19, 16)],
            "conv2d": lambda: [normal(2, 7, 9, 5), normal(3, 2, 5, 6)],
            "histogram": lambda: [between(-0.1, 1.1, 1000)],
            "black_scholes": lambda: [between(50, 150, 37), between(50, 150, 37), between(0.1, 2, 37), between(0.1, 0.5, 37), np.float32(0.03)],
            "mandelbrot": lambda: [between(-2, 0.5, 40), between(-1.2, 1.2, 30)],
            "cumsum": lambda: [normal(5, 70)],
            "rope": lambda: [normal(6, 3, 8), np.arange(6, dtype=np.int32)]}[kernel]()


def check_numpy(kernel, context):
    """Flex and NumPy agree on the same arrays; raises otherwise."""
    import numpy as np

    name, args = NAMES.get(kernel, kernel), arguments(kernel)
    ours = context.load(source(kernel, "flex")).kernel(name)(*args)
    theirs = getattr(load(kernel, "numpy"), name)(*args)
    as_tuple = lambda value: value if isinstance(value, tuple) else (value,)  # noqa: E731
    for a, b in zip(as_tuple(ours), as_tuple(theirs), strict=True):
        np.testing.assert_allclose(np.asarray(a), b, rtol=2e-5, atol=2e-5)


def compile_triton(kernel):
    """The Triton file compiles for sm_80; raises otherwise."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    name, types, constants = TRITON[kernel]
    function = getattr(load(kernel, "triton"), name)
    names = list(function.arg_names)
    signature = dict(zip(names, types)) | dict.fromkeys(constants, "constexpr")
    compiled = triton.compile(ASTSource(function, signature, {(names.index(n),): v for n, v in constants.items()}), target=GPUTarget("cuda", 80, 32))
    if ".visible .entry" not in compiled.asm["ptx"]:
        raise RuntimeError(f"{name}: no entry point in what Triton made")


def table():
    rows = {kernel: {language: code_lines(source(kernel, language)) for language in ("flex", "numpy", "triton")} for kernel in KERNELS}
    rows["together"] = {language: sum(row[language] for row in rows.values()) for language in ("flex", "numpy", "triton")}
    lines = ["| kernel | Flex | NumPy | Triton |", "|---|---|---|---|"]
    return "\n".join(lines + [f"| {kernel} | {row['flex']} | {row['numpy']} | {row['triton']} |" for kernel, row in rows.items()])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="run the NumPy files beside Flex, compile the Triton files")
    args = parser.parse_args()
    print(table())
    if not args.check:
        return
    sys.path.insert(0, str(ROOT / "python"))
    import flex

    build = Path(os.environ.get("FLEX_BUILD_DIR", ROOT / "build" / os.environ.get("FLEX_PRESET", "dev")))
    context = flex.Context(device="host", threads=1, library=build / "lib" / "libflexrt.so")
    has_triton = importlib.util.find_spec("triton") is not None
    for kernel in KERNELS:
        check_numpy(kernel, context)
        if has_triton:
            compile_triton(kernel)
        print(f"{kernel}: NumPy agrees, Triton {'compiles' if has_triton else 'is not installed: not compiled'}")


if __name__ == "__main__":
    main()
