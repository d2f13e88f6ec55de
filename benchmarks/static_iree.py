"""The kernels of static.py as linalg on tensors, for IREE's compiler, which needs no GPU: compiled(NAME, SIZES, CHIP, COMPILER, FOLDER).

A row is summed and widened in f32, as in the other columns; what IREE makes of it may be several kernels.
"""

import subprocess
import time


def generic(result, shape, reads, body, rows=False, start=None):
    """One linalg.generic over `shape`: reads are (name, type, indices); `rows`: reduced over the last index."""
    names = [f"i{n}" for n in range(len(shape))]
    indices = lambda at: f"affine_map<({', '.join(names)}) -> ({', '.join(names[n] for n in at)})>"  # noqa: E731
    outer = list(range(len(shape) - 1 if rows else len(shape)))
    kind = tensor([shape[n] for n in outer], result[1])
    yield f"%{result[0]}_e = tensor.empty() : {kind}"
    into = f"%{result[0]}_e"
    if start:
        yield f"%{result[0]}_z = arith.constant {start} : {result[1]}"
        yield f"%{result[0]}_f = linalg.fill ins(%{result[0]}_z : {result[1]}) outs({into} : {kind}) -> {kind}"
        into = f"%{result[0]}_f"
    maps = ", ".join([indices(at) for _, _, at in reads] + [indices(outer)])
    kinds = ", ".join(["\"parallel\""] * len(outer) + ["\"reduction\""] * rows)
    types = [tensor([shape[n] for n in at], element) for _, element, at in reads]
    yield (f"%{result[0]} = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}} ins({', '.join('%' + name for name, _, _ in reads)} : "
           f"{', '.join(types)}) outs({into} : {kind}) {{")
    arguments = ", ".join([f"%x{n}: {element}" for n, (_, element, _) in enumerate(reads)] + [f"%sum: {result[1]}"])
    yield f"^bb0({arguments}):"
    yield from body
    yield f"linalg.yield %r : {result[1]}"
    yield f"}} -> {kind}"


def tensor(shape, element):
    return f"tensor<{''.join(f'{size}x' for size in shape)}{element}>"


GELU = ["%c1 = arith.constant 0.7071067811865476 : f32", "%m = arith.mulf %v, %c1 : f32", "%e = math.erf %m : f32", "%one = arith.constant 1.0 : f32",
        "%p = arith.addf %e, %one : f32", "%h = arith.constant 0.5 : f32", "%q = arith.mulf %v, %h : f32", "%g = arith.mulf %p, %q : f32", "%r = arith.truncf %g : f32 to f16"]


def vadd(N):
    yield from generic(("out", "f16"), [N], [("x", "f16", [0]), ("y", "f16", [0])], ["%r = arith.addf %x0, %x1 : f16"])


def gelu(N):
    yield from generic(("out", "f16"), [N], [("x", "f16", [0])], ["%v = arith.extf %x0 : f16 to f32", *GELU])


def softmax(M, N):
    wide = tensor([M, N], "f32")
    yield from generic(("w", "f32"), [M, N], [("x", "f16", [0, 1])], ["%r = arith.extf %x0 : f16 to f32"])
    yield f"%s_e = tensor.empty() : {wide}"
    yield f"%s = linalg.softmax dimension(1) ins(%w : {wide}) outs(%s_e : {wide}) -> {wide}"
    yield from generic(("out", "f16"), [M, N], [("s", "f32", [0, 1])], ["%r = arith.truncf %x0 : f32 to f16"])


def layer_norm(M, N):
    mean = lambda result: [f"%n = arith.constant {N}.0 : f32", f"%{result} = arith.divf %x0, %n : f32"]  # noqa: E731
    yield from generic(("t", "f32"), [M, N], [("x", "f16", [0, 1])], ["%v = arith.extf %x0 : f16 to f32", "%r = arith.addf %v, %sum : f32"], rows=True, start="0.0")
    yield from generic(("mu", "f32"), [M], [("t", "f32", [0])], mean("r"))
    yield from generic(("u", "f32"), [M, N], [("x", "f16", [0, 1]), ("mu", "f32", [0])],
                       ["%v = arith.extf %x0 : f16 to f32", "%d = arith.subf %v, %x1 : f32", "%q = arith.mulf %d, %d : f32", "%r = arith.addf %q, %sum : f32"], rows=True, start="0.0")
    yield from generic(("sc", "f32"), [M], [("u", "f32", [0])], [*mean("d"), "%eps = arith.constant 1.0e-05 : f32", "%p = arith.addf %d, %eps : f32", "%r = math.rsqrt %p : f32"])
    yield from generic(("out", "f16"), [M, N], [("x", "f16", [0, 1]), ("mu", "f32", [0]), ("sc", "f32", [0]), ("g", "f16", [1]), ("b", "f16", [1])],
                       ["%v = arith.extf %x0 : f16 to f32", "%d = arith.subf %v, %x1 : f32", "%n = arith.mulf %d, %x2 : f32", "%gw = arith.extf %x3 : f16 to f32",
                        "%bw = arith.extf %x4 : f16 to f32", "%q = arith.mulf %n, %gw : f32", "%p = arith.addf %q, %bw : f32", "%r = arith.truncf %p : f32 to f16"])


def transpose(M, N):
    yield f"%e = tensor.empty() : {tensor([N, M], 'f16')}"
    yield f"%out = linalg.transpose ins(%x : {tensor([M, N], 'f16')}) outs(%e : {tensor([N, M], 'f16')}) permutation = [1, 0]"


def product(M, N, K):
    kind = tensor([M, N], "f32")
    yield f"%ab_e = tensor.empty() : {kind}"
    yield "%z = arith.constant 0.0 : f32"
    yield f"%f = linalg.fill ins(%z : f32) outs(%ab_e : {kind}) -> {kind}"
    yield f"%ab = linalg.matmul ins(%a, %b : {tensor([M, K], 'f16')}, {tensor([K, N], 'f16')}) outs(%f : {kind}) -> {kind}"


def gemm(M, N, K):
    yield from product(M, N, K)
    yield from generic(("out", "f16"), [M, N], [("ab", "f32", [0, 1])], ["%r = arith.truncf %x0 : f32 to f16"])


def gemm_gelu(M, N, K):
    yield from product(M, N, K)
    yield from generic(("out", "f16"), [M, N], [("ab", "f32", [0, 1]), ("c", "f16", [1])], ["%cw = arith.extf %x1 : f16 to f32", "%v = arith.addf %x0, %cw : f32", *GELU])


# name -> body, parameters, result
KERNELS = {
    "vadd": (vadd, {"x": "N", "y": "N"}, "N"),
    "gelu": (gelu, {"x": "N"}, "N"),
    "softmax": (softmax, {"x": "MN"}, "MN"),
    "layer_norm": (layer_norm, {"x": "MN", "g": "N", "b": "N"}, "MN"),
    "transpose": (transpose, {"x": "MN"}, "NM"),
    "gemm": (gemm, {"a": "MK", "b": "KN"}, "MN"),
    "gemm_gelu": (gemm_gelu, {"a": "MK", "b": "KN", "c": "N"}, "MN"),
}


def module(name, sizes):
    body, parameters, result = KERNELS[name]
    kind = lambda dims: tensor([sizes[dim] for dim in dims], "f16")  # noqa: E731
    lines = [f"func.func @k({', '.join(f'%{one}: {kind(dims)}' for one, dims in parameters.items())}) -> {kind(result)} {{", *body(**sizes), f"return %out : {kind(result)}", "}"]
    return "\n".join(lines) + "\n"


def compiled(name, sizes, chip, compiler, folder):
    """The assembly of each kernel that IREE makes, and the seconds its process took."""
    if name not in KERNELS:
        raise RuntimeError("not written for IREE")
    (folder / "k.mlir").write_text(module(name, sizes))
    nvidia = chip.startswith("sm_")
    target = ["--iree-hal-target-device=cuda", f"--iree-cuda-target={chip.removesuffix('a')}"] if nvidia else ["--iree-hal-target-device=hip", f"--iree-rocm-target={chip}"]
    begin = time.perf_counter()
    done = subprocess.run([compiler, folder / "k.mlir", *target, f"--iree-hal-dump-executable-intermediates-to={folder}",
                           f"--iree-hal-dump-executable-binaries-to={folder}", "-o", "/dev/null"], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
        raise RuntimeError(f"iree-compile: {errors[0].split('error: ')[-1][:100]}")
    files = sorted(folder.glob("*.ptx" if nvidia else "*.rocmasm"))
    if not files:
        raise RuntimeError("iree-compile left no assembly")
    return [file.read_text() for file in files], seconds
