// A dense layer with weights of 4 bits, two a byte, and one scale for each group of rows and column: what runs large language
// models on small machines. The weights are widened on the way into the product; in memory they stay packed.

import nn

/// `packed[r, n]` has row 2 r in its low half and row 2 r + 1 in its high half.
kernel int4_dense(x: f32[B, K], packed: u8[R, N], scale: f32[G, N], bias: f32[N]) -> f32[B, N]
    where K == 2 * R, K % G == 0, K >= 1, G >= 1 {
  let w[k in 0..K-1, n] = i4(clamp(packed)[k/2, n] >> (4 * (k % 2)))
  return nn.dense_int4(x, w, scale, bias)
}
