kernel root(x: f32[N]) -> f32[N] where x >= 0 {
  return sqrt(x)
}
