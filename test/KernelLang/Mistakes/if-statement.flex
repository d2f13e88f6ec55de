kernel clip(x: f32[N]) -> f32[N] {
  let y = x
  if x > 1 { y = 1 }
  return y
}
