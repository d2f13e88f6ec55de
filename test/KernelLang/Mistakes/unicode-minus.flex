kernel negative(x: f32[N]) -> f32[N] {
  return 1 − x
}
