kernel k(x: f32[N]) -> f32[N] {
  var y = x
  for i in 0..<3 {
    y = y + 1
  }
  return y
}
