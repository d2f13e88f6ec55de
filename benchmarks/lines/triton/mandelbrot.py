import torch
import triton
import triton.language as tl


@triton.jit
def mandelbrot_kernel(re, im, counts, w, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    cx = tl.load(re + column, mask=column < w, other=0.0)
    cy = tl.load(im + row)
    x = cx
    y = tl.zeros_like(cx) + cy
    count = tl.zeros((BLOCK,), dtype=tl.int32)
    for _ in range(64):
        xx = x * x
        yy = y * y
        count += (xx + yy <= 4).to(tl.int32)
        y = 2 * x * y + cy
        x = xx - yy + cx
    tl.store(counts + row * w + column, count, mask=column < w)


def mandelbrot(re, im):
    h, w = im.numel(), re.numel()
    counts = torch.empty((h, w), device=re.device, dtype=torch.int32)
    mandelbrot_kernel[(h, triton.cdiv(w, 256))](re, im, counts, w, BLOCK=256)
    return counts
