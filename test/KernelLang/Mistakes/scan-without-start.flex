kernel total(x: f32[T]) -> f32[T] {
  let a[t] = scan(t) a[t - 1] + x[t]
  return a
}
