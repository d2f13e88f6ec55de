kernel k(x: f32[N]) -> f32[N] {
  lett y = x
  return y
}
