import torch
import triton
import triton.language as tl


@triton.jit
def layer_norm_kernel(x, gain, bias, y, n, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    columns = tl.arange(0, BLOCK)
    inside = columns < n
    values = tl.load(x + row * n + columns, mask=inside, other=0.0)
    mu = tl.sum(values, axis=0) / n
    centered = tl.where(inside, values - mu, 0.0)
    variance = tl.sum(centered * centered, axis=0) / n
    g = tl.load(gain + columns, mask=inside)
    b = tl.load(bias + columns, mask=inside)
    tl.store(y + row * n + columns, centered * tl.rsqrt(variance + 1e-5) * g + b, mask=inside)


def layer_norm(x, gain, bias):
    y = torch.empty_like(x)
    m, n = x.shape
    layer_norm_kernel[(m,)](x, gain, bias, y, n, BLOCK=triton.next_power_of_2(n))
    return y
