kernel attention(q: f32[S, D], k: f32[T, D], v: f32[T, D]) -> f32[S, D] {
  let scores[s, t] = (sum(d) q[s, d] * k[t, d]) / sqrt(D)
  let m[s] = max(t) scores[s, t]
  let e[s, t] = exp(scores[s, t] - m[s])
  let p[s, t] = e[s, t] / sum(u) e[s, u]
  return p @ v
}
