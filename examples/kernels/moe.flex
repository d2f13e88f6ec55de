// A mixture of experts (Shazeer et al. 2017): each token goes to the two experts that its router scores highest, and their results are
// added with the weights of a softmax over the two.

import nn

/// Tokens x, the router's weights, and for each of E experts the two layers of its network.
kernel moe(x: f32[B, D], router: f32[D, E], w1: f32[E, D, F], w2: f32[E, F, D]) -> f32[B, D] where E >= 2 {
  let score, expert = top_k(x @ router, 2)
  let weight = nn.softmax(score)
  let h[b, k, f] = nn.silu(sum(d) x[b, d] * w1[expert[b, k], d, f])
  return [b, d] sum(k, f) weight[b, k] * h[b, k, f] * w2[expert[b, k], f, d]
}
