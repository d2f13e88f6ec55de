// Signals of one dimension.

/// Convolution where the filter fits: `y[i] = sum(k) x[i + K - 1 - k] * h[k]`, as numpy.convolve(x, h, "valid") for N >= K.
/// ```flex
/// kernel k(x: f32[N], h: f32[K]) -> f32[N - K + 1] { return signal.convolve_valid(x, h) }
/// ```
fn convolve_valid(x: number[N], h: number[K]) -> number[N-K+1] { [i] sum(k) x[i+K-1-k] * h[k] }

/// Convolution with zeros around: `y[i] = sum(k) x[i - k] * h[k]`, as numpy.convolve(x, h).
/// ```flex
/// kernel k(x: f32[N], h: f32[K]) -> f32[N + K - 1] where N + K >= 1 { return signal.convolve(x, h) }
/// ```
fn convolve(x: number[N], h: number[K]) -> number[N+K-1] where N + K >= 1 {
  let p = zero(x)
  return [i] sum(k) p[i-k] * h[k]
}

/// A causal filter of finite impulse response, of the same length: `y[i] = sum(k) h[k] * x[i - k]`, as scipy.signal.lfilter(h, 1, x).
/// ```flex
/// kernel k(x: f32[N], h: f32[K]) -> f32[N] { return signal.fir(x, h) }
/// ```
fn fir(x: number[N], h: number[K]) -> number[N] {
  let p = zero(x)
  return [i] sum(k) p[i-k] * h[k]
}

/// Sliding dot products where the pattern fits, as numpy.correlate(x, h, "valid") for N >= K.
/// ```flex
/// kernel k(x: f32[N], h: f32[K]) -> f32[N - K + 1] { return signal.correlate_valid(x, h) }
/// ```
fn correlate_valid(x: number[N], h: number[K]) -> number[N-K+1] { [i] sum(k) x[i+k] * h[k] }

/// The discrete Fourier transform of a complex signal, real and imaginary part: `y[k] = sum(n) x[n] exp(-2 pi i k n / N)`, for any N. A
/// multiple of 32 or 8 is taken apart into as many rows (dft_by_rows): O(N^2 / 32), O(N^2 / 8); else O(N^2).
/// ```flex
/// kernel k(re: f32[N], im: f32[N]) -> (f32[N], f32[N]) { return signal.dft(re, im) }
/// ```
fn dft(re: float[N], im: float[N]) -> (float[N], float[N]) {
  let x = zero(re)
  let y = zero(im)
  let u[a in 0..31-7*min(N%8, 1)-24*min(N%32, 1), b in 0..N/(32-7*min(N%8, 1)-24*min(N%32, 1)) - 1] = x[
    a*(N/(32-7*min(N%8, 1)-24*min(N%32, 1))) + b
  ]
  let v[a in 0..31-7*min(N%8, 1)-24*min(N%32, 1), b in 0..N/(32-7*min(N%8, 1)-24*min(N%32, 1)) - 1] = y[
    a*(N/(32-7*min(N%8, 1)-24*min(N%32, 1))) + b
  ]
  let f, g = dft_by_rows(u, v)
  let p = zero(f)
  let q = zero(g)
  return [k in 0..N-1] p[k], [k in 0..N-1] q[k]
}

/// The discrete Fourier transform of P * Q values that are given as P rows: the transforms of the columns, turned by
/// `exp(-2 pi i j b / (P Q))`, then those of the rows (Cooley and Tukey 1965), O(P Q (P + Q)). Both are matrix products, the second with
/// b = 32 t + r by a factor of (r, k) and one of (t, k). Angles are reduced exactly, in integers.
/// ```flex
/// kernel k(x: f32[P, Q], y: f32[P, Q]) -> (f32[P * Q], f32[P * Q]) { return signal.dft_by_rows(x, y) }
/// ```
fn dft_by_rows(x: float[P, Q], y: float[P, Q]) -> (float[P*Q], float[P*Q]) {
  let c[j in 0..P-1, a in 0..P-1] = cos(2 * pi * float(j * a % P) / P)
  let s[j in 0..P-1, a in 0..P-1] = sin(2 * pi * float(j * a % P) / P)
  let u = c @ x + s @ y
  let v = c @ y - s @ x
  let ch[j in 0..P-1, b in 0..Q-1] = cos(2 * pi * float(j * b) / (P * Q))
  let sh[j in 0..P-1, b in 0..Q-1] = sin(2 * pi * float(j * b) / (P * Q))
  let p = zero(u * ch + v * sh)
  let q = zero(v * ch - u * sh)
  let cr[r in 0..31, k in 0..Q-1] = cos(2 * pi * float(k * r % Q) / Q)
  let sr[r in 0..31, k in 0..Q-1] = sin(2 * pi * float(k * r % Q) / Q)
  let ct[t in 0..ceildiv(Q, 32)-1, k in 0..Q-1] = cos(2 * pi * float(k * (32 * t) % Q) / Q)
  let st[t in 0..ceildiv(Q, 32)-1, k in 0..Q-1] = sin(2 * pi * float(k * (32 * t) % Q) / Q)
  let f[t in 0..ceildiv(Q, 32)-1, j in 0..P-1, k] = (sum(r) p[j, 32*t+r] * cr[r, k]) + sum(r) q[j, 32*t+r] * sr[r, k]
  let g[t in 0..ceildiv(Q, 32)-1, j in 0..P-1, k] = (sum(r) q[j, 32*t+r] * cr[r, k]) - sum(r) p[j, 32*t+r] * sr[r, k]
  let re[j, k] = sum(t) (ct[t, k] * f[t, j, k] + st[t, k] * g[t, j, k])
  let im[j, k] = sum(t) (ct[t, k] * g[t, j, k] - st[t, k] * f[t, j, k])
  return reshape(transpose(re), P * Q), reshape(transpose(im), P * Q)
}

/// The transform of a real signal, real and imaginary part of frequencies 0 to N / 2, as numpy.fft.rfft.
/// ```flex
/// kernel k(x: f32[N]) -> (f32[N / 2 + 1], f32[N / 2 + 1]) where N >= 1 { return signal.rdft(x) }
/// ```
fn rdft(x: float[N]) -> (float[N/2+1], float[N/2+1]) where N >= 1 {
  let zeros[n in 0..N-1] = float(0)
  let f, g = dft(x, zeros)
  let p = zero(f)
  let q = zero(g)
  return [k in 0..N/2] p[k], [k in 0..N/2] q[k]
}

/// The inverse of dft: `x[n] = sum(k) y[k] exp(2 pi i k n / N) / N`.
/// ```flex
/// kernel k(re: f32[N], im: f32[N]) -> (f32[N], f32[N]) { return signal.idft(re, im) }
/// ```
fn idft(re: float[N], im: float[N]) -> (float[N], float[N]) {
  let y, z = dft(im, re)
  return z / N, y / N
}

/// The power of each frequency of a real signal: |dft(x)|^2, of frequencies 0 to N / 2.
/// ```flex
/// kernel k(x: f32[N]) -> f32[N / 2 + 1] where N >= 1 { return signal.power_spectrum(x) }
/// ```
fn power_spectrum(x: float[N]) -> float[N/2+1] where N >= 1 {
  let y, z = rdft(x)
  return y ** 2 + z ** 2
}

/// The signal times a raised cosine, `0.5 - 0.5 cos(2 pi n / (N - 1))`, as numpy.hanning.
/// ```flex
/// kernel k(x: f32[N]) -> f32[N] { return signal.hann(x) }
/// ```
fn hann(x: float[N]) -> float[N] { [n] x[n] * (if N == 1 { 1 } else { 0.5 - 0.5 * cos(2 * pi * n / max(N - 1, 1)) }) }

/// The signal times Hamming's window, `0.54 - 0.46 cos(2 pi n / (N - 1))`, as numpy.hamming.
/// ```flex
/// kernel k(x: f32[N]) -> f32[N] { return signal.hamming(x) }
/// ```
fn hamming(x: float[N]) -> float[N] {
  [n] x[n] * (if N == 1 { 1 } else { 0.54 - 0.46 * cos(2 * pi * n / max(N - 1, 1)) })
}

/// Every second value of what a binomial filter (1 4 6 4 1) / 16 leaves; the ends are repeated.
/// ```flex
/// kernel k(x: f32[N]) -> f32[(N + 1) / 2] { return signal.decimate(x) }
/// ```
fn decimate(x: float[N]) -> float[(N+1)/2] {
  let p = clamp(x)
  return [i] (p[2*i-2] + 4 * p[2*i-1] + 6 * p[2*i] + 4 * p[2*i+1] + p[2*i+2]) / 16
}
