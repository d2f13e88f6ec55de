// The basic block of ResNet (He et al. 2016), for inference: two 3x3 convolutions, their batch normalisation folded into
// weights and bias, and the input added before the last relu.

import nn

/// Images channels last; filters [row, column, in, out].
kernel resnet_block(
  x: f32[N, H, W, C], f1: f32[3, 3, C, C], b1: f32[C], f2: f32[3, 3, C, C], b2: f32[C]
) -> f32[N, H, W, C] {
  let h = nn.relu(nn.conv2d(x, f1, padding = 1) + b1)
  return nn.relu(nn.conv2d(h, f2, padding = 1) + b2 + x)
}
