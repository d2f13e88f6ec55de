// Convolutions of a ResNet; images and filters channels last, or first as PyTorch and ONNX have them.

import nn

kernel conv3x3(x: f32[B, H, W, C], f: f32[3, 3, C, K]) -> f32[B, H, W, K] where H >= 1, W >= 1 {
  return nn.conv2d(x, f, padding = 1)
}

kernel conv1x1(x: f32[B, H, W, C], f: f32[1, 1, C, K]) -> f32[B, H, W, K] where H >= 1, W >= 1 {
  return nn.conv2d(x, f)
}

/// The first layer: a large filter, every second pixel.
kernel conv7x7(x: f32[B, H, W, C], f: f32[7, 7, C, K]) -> f32[B, (H-1)/2 + 1, (W-1)/2 + 1, K] where H >= 1, W >= 1 {
  return nn.conv2d(x, f, stride = 2, padding = 3)
}

/// Each channel by a filter of its own.
kernel depthwise(x: f32[B, H, W, C], f: f32[3, 3, C]) -> f32[B, H, W, C] {
  let p = zero(x)
  return [b, h, w, c] sum(r, s) p[b, h+r-1, w+s-1, c] * f[r, s, c]
}

kernel conv3x3_first(x: f32[B, C, H, W], f: f32[K, C, 3, 3]) -> f32[B, K, H, W] {
  let p = zero(x)
  return [b, k, h, w] sum(c, r, s) p[b, c, h+r-1, w+s-1] * f[k, c, r, s]
}

kernel conv1x1_first(x: f32[B, C, H, W], f: f32[K, C, 1, 1]) -> f32[B, K, H, W] {
  return [b, k, h, w] sum(c) x[b, c, h, w] * f[k, c, 0, 0]
}

kernel conv7x7_first(x: f32[B, C, H, W], f: f32[K, C, 7, 7]) -> f32[B, K, (H-1)/2 + 1, (W-1)/2 + 1]
    where H >= 1, W >= 1 {
  let p = zero(x)
  return [b, k, h, w] sum(c, r, s) p[b, c, 2*h+r-3, 2*w+s-3] * f[k, c, r, s]
}

kernel depthwise_first(x: f32[B, C, H, W], f: f32[C, 1, 3, 3]) -> f32[B, C, H, W] {
  let p = zero(x)
  return [b, c, h, w] sum(r, s) p[b, c, h+r-1, w+s-1] * f[c, 0, r, s]
}
