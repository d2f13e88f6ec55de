// A dense layer in i8: activations quantized row by row as they come, weights quantized beforehand per column; sums in i32.

import nn

/// relu(x @ (q * scale) + bias), with x quantized on the fly.
kernel int8_dense(x: f32[B, K], q: i8[K, N], scale: f32[N], bias: f32[N]) -> f32[B, N] {
  let xq, xs = nn.quantize_rows(x)
  return nn.relu(nn.dense_int8(xq, q, xs, scale, bias))
}
