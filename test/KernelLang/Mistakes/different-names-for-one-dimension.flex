kernel add(x: f32[M], y: f32[N]) -> f32[M] {
  return x + y
}
