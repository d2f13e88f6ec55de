"""One process of the sweep: takes cases from its standard input, answers with failures on its standard output.

A case is run for each of its sizes, with static and open dimensions, and compared with the reference interpreter within
the bound that this gives per element. Run by sweep.py; a crash here fails the one case that it was running.
"""

import importlib
import inspect
import pickle
import re
import struct
import sys
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from chain import STORAGE, Compiler, FlexError, Runtime, Tensor, as_dlpack, is_float, round_to  # noqa: E402

STD = Path(__file__).resolve().parents[2] / "std"  # what `import` reads: the text of the checkout, not what was built in


def split_top(text, separator=","):
    """Splits at separators outside of brackets."""
    parts, depth, current = [], 0, ""
    for c in text:
        depth += (c in "([") - (c in ")]")
        if c == separator and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += c
    return [part for part in [*parts, current.strip()] if part]


def parameters(source, kernel):
    """(name, dtype, [dimension expressions]) of each parameter."""
    head = re.search(rf"kernel\s+{kernel}\b\s*(<[^>]*>)?\((.*?)\)\s*->", source, re.S).group(2)
    for part in split_top(head):
        name, kind = (side.strip() for side in part.split(":", 1))
        match = re.fullmatch(r"(\w+)\s*(?:\[(.*)\])?", kind, re.S)
        yield name, match.group(1), split_top(match.group(2)) if match.group(2) else []


def draw(rng, dtype, shape, kind):
    """Values of a kind: normal (floats of either sign and never near zero, small integers), wide (all bits), or a list to cycle."""
    count = int(np.prod(shape, dtype=np.int64))
    if isinstance(kind, (list, tuple)):
        values = np.resize(np.array(kind, np.float64 if is_float(dtype) else object), count)
        if not is_float(dtype) and dtype != "bool":
            values = np.array([int(v) & (2 ** (8 * np.dtype(STORAGE[dtype]).itemsize) - 1) for v in values], np.uint64)
            return Tensor(dtype, values.astype(STORAGE[dtype].replace("i", "u")).view(STORAGE[dtype]).reshape(shape))
        return round_to(dtype, values.reshape(shape))
    if dtype == "bool":
        return Tensor("bool", rng.integers(0, 2, shape, np.uint8))
    if is_float(dtype):
        values = rng.uniform(0.25, 2, shape)
        return round_to(dtype, values if kind == "positive" else values * rng.choice([-1.0, 1.0], shape))
    storage = np.dtype(STORAGE[dtype])
    if kind == "wide":
        return Tensor(dtype, rng.integers(0, 256, (*shape, storage.itemsize), np.uint8).view(storage).reshape(shape))
    low = 1 if dtype[0] == "u" or kind == "positive" else -9
    values = rng.integers(low, 10, shape)
    return Tensor(dtype, np.where(values == 0, 3, values).astype(storage))


def lay_out(tensor, layout):
    """The same values with other strides."""
    a = tensor.array
    if layout == "transposed" and a.ndim:
        a = np.ascontiguousarray(a.T).T
    elif layout == "sliced" and a.ndim:
        big = np.empty(tuple(2 * n + 1 for n in a.shape), a.dtype)
        big.view(np.uint8)[...] = 0xEE
        view = big[tuple(slice(1, 2 * n + 1, 2) for n in a.shape)]
        view[...] = a
        a = view
    elif layout == "reversed" and a.ndim:
        flip = tuple(slice(None, None, -1) for _ in a.shape)
        a = np.ascontiguousarray(a[flip])[flip]
    elif layout == "broadcast" and a.ndim and a.size:
        a = np.broadcast_to(a[:1], a.shape)
    return Tensor(tensor.dtype, a)


def spacing(dtype, values):
    """The distance to the next number of a dtype."""
    bits = {"f16": (10, -24), "bf16": (7, -133), "f32": (23, -149), "f64": (52, -1074)}[dtype]
    with np.errstate(all="ignore"):
        exponent = np.floor(np.log2(np.abs(values), where=values != 0, out=np.full(values.shape, -2000.0)))
        return np.exp2(np.maximum(np.where(np.isfinite(exponent), exponent, 0) - bits[0], bits[1]))


def convert(tensor, dtype):
    """The cast that LANGUAGE.md promises: integers wrap, floats round once to the nearest even, saturate into integers, NaN gives 0."""
    integer = not is_float(tensor.dtype)
    values = tensor.array.astype(np.longdouble) if integer or tensor.dtype != "bf16" else tensor.values().astype(np.longdouble)
    if dtype == "bool":
        return Tensor("bool", (values != 0).astype(np.uint8))
    if not is_float(dtype):
        storage = np.dtype(STORAGE[dtype])
        if integer:
            return Tensor(dtype, tensor.array.astype(storage))
        ends = np.iinfo(storage)
        kept = [0 if np.isnan(v) else ends.max if v >= ends.max else ends.min if v <= ends.min else int(v) for v in values.ravel()]
        return Tensor(dtype, np.array(kept, storage).reshape(values.shape))
    digits, lowest, top = {"f16": (10, -24, 65504), "bf16": (7, -133, 3.3895313892515355e38), "f32": (23, -149, 3.4028234663852886e38),
                           "f64": (52, -1074, 1.7976931348623157e308)}[dtype]
    with np.errstate(all="ignore"):
        _, exponent = np.frexp(values)
        unit = np.exp2(np.maximum(exponent - 1 - digits, lowest).astype(np.longdouble))
        rounded = np.where(np.isfinite(values), np.rint(values / unit) * unit, values)
        rounded = np.where(np.abs(rounded) > top, np.copysign(np.longdouble("inf"), rounded), rounded)
        return round_to(dtype, rounded.astype(np.float64))


def mismatch(found, wanted, bound, extra=0.0, decided=0.5):
    """Where and how much two tensors differ; empty if nowhere."""
    if not is_float(found.dtype):
        wrong = (found.array != wanted.array) & (bound == 0)
        got, want = found.array, wanted.array
    else:
        got, want = found.values(), wanted.values()
        with np.errstate(all="ignore"):
            same = (got == want) | (np.isnan(got) & np.isnan(want)) | (np.abs(got - want) <= (bound + spacing(found.dtype, want) / 2) * (1 + extra))
        if not np.any(bound):
            same = (got == want) | (np.isnan(got) & np.isnan(want))
        wrong = ~same & ~np.isinf(bound)
    if not np.any(wrong):
        undecided = np.count_nonzero(np.isinf(bound))
        return f"the reference decides only {bound.size - undecided} of {bound.size} elements" if undecided > bound.size * decided else ""
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    return f"{np.count_nonzero(wrong)} of {wrong.size} elements of {found.dtype}{list(wrong.shape)} differ, first at {list(at)}: {got[at]!r}, reference {want[at]!r} +- {bound[at]:.3g}"


class Worker:
    def __init__(self, build):
        self.build, self.runtimes, self.compiler = Path(build), {}, Compiler(Path(build) / "lib" / "libflexc.so", [STD])

    def runtime(self, device, threads):
        key = (device, threads)
        if key not in self.runtimes and device.startswith("cross:"):
            from cross import CrossRuntime

            self.runtimes[key] = CrossRuntime(device, threads, self.runtime("host", 1))
        if key not in self.runtimes:
            self.runtimes[key] = Runtime(self.build / "lib" / "libflexrt.so", device, threads, [STD])
        return self.runtimes[key]

    def arguments(self, case, dims):
        rng = np.random.default_rng([case["seed"], *dims.values()])
        scope, tensors = dict(dims), []
        for name, dtype, shape in parameters(case["source"], case["kernel"]):
            dtype = case["types"].get(dtype, dtype)
            sizes = tuple(int(eval(part.replace("/", "//"), {}, scope)) for part in shape)
            tensors.append(lay_out(draw(rng, dtype, sizes, case["values"].get(name, case["values"].get("*", "normal"))), case["layout"]))
        return tensors

    def program(self, case, dims, dynamic):
        if not case["target"]:
            return case["source"]
        key = () if dynamic else tuple(dims.items())
        if key not in self.images:
            self.images[key] = self.compiler.image(case["source"], case["kernel"], case["target"], dict(key), case["types"])
        return self.images[key]

    def run(self, case):
        failures, runtime, self.images = [], self.runtime(case["device"], case["threads"]), {}
        for number, dims in enumerate(case["runs"]):
            args = self.arguments(case, dims)
            before = [np.array(tensor.array) for tensor in args]
            wanted = None
            if not case["modes"]:  # only what the interpreter gives, against the oracle
                kernel = runtime.kernel(case["source"], case["kernel"])
                wanted = self.compiler.interpret(case["source"], case["kernel"], args, runtime.infer(kernel, [as_dlpack(tensor) for tensor in args]), case["types"])
                failures += [f"{dims}: {text}" for text in by_oracle(case, args, dims, wanted) if text]
            modes = case["modes"] if number < case["static_runs"] else [dynamic for dynamic in case["modes"] if dynamic]
            for dynamic in modes:
                label = f"{dims} {'dynamic' if dynamic else 'static'}: "
                try:
                    found = runtime.run(self.program(case, dims, dynamic), case["kernel"], args, dynamic)
                    if wanted is None and case["cast"]:
                        exact = convert(args[0], case["cast"])
                        wanted = [exact], [np.zeros(exact.array.shape)]
                    if wanted is None and case["numpy"]:
                        wanted = by_numpy(case, args, found)
                    if wanted is None:
                        types = [(result.tensor.dtype, result.tensor.array.shape) for result in found]
                        wanted = self.compiler.interpret(case["source"], case["kernel"], args, types, case["types"])
                        failures += [label + text for text in by_oracle(case, args, dims, wanted) if text]
                except FlexError as error:
                    if not case["error"] or case["error"] not in str(error):
                        failures.append(label + str(error))
                    continue
                if case["error"]:
                    failures.append(label + "was not refused")
                failures += [label + text for text in compare(found, wanted, case) if text]
                for tensor, old in zip(args, before):
                    if not np.array_equal(tensor.array.view(np.uint8) if tensor.array.flags.c_contiguous and tensor.array.ndim else tensor.array,
                                          old.view(np.uint8) if tensor.array.flags.c_contiguous and tensor.array.ndim else old,
                                          equal_nan=is_float(tensor.dtype) and tensor.array.dtype.kind == "f" and not tensor.array.flags.c_contiguous):
                        failures.append(label + "an argument was changed")
        runtime.forget()
        return failures


def by_numpy(case, args, found):
    """What the case's NumPy expression gives in f64, for sizes that the interpreter is too slow for."""
    names = [name for name, _, _ in parameters(case["source"], case["kernel"])]
    value = eval(case["numpy"], {"np": np, **dict(zip(names, (tensor.values() for tensor in args)))})
    return [round_to(result.tensor.dtype, value) for result in found], [case["rtol"] * np.maximum(np.abs(value), np.abs(value).mean())]


def by_oracle(case, args, dims, wanted):
    """How the interpreter's results differ from what the case's Python function makes of the same arguments in f64."""
    if not case["oracle"]:
        return
    module, name = case["oracle"].split(":")
    function = getattr(importlib.import_module(module), "ORACLES")[name]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # means of nothing and the like are NaN
        values = function(*(tensor.values() for tensor in args), **{key: dims[key] for key in inspect.signature(function).parameters if key in dims})
    values = values if isinstance(values, tuple) else (values,)
    for number, (value, result, bound) in enumerate(zip(values, *wanted)):
        value, got = np.asarray(value), result.values()
        if value.shape != got.shape:
            yield f"result {number}: shape {list(got.shape)}, NumPy {list(value.shape)}"
            continue
        with np.errstate(all="ignore"):
            largest = np.abs(value[np.isfinite(value)]).max(initial=0) if is_float(result.dtype) else 0
            scale = np.abs(value) + (largest if largest < 1e6 else 0) + 1e-3  # a sum's rounding is relative to its terms, but not to values that are huge on purpose
            allowed = case["rtol"] * scale + bound if is_float(result.dtype) else 0
            same = (got == value) | (np.isnan(got) & np.isnan(value)) | (np.abs(got - value) <= allowed) | np.isinf(bound)
        if not np.all(same):
            at = tuple(int(i) for i in np.argwhere(~same)[0])
            yield f"result {number}: {np.count_nonzero(~same)} of {same.size} elements differ from NumPy, first at {list(at)}: {got[at]!r}, NumPy {value[at]!r}"


def compare(found, wanted, case):
    for number, (result, want, bound) in enumerate(zip(found, *wanted)):
        if not result.is_intact():
            yield f"result {number}: bytes outside of it were written"
        if result.tensor.dtype == "bool" and np.any(result.tensor.array > 1):
            yield f"result {number}: a bool is neither 0 nor 1"
        text = mismatch(result.tensor, want, bound, case["extra"], case["undecided"])
        if text:
            yield f"result {number}: {text}"


def main():
    worker = Worker(sys.argv[1])
    # Answers go to the original standard output; anything else that prints must not disturb them.
    import os

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while header := sys.stdin.buffer.read(8):
        case = pickle.loads(sys.stdin.buffer.read(struct.unpack("<q", header)[0]))
        try:
            failures = worker.run(case)
        except Exception as error:  # a fault of the sweep itself: it must not look like a crash of Flex
            failures = [f"the sweep failed: {type(error).__name__}: {error}"]
        data = pickle.dumps(failures)
        answers.write(struct.pack("<q", len(data)) + data)
        answers.flush()


if __name__ == "__main__":
    main()
