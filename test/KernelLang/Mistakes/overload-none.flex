fn norm(x: f32[N]) -> f32 { sqrt(sum(i) x[i] ** 2) }
fn norm(x: f32[M, N]) -> f32 { sqrt(sum(i, j) x[i, j] ** 2) }

kernel k(x: f64[N]) -> f64 {
  return norm(x)
}
