fn dense(x: f32[B, K], w: f32[K, N]) -> f32[B, N] { x @ w }

kernel layers(x: f32[L, B, K], w: f32[K, N]) -> f32[L, B, N] {
  return dense(x, w)
}
