kernel relu(x: f32[N]) -> f32[N] {
  return x > 0 ? x : 0
}
