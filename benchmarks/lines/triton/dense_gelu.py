import torch
import triton
import triton.language as tl


@triton.jit
def dense_gelu_kernel(x, w, bias, y, m, n, k, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    columns = tl.program_id(1) * BN + tl.arange(0, BN)
    steps = tl.arange(0, BK)
    total = tl.zeros((BM, BN), dtype=tl.float32)
    for start in range(0, k, BK):
        inner = start + steps
        a = tl.load(x + rows[:, None] * k + inner[None, :], mask=(rows[:, None] < m) & (inner[None, :] < k), other=0.0)
        b = tl.load(w + inner[:, None] * n + columns[None, :], mask=(inner[:, None] < k) & (columns[None, :] < n), other=0.0)
        total = tl.dot(a, b, total, input_precision="ieee")
    total += tl.load(bias + columns, mask=columns < n, other=0.0)[None, :]
    total = 0.5 * total * (1 + tl.erf(total * 0.7071067811865476))
    tl.store(y + rows[:, None] * n + columns[None, :], total, mask=(rows[:, None] < m) & (columns[None, :] < n))


def dense_gelu(x, w, bias):
    (m, k), n = x.shape, w.shape[1]
    y = torch.empty((m, n), device=x.device, dtype=x.dtype)
    grid = (triton.cdiv(m, 64), triton.cdiv(n, 64))
    dense_gelu_kernel[grid](x, w, bias, y, m, n, k, BM=64, BN=64, BK=32)
    return y
