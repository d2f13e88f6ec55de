kernel total(x: f32[N]) -> f32[N] {
  var y = x
  y = y > 0
  return y
}
