kernel dense(x: f32[B, K], w: f32[N, K]) -> f32[B, N] {
  return x @ w
}
