// The basic block of ResNet (He et al. 2016), for inference: two 3x3 convolutions, their batch normalisation folded into
// weights and bias, and the input added before the last relu.

import nn

fn conv3x3(x: float[N, H, W, C], f: float[3, 3, C, K], bias: float[K]) -> float[N, H, W, K] {
  let p = zero(x)
  return [n, h, w, k] (sum(r, s, c) p[n, h + r - 1, w + s - 1, c] * f[r, s, c, k]) + bias[k]
}

/// Images channels last; filters [row, column, in, out].
kernel resnet_block(x: f32[N, H, W, C], f1: f32[3, 3, C, C], b1: f32[C], f2: f32[3, 3, C, C], b2: f32[C]) -> f32[N, H, W, C] {
  let h = nn.relu(conv3x3(x, f1, b1))
  return nn.relu(conv3x3(h, f2, b2) + x)
}
