kernel mask(x: f32[N]) -> f32[N] {
  return if x { 1.0 } else { 0.0 }
}
