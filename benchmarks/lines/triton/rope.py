import torch
import triton
import triton.language as tl


@triton.jit
def rope_kernel(x, positions, y, heads, half, BLOCK: tl.constexpr):
    s = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    inside = i < half
    angle = tl.load(positions + s).to(tl.float32) * tl.exp2(-13.287712379549449 * i / half)
    c = tl.cos(angle)
    w = tl.sin(angle)
    for h in range(heads):
        first = (s * heads + h) * 2 * half + i
        a = tl.load(x + first, mask=inside)
        b = tl.load(x + first + half, mask=inside)
        tl.store(y + first, a * c - b * w, mask=inside)
        tl.store(y + first + half, b * c + a * w, mask=inside)


def rope(x, positions):
    y = torch.empty_like(x)
    s, h, d = x.shape
    rope_kernel[(s,)](x, positions, y, h, d // 2, BLOCK=triton.next_power_of_2(d // 2))
    return y
