// What LANGUAGE promises and is not there yet says so, each by its own name.
kernel types(a: i4[N], b: f8e4m3fn[N], c: f8e5m2[N]) -> f32[N] { return f32(a) }   // expect E0601 the type 'i4' // expect E0601 'f8e4m3fn' // expect E0601 'f8e5m2'

kernel functions(x: f32[N], ids: i32[N]) -> f32[N] {
  let a = argmax(x)                                      // expect E0601 'argmax'
  let b = cumsum(x)                                      // expect E0601 'cumsum'
  let c = sort(x)                                        // expect E0601 'sort'
  let d[i] = argmin(j) x[j]                              // expect E0601 the reduction 'argmin'
  let e[i] = x[ids[i]]                                   // expect E0601 an index read from a tensor (gather)
  let f = x[1:3]                                         // expect E0601 a slice
  let g = f8e5m2(x)                                      // expect E0601 the type 'f8e5m2'
  for i in 0..3 { let h = x }                            // expect E0601 'for'
  return x
}

kernel optional(x: f32[N], s: f32 = 1) -> f32[N] { return x * s }   // expect E0601 a default value
