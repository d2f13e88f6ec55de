fn factorial(n: f32) -> f32 { if n < 1 { 1 } else { n * factorial(n - 1) } }

kernel k(x: f32[N]) -> f32[N] {
  return factorial(x)
}
