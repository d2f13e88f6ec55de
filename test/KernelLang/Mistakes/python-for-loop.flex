kernel total(x: f32[N]) -> f32 {
  var s = 0.0
  for i in range(N):
    s = s + x[i]
  return s
}
