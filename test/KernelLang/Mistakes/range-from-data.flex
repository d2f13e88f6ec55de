kernel total(x: f32[N], n: i32) -> f32 {
  return sum(i in 0..n) x[i]
}
