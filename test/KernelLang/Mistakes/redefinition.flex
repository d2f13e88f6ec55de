kernel k(x: f32[N]) -> f32[N] {
  let x = x + 1
  return x
}
