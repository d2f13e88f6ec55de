kernel product(a: f32[M, K], b: f32[K, N]) -> f32[M, N] {
  return einsum("ik,kj->ij", a, b)
}
