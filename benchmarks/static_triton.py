"""Compiles one of static.py's kernels with Triton, for a chip that need not be here: static_triton.py NAME CHIP FILE.

Writes PTX or AMD assembly to FILE and prints a line of JSON. Runs in build/static's Python, which has Triton.
"""

import json
import sys
import time

import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource


@triton.jit
def vadd(x, y, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(x + at, at < n) + tl.load(y + at, at < n), at < n)


@triton.jit
def gelu(x, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + at, at < n).to(tl.float32)
    tl.store(out + at, (0.5 * v * (1 + tl.erf(v * 0.7071067811865476))).to(tl.float16), at < n)


@triton.jit
def softmax(x, out, n, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    row = tl.program_id(0) * n
    v = tl.load(x + row + at, at < n, other=-float("inf")).to(tl.float32)
    e = tl.exp(v - tl.max(v, 0))
    tl.store(out + row + at, (e / tl.sum(e, 0)).to(tl.float16), at < n)


@triton.jit
def layer_norm(x, g, b, out, n, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    row = tl.program_id(0) * n
    v = tl.load(x + row + at, at < n, other=0).to(tl.float32)
    mean = tl.sum(v, 0) / n
    d = tl.where(at < n, v - mean, 0)
    scale = 1 / tl.sqrt(tl.sum(d * d, 0) / n + 1e-5)
    tl.store(out + row + at, (d * scale * tl.load(g + at, at < n).to(tl.float32) + tl.load(b + at, at < n).to(tl.float32)).to(tl.float16), at < n)


@triton.jit
def transpose(x, out, m, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    j = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = (i[:, None] < m) & (j[None, :] < n)
    v = tl.load(x + i[:, None] * n + j[None, :], inside)
    tl.store(out + j[:, None] * m + i[None, :], tl.trans(v), (j[:, None] < n) & (i[None, :] < m))


@triton.jit
def product(a, b, m, n, k, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, GROUP: tl.constexpr, BOXES: tl.constexpr):
    pid = tl.program_id(0)
    down, across = tl.cdiv(m, M), tl.cdiv(n, N)
    group = pid // (GROUP * across)
    height = min(down - group * GROUP, GROUP)
    row = group * GROUP + (pid % (GROUP * across)) % height
    column = (pid % (GROUP * across)) // height
    acc = tl.zeros((M, N), tl.float32)
    if BOXES:  # a and b are tensor descriptors
        for step in range(0, tl.cdiv(k, K)):
            acc = tl.dot(a.load([row * M, step * K]), b.load([step * K, column * N]), acc)
    else:
        i, j, s = (row * M + tl.arange(0, M)) % m, (column * N + tl.arange(0, N)) % n, tl.arange(0, K)
        pa, pb = a + i[:, None] * k + s[None, :], b + s[:, None] * n + j[None, :]
        for step in range(0, tl.cdiv(k, K)):
            acc = tl.dot(tl.load(pa, s[None, :] < k - step * K, other=0), tl.load(pb, s[:, None] < k - step * K, other=0), acc)
            pa += K
            pb += K * n
    return acc, row * M + tl.arange(0, M), column * N + tl.arange(0, N)


@triton.jit
def gemm(a, b, out, m, n, k, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, GROUP: tl.constexpr, BOXES: tl.constexpr):
    acc, i, j = product(a, b, m, n, k, M, N, K, GROUP, BOXES)
    tl.store(out + i[:, None] * n + j[None, :], acc.to(tl.float16), (i[:, None] < m) & (j[None, :] < n))


@triton.jit
def gemm_gelu(a, b, c, out, m, n, k, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, GROUP: tl.constexpr, BOXES: tl.constexpr):
    acc, i, j = product(a, b, m, n, k, M, N, K, GROUP, BOXES)
    v = acc + tl.load(c + j, j < n).to(tl.float32)[None, :]
    v = 0.5 * v * (1 + tl.erf(v * 0.7071067811865476))
    tl.store(out + i[:, None] * n + j[None, :], v.to(tl.float16), (i[:, None] < m) & (j[None, :] < n))


@triton.jit
def attention(q, k, v, out, n, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
    head = tl.program_id(1).to(tl.int64) * n * K
    i, j, d = tl.program_id(0) * M + tl.arange(0, M), tl.arange(0, N), tl.arange(0, K)
    queries = tl.load(q + head + i[:, None] * K + d[None, :])
    pk, pv = k + head + j[None, :] * K + d[:, None], v + head + j[:, None] * K + d[None, :]
    best, total, acc = tl.full((M,), -float("inf"), tl.float32), tl.zeros((M,), tl.float32), tl.zeros((M, K), tl.float32)
    scale = 1.4426950408889634 / K**0.5
    for _ in range(0, n, N):
        scores = tl.dot(queries, tl.load(pk))
        new = tl.maximum(best, tl.max(scores, 1) * scale)
        weights = tl.exp2(scores * scale - new[:, None])
        rescale = tl.exp2(best - new)
        total = total * rescale + tl.sum(weights, 1)
        acc = tl.dot(weights.to(tl.float16), tl.load(pv), acc * rescale[:, None])
        best = new
        pk += N * K
        pv += N * K
    tl.store(out + head + i[:, None] * K + d[None, :], (acc / total[:, None]).to(tl.float16))


TILE = {"M": 128, "N": 128, "K": 32, "GROUP": 8, "BOXES": False}
# name -> function, constants, warps, stages
RECORDS = {
    "vadd": (vadd, {"BLOCK": 1024}, 4, 1),
    "gelu": (gelu, {"BLOCK": 1024}, 4, 1),
    "softmax": (softmax, {"BLOCK": 1024}, 4, 1),
    "layer_norm": (layer_norm, {"BLOCK": 4096}, 8, 1),
    "transpose": (transpose, {"BLOCK": 64}, 4, 1),
    "gemm": (gemm, TILE, 4, 3),
    "gemm_gelu": (gemm_gelu, TILE, 4, 3),
    "attention": (attention, {"M": 128, "N": 64, "K": 64}, 4, 3),
}


# Of waves of 64: as many threads of a row as Flex has there, so that a thread has as much of it.
WIDE_WARPS = {"softmax": 1, "layer_norm": 4}


def main():
    name, chip, path = sys.argv[1:]
    function, constants, warps, stages = RECORDS[name]
    nvidia = chip.startswith("sm_")
    target = GPUTarget("cuda", int("".join(c for c in chip[3:] if c.isdigit())), 32) if nvidia else GPUTarget("hip", chip, 64 if chip.startswith("gfx9") else 32)
    sizes = {"m", "n", "k"}
    if chip in ("sm_90a", "sm_100a") and "BOXES" in constants:  # TMA, as Flex has it there
        constants = {**constants, "K": 64, "BOXES": True}
    boxes = {"a": ("M", "K"), "b": ("K", "N")} if constants.get("BOXES") else {}
    signature = {arg: "constexpr" if arg in constants else "i32" if arg in sizes and (arg, name) != ("k", "attention") else "*fp16" for arg in function.arg_names}
    for arg, dims in boxes.items():
        signature[arg] = f"tensordesc<fp16[{constants[dims[0]]}, {constants[dims[1]]}]>"
    # Sizes and pointers are multiples of 16, as in a launch of usual shapes.
    attrs = {(i,): [["tt.divisibility", 16]] for i, arg in enumerate(function.arg_names) if arg not in constants and arg not in boxes}
    source = ASTSource(function, signature, constants, attrs)
    if target.warp_size == 64:
        warps = WIDE_WARPS.get(name, warps)
    begin = time.perf_counter()
    compiled = triton.compile(source, target=target, options={"num_warps": warps, "num_stages": stages if nvidia else 2})
    seconds = time.perf_counter() - begin
    with open(path, "w") as file:
        file.write(compiled.asm["ptx" if nvidia else "amdgcn"])
    tile = f"{constants['M']}x{constants['N']}x{constants['K']} s{stages if nvidia else 2} t{warps * target.warp_size}" if "M" in constants else ""
    answer = {"seconds": seconds, "tile": tile}
    shared = getattr(compiled.metadata, "shared", 0)
    if nvidia:
        answer["shared"] = shared
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
