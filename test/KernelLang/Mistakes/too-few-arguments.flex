fn dense(x: f32[B, K], w: f32[K, N], bias: f32[N]) -> f32[B, N] { x @ w + bias }

kernel k(x: f32[B, K], w: f32[K, N]) -> f32[B, N] {
  return dense(x, w)
}
