import nn

kernel p(x: f32[M, N]) -> f32[M] {
  return sum(x, dim = 1)
}
