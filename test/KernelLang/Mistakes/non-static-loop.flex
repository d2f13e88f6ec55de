kernel power(x: f32[N], n: i32) -> f32[N] {
  var y = x
  for i in 1..n { y = y * x }
  return y
}
