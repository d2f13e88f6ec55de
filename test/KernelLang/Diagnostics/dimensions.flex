// Dimension parameters of functions, `by: dim`.
fn shrink(x: f32[N], by: dim = 1) -> f32[N - by] where N >= by { return [i in 0..N - by - 1] x[i + by] }
fn scaled(x: f32, n: dim) -> f32 { x * n }

kernel calls(x: f32[N], n: i32) -> f32[N - 3] where N >= 4 {
  let a = shrink(x, 1.5)                                 // expect E0304 'by' of 'shrink' is a literal, but the parameter is dim
  let b = shrink(x, n)                                   // expect E0304 'by' of 'shrink' is i32
  let c[i] = scaled(x[i], i)                             // expect E0304 made of literals and dimensions
  let d = shrink(x, x)                                   // expect E0406 'by' of 'shrink' has 1 axis
  let e = shrink(x, 0 - 2)                               // expect E0417 dimension -2 is negative
  return shrink(shrink(x), by = N - N + 2)
}
kernel fixed(x: f32[N], by: dim) -> f32[N] { return x }  // expect E0203 unknown type 'dim'

// '_' is a value that nobody reads.
fn pair(x: f32[N]) -> (f32[N], f32) { return x, sum(x) }
kernel unread(x: f32[N]) -> f32[N] {
  let _, _ = pair(x)
  return _                                               // expect E0201 unknown name '_'
}
