kernel k(x: f32[N]) -> f32[N] {
  return if x > 1 { 1 } elif x < 0 { 0 } else { x }
}
