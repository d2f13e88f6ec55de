kernel k(x: f32[N]) -> f32[N] {
  let y = z + 1
  let z = 2 * x
  return y
}
