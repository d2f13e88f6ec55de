kernel lookup(table: f32[V], x: f32[N]) -> f32[N] {
  return [i] table[x[i]]
}
