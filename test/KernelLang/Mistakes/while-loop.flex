kernel total(x: f32[N]) -> f32 {
  let i = 0
  while i < N { i = i + 1 }
  return sum(x)
}
