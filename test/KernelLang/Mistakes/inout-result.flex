kernel step(p: inout f32[N]) -> f32[N] {
  p = p + 1
}
