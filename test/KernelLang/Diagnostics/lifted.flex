// Whole-tensor functions inside of index notation, and what stands in their way.
kernel ranges(x: f32[M, N], k: i32[N]) -> f32[M] where M >= 1, N >= 1 {
  let a[i] = sum(j) cumsum(k + i32(i))[j]                // expect E0454 'cumsum' is computed for all values of index 'i'
  let b[i] = max(j in 0..i) sort(k + i32(j))[0]          // expect E0423 the range of index 'j' depends on index 'i'
  let c[i] = f32(scatter_add(k, k + i32(i), 1)[0])       // expect E0454 'scatter_add' is computed for all values
  return sum(x, axis = 1)
}

kernel itself(x: f32[T, N]) -> f32[T, N] where N >= 1 {
  let a[t, n]: f32[T, N] = scan(t) sort(zero(a)[t-1, :])[0]       // expect E0453 'sort' works on a whole tensor, but 'a'
  let b[t, n]: f32[T, N] = scan(t) cumsum(zero(b)[t-1, :])[n]     // expect E0453 'cumsum' works on a whole tensor
  let c[t, n]: f32[T, N] = scan(t) max(clamp(zero(c)[t-1, :] * 2)[n:n+1])   // expect E0453 a boundary rule works on a whole tensor
  return x
}

kernel axes(x: f32[2, 2, 2, 2, 2, 2, 2, 2]) -> f32[2] {
  return [i] sort(x * f32(i))[0, 0, 0, 0, 0, 0, 0, 0]     // expect E0504 at most 8 axes, found 9
}

kernel window<W: dim>(x: f32[N]) -> f32[N] where W >= 1, N >= 1 {  // expect E0419 the constraint 'W >= 1' does not hold
  let p = clamp(x)
  return [i] sum(k in 0..W-1) p[i + k]
}
kernel missing(x: f32[N]) -> f32[N] where N >= 1 { return window(x) }              // expect E0430 dimension 'W' of 'window' follows from no argument
kernel twice(x: f32[N]) -> f32[N] where N >= 1 { return window(x, W = 1, W = 2) }  // expect E0317 parameter 'W' of 'window' is given twice
kernel data(x: f32[N]) -> f32[N] where N >= 1 { return window(x, W = x[0]) }       // expect E0415 a dimension is an integer
kernel other(x: f32[N]) -> f32[N] where N >= 1 { return window(x, V = 3) }         // expect E0316 'window' has no parameter 'V'
kernel small(x: f32[N]) -> f32[N] where N >= 1 { return window(x, W = 0) }
