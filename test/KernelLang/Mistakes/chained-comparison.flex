kernel inside(x: f32[N]) -> bool[N] {
  return 0 < x < 1
}
