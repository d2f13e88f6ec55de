kernel total(x: f32[N]) -> f32 {
  let s = 0
  for i in 0..N-1 { s = s + x[i] }
  return s
}
