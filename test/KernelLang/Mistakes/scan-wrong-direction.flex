kernel total(x: f32[T]) -> f32[T] {
  let a[t] = scan(t) fill(a, 0)[t + 1] + x[t]
  return a
}
