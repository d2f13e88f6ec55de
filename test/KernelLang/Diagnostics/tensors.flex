// Tensors as wholes, slices, data as indices, carried loops, types of storage.

kernel join(a: f32[M, N], b: f32[M, K], s: f32, c: i32[M, N]) -> f32[M, N] {
  let x = concat(a, s)                                   // expect E0440 'concat' takes a tensor, found a scalar
  let y = concat(a, b)                                   // expect E0441 'concat' joins tensors of one shape but for axis 0, found [M, N] and [M, K]
  let z = stack(a, b, axis = 1)                          // expect E0441 of one shape, found
  let w = concat(a, c)                                   // expect E0301 'concat' needs operands of one type, found f32 and i32
  let v = concat(a, a, axis = 2)                         // expect E0420 axis 2 does not exist
  let u = concat(axis = 1)                               // expect E0315 'concat' takes tensors
  let t = concat(a, a, axes = 1)                         // expect E0316 'concat' has no parameter 'axes'
  return a
}

kernel shape(a: f32[M, 6], s: f32) -> f32[M, 6] {
  let x = reshape(a, M, 5)                               // expect E0442 a tensor [M, 6] has 6*M elements; shape [M, 5] has 5*M
  let y = reshape(a, -1, -1)                             // expect E0417 dimension -1 is negative
  let z = reshape(a, M, s)                               // expect E0415 a dimension is an integer
  let w = transpose(a, 0)                                // expect E0443 it has 2 axes
  let v = transpose(a, 0, 0)                             // expect E0443 lists each axis of the tensor once
  let u = pad(a, axis = 0, before = -1)                  // expect E0417 dimension -1 is negative
  let t = pad(a, 0, 1, 1, s)                             // expect E0318 the value of 'pad'
  let r = flip(a, axis = -3)                             // expect E0420 axis -3 does not exist
  let q = pad(a, 0, axis = 1)                            // expect E0317 parameter 'axis' of 'pad' is given twice
  return a
}

kernel slices(x: f32[8, N], b: bool[N], f: f32[N], ids: i32[N]) -> f32[8, N] {
  let a = x[0:9]                                         // expect E0445 this slice of 'x' goes from 0 to 9, but axis 0 has 8 elements
  let c = x[::0]                                         // expect E0444 the step of a slice is not 0
  let d = x[:, :, 0]                                     // expect E0407 'x' has 2 axes, indexed with 3
  let e = x[f[0]:, 0]                                    // expect E0411 an index is an integer
  let g[i] = sum(x[0, 0:i])                              // expect E0446 the length of this slice depends on index 'i'
  let h = x[ids, ids]                                    // expect E0447 at most one index
  let k = f[b]                                           // expect E0411 found bool[N]
  let l[i] = x[i]                                        // expect E0407 'x' has 2 axes, indexed with 1
  let m = x[8, ...]                                      // expect E0410 needs at least 9 elements
  return x
}

kernel gather(t: f32[V], ids: i32[N], f: f32[N]) -> f32[N] {
  let a[i] = t[f[i]]                                     // expect E0411 found f32
  let b[i in 0..N-1] = t[ids[i + 1]]                     // expect E0410 index 'i + 1' of 'ids' runs from 1 to N
  return [i] t[ids[i]]
}

kernel empty(t: f32[0], ids: i32[3]) -> f32[3] {
  return [i] t[ids[i]]                                   // expect E0419 does not hold
}

kernel scatter(b: f32[N, D], i: i32[K], v: f32[K], w: i32[K, D], f: f32[K], m: bool[N]) -> f32[N, D] {
  let x = scatter_add(b, i, v)                           // expect E0448 'scatter_add' needs values of shape [K, D], found [K]
  let y = scatter_max(b, i, w)                           // expect E0301 'scatter_max' needs operands of one type, found f32 and i32
  let z = scatter_set(b, f, 1)                           // expect E0411 found f32[K]
  let u = scatter_mul(b, (i, i, i), 1)                   // expect E0407 'the base' has 2 axes, indexed with 3
  let t = scatter_min(m, i, true)                        // expect E0302 'scatter_min' does not take bool
  let s = scatter_add(b, i)                              // expect E0315 'scatter_add' takes base, index, values, found 2
  return b
}

kernel scans(x: f32[T], w: f32[S, S]) -> f32[T] {
  let a[t] = scan(t) a[t - 1] + x[t]                     // expect E0452 'a' is read before its first element
  let b[t] = scan(t) zero(b)[t] + x[t]                   // expect E0451 'b' is read where it may not be computed yet: 'scan' goes through t
  let c[t] = scan(t) zero(c)[t + 1] + x[t]               // expect E0451 in order
  let d[t] = scan(u) zero(d)[t - 1] + x[t]               // expect E0449 'u' is no index of 'd'
  let e[t in 0..9] = scan(t) zero(e)[t - 1] + 1          // expect E0450 the type of 'e' does not follow
  let f[t] = scan(t) sum(f) + x[t]                       // expect E0451 'f' is read
  let g[t] = scan(t) clamp(g)[t - 1] + x[t]              // expect E0452 'g' is read before its first element
  let h[t]: f32[T] = scan(t) i32(zero(h)[t - 1])         // expect E0309 'h' is declared f32[T], but its value is i32[T]
  let k[t] = scan(t) f32(zero(k)[t - 1]) + 1.5           // expect E0409 the range of index 't' is unknown
  let l[t] = scan(t) x[t + 1] + zero(l)[t - 1]           // expect E0409 the range of index 't' is unknown
  let m = 1 + scan(t) x[t]                               // expect E0426
  let n[i, j] = scan(i) zero(n)[i, j - 1] + w[i, j]      // expect E0451 'n' is read
  return x
}

kernel positions(x: f32[N], b: bool[N]) -> f32[N] {
  let p = argmax(b)                                      // expect E0302 'argmax' does not take bool
  let q = argmax(1, 2)                                   // expect E0315 'argmax' takes 1 tensor
  let s = sort(b)                                        // expect E0302 'sort' does not take bool
  let t, u = top_k(x, -1)                                // expect E0417 dimension -1 is negative
  let v = top_k(x, 2) + 1                                // expect E0313 2 results
  let c = cumsum(b)                                      // expect E0302 'cumsum' does not take bool
  let d = cumsum(x, axis = 1)                            // expect E0420 axis 1 does not exist
  let e = cummax(3)                                      // expect E0440 'cummax' takes a tensor
  return x
}

kernel storage(a: f8e4m3fn[N], b: i4[N], c: u4[N]) -> f32[N] {
  let x = a + a                                          // expect E0330 f8e4m3fn is a type to store: '+' does not compute with it
  let y = sum(b)                                         // expect E0330 i4 is a type to store: 'sum' does not compute with it
  let z = -c                                             // expect E0330 'neg'
  let w = exp(a)                                         // expect E0330 'exp'
  let v = i4(9)                                          // expect E0305 9 does not fit i4
  let u = f8e4m3fn(1000.0)                               // expect E0305 does not fit f8e4m3fn
  let t = sort(a)                                        // expect E0302 'sort' does not take f8e4m3fn
  let s = a == a                                         // expect E0330 '=='
  return f32(a)
}
