kernel relu(x: f32[N]) -> f32[N] {
  return x if x > 0 else 0
}
