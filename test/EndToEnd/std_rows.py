"""What test_std.py runs: for each function of the standard library a kernel that calls it and what NumPy says it gives.

A row's kernel is written for an element type T. Its NumPy function gets the arguments in f64 (integers as they are) and those
dimensions it names.
"""

from dataclasses import dataclass, field

from sweep import CHIPS, DEVICE, LONG, Case

FLOATS = ("f32", "f64", "f16", "bf16")
SPECIALS = ["nan", 1.5, "inf", -2.5, "-inf", 0.0, -0.0, 1e-40, 0.5, -1e-40, 1.0, -1.0, 3e38, -3e38, 6e4, 1e-7, 2.0, 100.0, -100.0, 0.25]
ROWS, ORACLES = [], {}


@dataclass
class Row:
    """`skip`: kinds of case that make no sense for it, of special, layouts, dynamic."""

    function: str
    head: str
    call: str
    runs: list
    dtypes: tuple = FLOATS
    values: dict = field(default_factory=dict)
    skip: tuple = ()
    rtol: float = 1e-9
    undecided: float = 0.5
    special_rtol: float = 1e-6

    def source(self, dtype):
        head = self.head.replace("T[", dtype + "[").replace(": T", ": " + dtype).replace("-> T", "-> " + dtype).replace("(T,", f"({dtype},").replace(" T,", f" {dtype},").replace(" T)", f" {dtype})")
        body = self.call if "return" in self.call else f"return {self.call}"
        return f"import {self.function.split('.')[0]}\nkernel k{head} {{\n  {body}\n}}"


def row(function, head, call, numpy, runs, **more):
    one = Row(function, head, call, [dict(run) for run in runs], **more)
    ROWS.append(one)
    ORACLES[one.function] = numpy


def cases():
    """f32 at every size with static and with open dimensions; other dtypes at two sizes (FLEX_SWEEP=long: at all); special values; strides; one size on OpenCL's device (or --device) and on emulated chips."""
    for r in ROWS:
        for dtype in r.dtypes:
            most = LONG or dtype == r.dtypes[0]
            oracle = f"std_rows:{r.function}" if dtype not in ("f32", "f16", "bf16") or r.dtypes == (dtype,) else ""
            yield Case(f"{r.function}-{dtype}", r.source(dtype), r.runs if most or oracle else r.runs[-2:], values=r.values, oracle=oracle,
                       modes=(False, True) if most and "dynamic" not in r.skip else (False,), undecided=r.undecided if dtype not in ("f16", "bf16") else 1, rtol=r.rtol)  # wide sums of narrow floats are undecided
        first = r.dtypes[0]
        if "special" not in r.skip and set(r.dtypes) & set(FLOATS):
            special = {**r.values, "*": SPECIALS}
            yield Case(f"{r.function}-special", r.source(first), r.runs[-1:], values=special, modes=(False,), undecided=1)
            if "f64" in r.dtypes:
                yield Case(f"{r.function}-special-f64", r.source("f64"), r.runs[-1:], values=special, modes=(False,), undecided=1,
                           oracle=f"std_rows:{r.function}", rtol=r.special_rtol)
        for name, device in [("device", DEVICE), *((chip, f"emulated:{chip}") for chip in CHIPS)]:
            yield Case(f"{r.function}-{name}", r.source(first), r.runs[-1:], values=r.values, modes=(False, True) if LONG else (False,), undecided=r.undecided, device=device)
        if "layouts" not in r.skip:
            for layout in ("transposed", "sliced", "reversed", "broadcast") if LONG else ("sliced", "reversed"):
                yield Case(f"{r.function}-{layout}", r.source(first), r.runs[-1:], values=r.values, layout=layout, modes=(False,), undecided=1)


VECTORS = [{"N": n} for n in (0, 1, 17, 1000, 65)]
MATRICES = [{"M": m, "N": n} for m, n in ((0, 5), (1, 1), (3, 17), (2, 1000), (7, 33))]
NUMBERS = (*FLOATS, "i32", "i64", "u8")

# How often a function goes over memory (fused groups), where more than once: statistics before their use, rows before columns, a start before
# what is added to it, the test's own preparation of linalg's systems.
PASSES = {"stats.covariance": 2, "stats.correlation": 3, "stats.weighted_mean": 2, "signal.dft": 10, "signal.idft": 10, "signal.rdft": 12,
          "signal.power_spectrum": 12, "signal.dft_by_rows": 10, "image.blur3": 2, "image.gauss3": 2, "image.gauss5": 2, "image.sobel_xy": 2, "image.dilate3": 2,
          "image.erode3": 2, "image.open3": 4, "image.close3": 4, "image.median3": 4, "image.double_bilinear": 2, "random.philox_round": 4,
          "random.philox4x32": 4, "random.bits4": 4, "image.resize_bilinear": 4, "image.resize_bicubic": 5, "image.box": 2, "image.gaussian": 4,
          "image.histogram": 2, "stats.quantile": 3, "stats.median": 2, "stats.histogram_of": 2, "linalg.solve_lower": 2, "linalg.solve_upper":
          3, "linalg.solve_spd": 7, "linalg.cholesky": 3, "reduce.segment_sum": 2, "reduce.segment_mean": 5, "reduce.segment_max": 2,
          "reduce.segment_min": 2, "reduce.segment_count": 2, "nn.batch_norm": 2, "nn.batch_norm_train": 2, "nn.instance_norm": 2,
          "nn.attention": 3, "nn.attention_masked": 3, "nn.attention_causal": 3, "nn.attention_gqa": 3, "nn.rope": 2, "nn.cross_entropy": 2,
          "nn.conv2d_grouped": 2, "nn.conv2d_transposed": 2, "nn.group_norm": 7, "linalg.kron": 3, "nn.cross_entropy(classes)": 2}

# The rows themselves fill ROWS.
import std_rows_data  # noqa: E402, F401
import std_rows_nn  # noqa: E402, F401
