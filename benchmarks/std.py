#!/usr/bin/env python3
"""Times every function of the standard library beside PyTorch's eager mode on one core, and names the ten worst ratios.

The kernels are those of test/EndToEnd/std_rows.py, at sizes that matter (below), in f32. A function that PyTorch does not have is timed
beside nothing; without PyTorch all are. Results of the two are compared first. `--json FILE` keeps the figures with machine and commit,
`--markdown FILE` writes them as a page.
"""

import argparse
import json
import math
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "test" / "EndToEnd"), str(ROOT / "benchmarks")]
os.environ.setdefault("FLEX_BUILD_DIR", str(ROOT / "build" / os.environ.get("FLEX_PRESET", "dev")))

# What the dimensions of a kernel are here, by the dimensions it has; the first that fits.
SIZES = [({"B", "M", "K", "N"}, {"B": 8, "M": 256, "K": 256, "N": 256}), ({"M", "K", "N"}, {"M": 512, "K": 512, "N": 512}),
         ({"B", "K", "N"}, {"B": 256, "K": 1024, "N": 1024}), ({"S", "H", "D", "C", "G", "E"}, {"S": 16, "H": 32, "D": 64, "C": 1024, "G": 8, "E": 64}),
         ({"S", "D", "L", "E"}, {"S": 512, "D": 64, "L": 512, "E": 64}), ({"S", "H", "D"}, {"S": 512, "H": 32, "D": 64}),
         ({"N", "A", "H", "W", "C", "Q", "R", "S", "K"}, {"N": 1, "A": 8, "H": 28, "W": 28, "C": 16, "Q": 3, "R": 3, "S": 3, "K": 16}),
         ({"N", "H", "W", "C", "R", "S", "D", "K"}, {"N": 2, "H": 56, "W": 56, "C": 64, "R": 3, "S": 3, "D": 32, "K": 64}),
         ({"N", "H", "W", "C", "R", "S", "K"}, {"N": 2, "H": 56, "W": 56, "C": 64, "R": 3, "S": 3, "K": 64}),
         ({"N", "L", "C", "R", "K"}, {"N": 8, "L": 1000, "C": 64, "R": 3, "K": 64}), ({"N", "H", "W", "C"}, {"N": 8, "H": 56, "W": 56, "C": 64}),
         ({"H", "W", "R", "S"}, {"H": 1080, "W": 1920, "R": 3, "S": 5}), ({"H", "W"}, {"H": 1080, "W": 1920}), ({"N", "K"}, {"N": 1 << 16, "K": 33}),
         ({"B", "K", "N", "G"}, {"B": 16, "K": 1024, "N": 1024, "G": 32}),
         ({"K", "D"}, {"K": 1 << 16, "D": 64}), ({"L", "D"}, {"L": 2048, "D": 256}), ({"V", "D", "L"}, {"V": 32000, "D": 512, "L": 512}),
         ({"C", "G", "D", "S"}, {"C": 4096, "G": 8, "D": 64, "S": 16}), ({"K"}, {"K": 1 << 20}), ({"M", "N"}, {"M": 2048, "N": 1024}), ({"N"}, {"N": 1 << 20})]
# Where the above is too much or too little.
OWN = {"linalg.kron": {"M": 32, "N": 32}, "linalg.outer": {"M": 2048, "N": 1024}, "linalg.bilinear": {"M": 2048, "N": 1024}, "linalg.trace": {"N": 2048},
       "linalg.diagonal": {"N": 2048}, "linalg.diagonal_matrix": {"N": 2048}, "stats.covariance": {"M": 4096, "N": 128},
       "stats.correlation": {"M": 4096, "N": 128}, "linalg.solve_lower": {"N": 128, "M": 64}, "linalg.solve_upper": {"N": 128, "M": 64},
       "linalg.solve_spd": {"N": 128, "M": 64}, "linalg.cholesky": {"N": 128}, "signal.dft": {"N": 1000}, "signal.idft": {"N": 1000}, "signal.power_spectrum": {"N": 1000},
       "signal.rdft": {"N": 1000}, "signal.dft_by_rows": {"P": 32, "Q": 32}}

# Why a function is slower than PyTorch's, for the page.
DFT = "matrix products, N taken apart once where 8 or 32 divides it, where PyTorch has a fast transform; most of the time makes the tables of factors"
LAUNCH = "a launch from Python: some 5 us of it here, 3 there"
STREAM = "both wait for memory"
CENTRED = "what is centred is written, and turned once more, before the product reads it"
WHY = {"signal.dft": DFT, "signal.dft_by_rows": DFT, "signal.idft": DFT, "signal.power_spectrum": DFT,
       "linalg.trace": LAUNCH, "linalg.diagonal": LAUNCH, "nn.embedding": "rows are copied one after the other, the next one not fetched ahead; and a launch costs 2 us more",
       "linalg.kron": "the elements of a and b are spread out into two tables of a row's length first, lane by lane, with a division for each",
       "nn.gelu": "bound by arithmetic: both ranges of erf in every lane, within the bound of docs/numerics.md",
       "nn.global_max_pool": "a maximum that keeps NaN takes three instructions, and there is one accumulator for each channel",
       "nn.conv2d_transposed": "a second pass puts the stride x stride phases into their places",
       "nn.conv2d_grouped": "a second pass joins the groups",
       "stats.covariance": CENTRED, "stats.correlation": CENTRED,
       "linalg.squared_distances": "two instructions for each product: a difference, then a multiply-add",
       "linalg.solve_upper": "each row waits for those below it, and its sums have one accumulator a lane",
       "linalg.cholesky": "each row waits for those before it, and its sums have one accumulator a lane",
       "linalg.dot": STREAM, "stats.mean_rows": STREAM, "nn.layer_norm": STREAM, "linalg.normalize_rows": STREAM, "nn.relu": STREAM}


def peers(torch):
    """The same with PyTorch on tensors, as a user would write it."""
    f = torch.nn.functional
    last = lambda x: x.movedim(-1, 1)  # noqa: E731  channels last, as a view
    first = lambda x: x.movedim(1, -1)  # noqa: E731
    same = {"nn.relu": f.relu, "nn.relu6": f.relu6, "nn.leaky_relu": lambda x: f.leaky_relu(x, 0.1), "nn.elu": lambda x: f.elu(x, 1.5),
            "nn.sigmoid": torch.sigmoid, "nn.silu": f.silu, "nn.gelu": f.gelu, "nn.gelu_tanh": lambda x: f.gelu(x, approximate="tanh"),
            "nn.softplus": f.softplus, "nn.mish": f.mish, "nn.swiglu": lambda a, b: f.silu(a) * b, "nn.softmax": lambda x: f.softmax(x, -1),
            "nn.log_softmax": lambda x: f.log_softmax(x, -1), "nn.layer_norm": lambda x, g, b: f.layer_norm(x, x.shape[-1:], g, b, 0.01),
            "nn.rms_norm": lambda x, g: f.rms_norm(x, x.shape[-1:], g, 0.01),
            "nn.batch_norm": lambda x, mu, v, g, b: first(f.batch_norm(last(x), mu, v, g, b)),
            "nn.instance_norm": lambda x, g, b: first(f.instance_norm(last(x), weight=g, bias=b, eps=0.01)),
            "nn.global_avg_pool": lambda x: x.mean((1, 2)), "nn.global_max_pool": lambda x: x.amax((1, 2)), "nn.dense": lambda x, w, b: torch.addmm(b, x, w),
            "nn.attention": lambda q, k, v: f.scaled_dot_product_attention(q[None], k[None], v[None])[0],
            "nn.attention_masked": lambda q, k, v, m: f.scaled_dot_product_attention(q[None], k[None], v[None], m[None])[0],
            "nn.attention_causal": lambda q, k, v: f.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0],
            "nn.cross_entropy": lambda x, t: f.cross_entropy(x, t), "nn.mse": f.mse_loss,
            "linalg.matmul": torch.matmul, "linalg.batch_matmul": torch.matmul, "linalg.matvec": torch.mv, "linalg.dot": torch.dot,
            "linalg.outer": torch.outer, "linalg.kron": torch.kron, "linalg.cross": lambda a, b: torch.linalg.cross(a, b),
            "linalg.bilinear": lambda x, a, y: x @ a @ y, "linalg.squared_distances": lambda a, b: torch.cdist(a, b) ** 2,
            "linalg.transpose": lambda a: a.T.contiguous(), "linalg.diagonal": lambda a: a.diagonal().contiguous(), "linalg.diagonal_matrix": torch.diag,
            "linalg.lower": torch.tril, "linalg.upper": torch.triu, "linalg.trace": torch.trace, "linalg.norm": torch.linalg.vector_norm,
            "linalg.norm1": lambda x: torch.linalg.vector_norm(x, 1), "linalg.norm_inf": lambda x: torch.linalg.vector_norm(x, float("inf")),
            "linalg.frobenius": torch.linalg.matrix_norm, "linalg.normalize_rows": lambda x: f.normalize(x, dim=1, eps=0.001),
            "stats.mean_rows": lambda x: x.mean(1), "stats.variance": lambda x: x.var(1), "stats.std": lambda x: x.std(1, correction=0),
            "stats.mean_variance": lambda x: torch.var_mean(x, 1, correction=0)[::-1],
            "stats.standardize": lambda x: (x - x.mean(1, keepdim=True)) / x.std(1, correction=0, keepdim=True),
            "stats.min_max": lambda x: torch.aminmax(x, dim=1), "stats.covariance": lambda x: torch.cov(x.T), "stats.correlation": lambda x: torch.corrcoef(x.T),
            "stats.weighted_mean": lambda x, w: (x @ w) / w.sum(),
            "signal.convolve_valid": lambda x, h: f.conv1d(x[None, None], h.flip(0)[None, None])[0, 0],
            "signal.convolve": lambda x, h: f.conv1d(x[None, None], h.flip(0)[None, None], padding=len(h) - 1)[0, 0],
            "signal.fir": lambda x, h: f.conv1d(x[None, None], h.flip(0)[None, None], padding=len(h) - 1)[0, 0, : len(x)].contiguous(),
            "signal.correlate_valid": lambda x, h: f.conv1d(x[None, None], h[None, None])[0, 0],
            "signal.dft": lambda x, y: torch.view_as_real(torch.fft.fft(torch.complex(x, y))).unbind(-1),
            "signal.dft_by_rows": lambda x, y: torch.view_as_real(torch.fft.fft(torch.complex(x, y).flatten())).unbind(-1),
            "signal.idft": lambda x, y: torch.view_as_real(torch.fft.ifft(torch.complex(x, y))).unbind(-1),
            "signal.power_spectrum": lambda x: torch.fft.rfft(x).abs() ** 2,
            "image.dilate3": lambda x: f.max_pool2d(x[None, None], 3, 1, 1)[0, 0], "image.erode3": lambda x: -f.max_pool2d(-x[None, None], 3, 1, 1)[0, 0],
            "image.filter": lambda x, w: f.conv2d(f.pad(x[None, None], (2, 2, 1, 1), mode="replicate"), w[None, None])[0, 0],
            "image.halve": lambda x: f.avg_pool2d(x[None, None], 2)[0, 0],
            "image.double_nearest": lambda x: f.interpolate(x[None, None], scale_factor=2)[0, 0],
            "image.double_bilinear": lambda x: f.interpolate(x[None, None], scale_factor=2, mode="bilinear", align_corners=False)[0, 0],
            "image.luminance": lambda x: x @ torch.tensor([0.2126, 0.7152, 0.0722])}
    heavy = lambda a: a + 20 * torch.eye(len(a))  # noqa: E731  what the kernels of std_rows.py make of their argument
    spd = lambda a: a @ a.T + 20 * torch.eye(len(a))  # noqa: E731
    filters = lambda w: w.movedim((-1, -2), (0, 1))  # noqa: E731

    def segments(start, how):
        def run(x, ids):
            kept = (ids >= 0) & (ids < 5)
            out = torch.full((5, x.shape[1]), start)
            return out.scatter_reduce(0, ids[kept].long()[:, None].expand(-1, x.shape[1]), x[kept], how)
        return run

    image = lambda call: lambda x: call(x[None, None])[0, 0]  # noqa: E731
    more = {"nn.conv1d": lambda x, w: first(f.conv1d(last(x), filters(w), stride=3, padding=1, dilation=2)),
            "nn.conv2d": lambda x, w: first(f.conv2d(last(x), filters(w), stride=2, padding=1)),
            "nn.conv3d": lambda x, w: first(f.conv3d(last(x), filters(w), padding=1)),
            "nn.conv2d_grouped": lambda x, w: first(f.conv2d(last(x), filters(w), padding=1, groups=2)),
            "nn.conv2d_transposed": lambda x, w: first(f.conv_transpose2d(last(x), w.movedim((2, 3), (0, 1)), stride=2, padding=1)),
            "nn.max_pool2d": lambda x: first(f.max_pool2d(last(x), 3, 2, 1)), "nn.avg_pool2d": lambda x: first(f.avg_pool2d(last(x), 3, 2, 1)),
            "nn.group_norm": lambda x, g, b: first(f.group_norm(last(x), 2, g, b, 0.01)), "nn.embedding": lambda t, i: f.embedding(i.clamp(0, len(t) - 1), t),
            "nn.cross_entropy(classes)": lambda x, c: f.cross_entropy(x, c.clamp(0, x.shape[1] - 1).long()),
            "image.resize_nearest": image(lambda x: f.interpolate(x, (7, 20), mode="nearest-exact")),
            "image.resize_bilinear": image(lambda x: f.interpolate(x, (7, 20), mode="bilinear", align_corners=False)),
            "image.resize_bicubic": image(lambda x: f.interpolate(x, (7, 20), mode="bicubic", align_corners=False)),
            "image.box": image(lambda x: f.avg_pool2d(f.pad(x, (2, 2, 2, 2), mode="replicate"), 5, 1)),
            "image.histogram": lambda x: torch.histc(x, 10, 0, 1).int(), "stats.histogram_of": lambda x: torch.histc(x, 8, -1, 1.5).int(),
            "stats.quantile": lambda x, q: torch.quantile(x, q, dim=1), "stats.median": lambda x: torch.quantile(x, 0.5, dim=1),
            "linalg.solve_lower": lambda a, b: torch.linalg.solve_triangular(heavy(a), b, upper=False),
            "linalg.solve_upper": lambda a, b: torch.linalg.solve_triangular(heavy(a), b, upper=True), "linalg.cholesky": lambda a: torch.linalg.cholesky(spd(a)),
            "linalg.solve_spd": lambda a, b: torch.cholesky_solve(b, torch.linalg.cholesky(spd(a))),
            "reduce.segment_sum": segments(0.0, "sum"), "reduce.segment_max": segments(-float("inf"), "amax"), "reduce.segment_min": segments(float("inf"), "amin"),
            "reduce.segment_mean": lambda x, i: segments(0.0, "sum")(x, i) / torch.bincount(i[(i >= 0) & (i < 5)], minlength=5)[:, None], "reduce.segment_count": lambda i: torch.bincount(i[(i >= 0) & (i < 5)], minlength=5).int(),
            "reduce.logsumexp": lambda x: torch.logsumexp(x, 1), "reduce.count": lambda x: x.sum(1).int(),
            "reduce.one_hot": lambda i: (i[:, None] == torch.arange(5)).int(), "reduce.exclusive_sum": lambda x: torch.cumsum(x, 1) - x}
    return same | more


def sizes(row, parameters):
    import re

    names = {name for _, _, shape in parameters for part in shape for name in re.findall(r"[A-Z]\w*", part)}
    dims = OWN.get(row.function) or next((dims for wanted, dims in SIZES if wanted == names), None) or next((dims for wanted, dims in SIZES if names <= wanted), None)
    if dims is None:
        sys.exit(f"std.py: no sizes for {row.function} with dimensions {', '.join(sorted(names))}: add them to SIZES or OWN")
    return dims


def ratio(one):
    return one["seconds"]["PyTorch"] / one["seconds"]["Flex"]


def page(done, machine, command):
    """The figures as Markdown: the slowest beside PyTorch with reasons, then all."""
    with_peer = sorted((one for one in done if "PyTorch" in one["seconds"]), key=ratio)
    milli = lambda value: f"{value * 1e3:.3f}"  # noqa: E731
    size = lambda one: ", ".join(f"{name}={value}" for name, value in one["dims"].items())  # noqa: E731
    faster = sum(ratio(one) >= 1 for one in with_peer)
    lines = ["# The standard library beside PyTorch, one core", "",
             f"`{command}`: f32, milliseconds, best of many in one process; open shapes (compiled once for all sizes). "
             + ", ".join(f"{key} {value}" for key, value in machine.items()) + ".", "",
             f"{len(done)} functions, {len(with_peer)} of which PyTorch has: {faster} are at least as fast here; geometric mean of the ratios "
             f"{math.exp(sum(math.log(ratio(one)) for one in with_peer) / max(len(with_peer), 1)):.2f}.", "",
             "## The ten slowest", "", "| function | PyTorch / Flex | why |", "|---|---|---|"]
    lines += [f"| {one['function']} | {ratio(one):.2f} | {WHY.get(one['function'], '')} |" for one in with_peer[:10]]
    lines += ["", "## All", "", "| function | size | Flex | PyTorch | PyTorch / Flex |", "|---|---|---|---|---|"]
    for one in done:
        theirs = one["seconds"].get("PyTorch")
        lines.append(f"| {one['function']} | {size(one)} | {milli(one['seconds']['Flex'])} | {milli(theirs) if theirs else ''} | {f'{ratio(one):.2f}' if theirs else ''} |")
    return "\n".join(lines) + "\n"


def time_row(row, context, call, seconds, small):
    import numpy as np
    from harness import timing
    from sweep_worker import draw, parameters

    source = row.source(row.dtypes[0])
    signature = list(parameters(source, "k"))
    dims = {name: min(value, 8) for name, value in sizes(row, signature).items()} if small else sizes(row, signature)
    if small and row.function == "nn.conv2d_grouped":
        dims["D"] = dims["C"] // 2
    rng = np.random.default_rng(1)
    arrays = []
    for name, dtype, shape in signature:
        extents = tuple(int(eval(part.replace("/", "//"), {}, dims)) for part in shape)
        array = draw(rng, dtype, extents, row.values.get(name, row.values.get("*", "normal"))).array
        arrays.append(array.astype(bool) if dtype == "bool" else array)
    kernel = context.loads(source).kernel("k")
    results = kernel(*arrays)
    results = results if isinstance(results, tuple) else (results,)
    kernels, outs = [kernel.tensor(np.asarray(a)) for a in arrays], [kernel.tensor(r) for r in results]
    contenders = {"Flex": lambda: kernel.launch(kernels, outs, "host")}
    error = None
    if call:
        import torch

        tensors = [torch.from_numpy(np.asarray(a)) for a in arrays]
        theirs = call(*tensors)
        theirs = theirs if isinstance(theirs, (tuple, list)) else (theirs,)
        error = max(float(np.abs(np.nan_to_num(a) - np.nan_to_num(b.numpy())).max(initial=0) / max(np.abs(np.nan_to_num(a)).max(initial=0), 1e-30)) for a, b in zip(results, theirs))
        contenders["PyTorch"] = lambda: call(*tensors)
    timed = timing.measure(contenders, seconds)
    return {"function": row.function, "dims": dims, "seconds": {name: one.best for name, one in timed.items()}, "difference": error}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("filter", nargs="?", default="", help="only functions whose name contains this")
    parser.add_argument("--seconds", type=float, default=0.5, help="time for a function (default 0.5)")
    parser.add_argument("--core", type=int, default=min(os.sched_getaffinity(0)), help="the core to run on")
    parser.add_argument("--small", action="store_true", help="tiny sizes: only to see that everything runs")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--markdown", type=Path, help="write them as a page here")
    args = parser.parse_args()
    from harness import machine, pin

    pin({args.core})
    import flex
    from std_rows import ROWS

    try:
        import torch

        torch.set_num_threads(1)
        calls = peers(torch)
    except ImportError:
        calls = {}
        print("PyTorch is not installed: there is no peer")
    context = flex.Context(device="host", threads=1, library=Path(os.environ["FLEX_BUILD_DIR"]) / "lib" / "libflexrt.so", import_paths=[ROOT / "std"])
    done = []
    print(f"{'function':<26}{'Flex':>12}{'PyTorch':>12}  PyTorch / Flex")
    for row in ROWS:
        if args.filter not in row.function:
            continue
        try:
            one = time_row(row, context, calls.get(row.function), args.seconds, args.small)
        except flex.FlexError as error:
            print(f"{row.function:<26}{'error: ' + str(error).splitlines()[0]}", flush=True)
            continue
        done.append(one)
        ours, theirs = one["seconds"]["Flex"], one["seconds"].get("PyTorch")
        right = "" if theirs is None else f"{theirs / ours:9.2f}" + ("" if one["difference"] < 1e-3 else f"  differs by {one['difference']:.1e}")
        print(f"{row.function:<26}{ours * 1e3:>9.3f} ms{f'{theirs * 1e3:>9.3f} ms' if theirs else '          no'}  {right}", flush=True)
    with_peer = sorted((one for one in done if "PyTorch" in one["seconds"]), key=ratio)
    print("slowest beside PyTorch: " + ", ".join(f"{one['function']} {ratio(one):.2f}" for one in with_peer[:10]))
    described = machine.short()
    if args.json:
        args.json.write_text(json.dumps({"machine": described, "rows": done}, indent=1) + "\n")
    if args.markdown:
        args.markdown.write_text(page(done, described, "benchmarks/std.py"))


if __name__ == "__main__":
    main()
