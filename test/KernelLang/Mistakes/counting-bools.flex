kernel positive(x: f32[N]) -> i32 {
  return sum(x > 0)
}
