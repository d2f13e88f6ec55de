// Dimensions, shapes and index ranges.
fn row(x: f32[K]) -> f32 { sum(x) }
fn same(x: f32[K], y: f32[K]) -> f32[K] { x + y }
fn none(x: f32) -> f32 { x }

kernel broadcast(x: f32[M, N], y: f32[M], z: f32[3], w: f32[4]) -> f32[M, N] {
  let a = x + y                                          // expect E0401 '[i, j] … + y[i]'
  let b = z + w                                          // expect E0401
  let c = x @ y                                          // expect E0402
  let d = 2 @ x                                          // expect E0403
  let e = same(z, w)                                     // expect E0404 dimension K is 3 in 'x' but 4 in 'y'
  let f = row(x)                                         // expect E0406
  let g = sum(x, axis = 2)                               // expect E0420
  let h = clamp(2)                                       // expect E0421
  let i = if x > 0 { x } else { z }                      // expect E0424
  return x
}

kernel indices(x: f32[M, N], y: f32[N], k: i32[N]) -> f32[M] {
  let a[i] = x[i]                                        // expect E0407 'x' has 2 axes, indexed with 1
  let b[i, j] = x[i, j] + y[i]                           // expect E0408 index 'i' has M values in 'x' but N in 'y'
  let c[i] = sum(r) y[2 * r]                             // expect E0409
  let d[i] = y[i + 1] + y[i]                             // expect E0410 runs from 1 to N
  let e[i] = y[i - 1] + y[i]                             // expect E0410 runs from -1 to N - 2
  let f[i] = y[1.5] + y[i]                               // expect E0411
  let g[i in 1..N-1] = y[i]                              // expect E0412
  let h[i] = x + y[i]                                    // expect E0414 '
  let l[i] = sum(j) x                                    // expect E0414
  let m[i] = sum(j in 0..i*i) y[j] + y[i]                // expect E0423
  let n[i] = sum(j in 0..i) y[i - j - 1] + y[i]          // expect E0410
  let o[i] = sum(j in 0..i) y[i + j] + y[i]              // expect E0410
  return [i] x[i, 5]                                     // expect E0410
}

kernel result1(x: f32[M, N]) -> f32[M] { return [i, j] x[i, j] }        // expect E0422
kernel result2(x: f32[M, N]) -> f32[N, M] { return x }                  // expect E0405
kernel dims1(x: f32[M + 1]) -> f32[M + 1] { return x }                 // expect E0416
kernel dims2(x: f32[M]) -> f32[M, P] { return x }                       // expect E0416
kernel dims3(x: f32[M, M < 3]) -> f32[M] { return [i] x[i, 0] }         // expect E0415
kernel dims4(x: f32[M, -1]) -> f32[M] { return [i] x[i, 0] }            // expect E0417
kernel where1(x: f32[M]) -> f32[M] where M { return x }                 // expect E0418
kernel where2(x: f32[M, 4]) -> f32[M, 4] where 4 % 3 == 0 { return x }  // expect E0419
kernel dims5(x: f32[M]) -> f32[M * 9223372036854775807 * 2] { return x }   // expect E0425
kernel rank(x: f32[1, 1, 1, 1, 1, 1, 1, 1, 1]) -> f32 { return sum(x) } // expect E0504
// A reduction is computed outside of the loops it does not use: that N is not 0 inside of [i] does not help it.
kernel empty1(x: f32[N]) -> f32[N] { return [i] x[i] + sum(k in 0..3) x[0] }                 // expect E0410
kernel empty2(x: f32[N]) -> f32[N] { return [i] x[i] + row3(x[0]) }                          // expect E0410
kernel empty3(x: f32[N], y: f32[M]) -> f32[N] { return [i] x[i] + sum(y * x[0]) }            // expect E0410
fn row3(v: f32) -> f32 { sum(k in 0..3) v }
kernel shrinks(x: f32[N]) -> f32[N - 2] { return [i] x[i] + x[i + 2] }   // expect E0408 i in 0..N - 3

kernel scans(x: f32[N]) -> f32[N] {
  let a[i] = 2 * (scan(i) x[i])                          // expect E0426 let a[t]
  return a
}
