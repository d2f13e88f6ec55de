kernel shift(x: f32[M, N], b: f32[M]) -> f32[M, N] {
  return x + b
}
