// The discrete Fourier transform of a complex signal of A * B values in two stages (Cooley and Tukey 1965): A short transforms of
// length B, a rotation, and B of length A. O(N (A + B)) instead of O(N^2); x[a, b] is sample a + A b, y[c, d] frequency B c + d.

/// Real and imaginary part in, real and imaginary part out.
kernel dft(re: f32[A, B], im: f32[A, B]) -> (f32[A, B], f32[A, B]) {
  let turn = -2 * pi
  let cb[b in 0..B-1, d in 0..B-1] = cos(turn * f32(b * d % B) / B)
  let sb[b in 0..B-1, d in 0..B-1] = sin(turn * f32(b * d % B) / B)
  let ca[a in 0..A-1, c in 0..A-1] = cos(turn * f32(a * c % A) / A)
  let sa[a in 0..A-1, c in 0..A-1] = sin(turn * f32(a * c % A) / A)
  let p[a, d] = sum(b) re[a, b] * cb[b, d] - sum(b) im[a, b] * sb[b, d]
  let q[a, d] = sum(b) re[a, b] * sb[b, d] + sum(b) im[a, b] * cb[b, d]
  let tc[a in 0..A-1, d in 0..B-1] = cos(turn * f32(a * d) / (A * B))
  let ts[a in 0..A-1, d in 0..B-1] = sin(turn * f32(a * d) / (A * B))
  let u = p * tc - q * ts
  let v = p * ts + q * tc
  let y[c, d] = sum(a) ca[a, c] * u[a, d] - sum(a) sa[a, c] * v[a, d]
  let z[c, d] = sum(a) sa[a, c] * u[a, d] + sum(a) ca[a, c] * v[a, d]
  return y, z
}
