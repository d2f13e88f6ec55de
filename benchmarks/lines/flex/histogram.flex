kernel histogram(x: f32[N]) -> i32[64] {
  let none[b in 0..63] = i32(0)
  let one[i in 0..N-1] = i32(1)
  let bin[i] = i64(floor(x[i] * 64))
  return scatter_add(none, bin, one)
}
