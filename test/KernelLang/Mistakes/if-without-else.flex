kernel relu(x: f32[N]) -> f32[N] {
  return if x > 0 { x }
}
