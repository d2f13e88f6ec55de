// A block of Llama: RMSNorm, rotary positions, grouped-query attention with a cache, and the SwiGLU feed-forward network.

import nn

/// S new tokens after `start` in the cache. Query weights per head [M, H, D], key and value weights for G <= H groups. Gives
/// the block's result and the cache with the new keys and values.
kernel llama_block(
  x: f32[S, M],
  start: i64,
  keys: f32[C, G, D],
  values: f32[C, G, D],
  norm1: f32[M],
  wq: f32[M, H, D],
  wk: f32[M, G, D],
  wv: f32[M, G, D],
  wo: f32[H, D, M],
  norm2: f32[M],
  gate: f32[M, F],
  up: f32[M, F],
  down: f32[F, M]
) -> (f32[S, M], f32[C, G, D], f32[C, G, D])
    where H % G == 0, G >= 1, H >= 1, D % 2 == 0, D >= 2, S >= 1 {
  let n = nn.rms_norm(x, norm1, 1e-5)
  let position[s in 0..S-1] = i32(start) + i32(s)
  let q[s, h, d] = sum(m) n[s, m] * wq[m, h, d]
  let k[s, g, d] = sum(m) n[s, m] * wk[m, g, d]
  let v[s, g, d] = sum(m) n[s, m] * wv[m, g, d]
  let new_keys = nn.cache_update(keys, nn.rope(k, position), start)
  let new_values = nn.cache_update(values, v, start)
  let a = nn.attention_gqa(nn.rope(q, position), new_keys, new_values, start)
  let y[s, m] = x[s, m] + sum(h, d) a[s, h, d] * wo[h, d, m]
  let f = nn.rms_norm(y, norm2, 1e-5)
  return y + nn.swiglu(f @ gate, f @ up) @ down, new_keys, new_values
}
