import torch
import triton
import triton.language as tl


@triton.jit
def attention_kernel(q, k, v, y, s, t, scale, D: tl.constexpr, BS: tl.constexpr, BT: tl.constexpr):
    rows = tl.program_id(0) * BS + tl.arange(0, BS)
    d = tl.arange(0, D)
    queries = tl.load(q + rows[:, None] * D + d[None, :], mask=rows[:, None] < s, other=0.0)
    top = tl.full((BS,), -float("inf"), dtype=tl.float32)
    weight = tl.zeros((BS,), dtype=tl.float32)
    total = tl.zeros((BS, D), dtype=tl.float32)
    for start in range(0, t, BT):
        keys = start + tl.arange(0, BT)
        kt = tl.load(k + keys[None, :] * D + d[:, None], mask=keys[None, :] < t, other=0.0)
        scores = tl.dot(queries, kt, input_precision="ieee") * scale
        scores = tl.where(keys[None, :] < t, scores, -float("inf"))
        new_top = tl.maximum(top, tl.max(scores, axis=1))
        p = tl.exp(scores - new_top[:, None])
        shrink = tl.exp(top - new_top)
        weight = weight * shrink + tl.sum(p, axis=1)
        vt = tl.load(v + keys[:, None] * D + d[None, :], mask=keys[:, None] < t, other=0.0)
        total = tl.dot(p, vt, total * shrink[:, None], input_precision="ieee")
        top = new_top
    tl.store(y + rows[:, None] * D + d[None, :], total / weight[:, None], mask=rows[:, None] < s)


def attention(q, k, v):
    y = torch.empty_like(q)
    s, d = q.shape
    attention_kernel[(triton.cdiv(s, 64),)](q, k, v, y, s, k.shape[0], d**-0.5, D=d, BS=64, BT=64)
    return y
