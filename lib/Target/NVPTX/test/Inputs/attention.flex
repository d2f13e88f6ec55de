import nn

kernel heads(q: f16[H, S, D], k: f16[H, T, D], v: f16[H, T, D]) -> f16[H, S, D] { return nn.attention(q, k, v) }
kernel brain(q: bf16[H, S, D], k: bf16[H, T, D], v: bf16[H, T, D]) -> bf16[H, S, D] { return nn.attention(q, k, v) }
