kernel inside(x: f32[N]) -> bool[N] {
  return x > 0 and x < 1
}
