kernel total(x: f32[N]) -> f32[N] {
  return sum(x)
}
