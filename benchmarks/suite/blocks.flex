// Whole blocks of networks.

import nn

/// An encoder's layer with heads of 64: attention and a feed-forward network, each after a normalisation and beside a shortcut.
kernel transformer(
  x: f32[S, M], gain1: f32[M], bias1: f32[M], wq: f32[M, M], wk: f32[M, M], wv: f32[M, M], wo: f32[M, M],
  gain2: f32[M], bias2: f32[M], up: f32[M, F], down: f32[F, M]
) -> f32[S, M]
    where M % 64 == 0 {
  let n = nn.layer_norm(x, gain1, bias1)
  let q = transpose(reshape(n @ wq, S, M / 64, 64), 1, 0, 2)
  let k = transpose(reshape(n @ wk, S, M / 64, 64), 1, 0, 2)
  let v = transpose(reshape(n @ wv, S, M / 64, 64), 1, 0, 2)
  let a = reshape(transpose(nn.attention(q, k, v), 1, 0, 2), S, M)
  let y = x + a @ wo
  return y + nn.gelu(nn.layer_norm(y, gain2, bias2) @ up) @ down
}

/// The basic block of ResNet, its batch normalisation folded into weights and bias.
kernel resnet(x: f32[B, H, W, C], f1: f32[3, 3, C, C], b1: f32[C], f2: f32[3, 3, C, C], b2: f32[C]) -> f32[B, H, W, C]
    where H >= 1, W >= 1 {
  let h = nn.relu(nn.conv2d(x, f1, padding = 1) + b1)
  return nn.relu(nn.conv2d(h, f2, padding = 1) + b2 + x)
}
