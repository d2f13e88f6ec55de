// Attention: heads first [H, S, D], and one step with a cache of keys and values.

import nn

kernel attention(q: f32[H, S, D], k: f32[H, S, D], v: f32[H, S, D]) -> f32[H, S, D] { return nn.attention(q, k, v) }

kernel attention_causal(q: f32[H, S, D], k: f32[H, S, D], v: f32[H, S, D]) -> f32[H, S, D] {
  return nn.attention_causal(q, k, v)
}

/// H heads of queries share G heads of keys and values.
kernel attention_shared(q: f32[G, R, S, D], k: f32[G, T, D], v: f32[G, T, D]) -> f32[G, R, S, D] {
  let scores[g, r, s, t] = (sum(d) q[g, r, s, d] * k[g, t, d]) / sqrt(D)
  let p = nn.softmax(scores)
  return [g, r, s, d] sum(t) p[g, r, s, t] * v[g, t, d]
}

/// One new token: a query for each head against a cache of T keys and values.
kernel decode(q: f32[H, D], k: f32[H, T, D], v: f32[H, T, D]) -> f32[H, D] {
  let scores[h, t] = (sum(d) q[h, d] * k[h, t, d]) / sqrt(D)
  let p = nn.softmax(scores)
  return [h, d] sum(t) p[h, t] * v[h, t, d]
}
