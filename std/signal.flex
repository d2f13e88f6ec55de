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

/// The discrete Fourier transform of a complex signal, real and imaginary part: `y[k] = sum(n) x[n] exp(-2 pi i k n / N)`, for any N. The
/// direct sum, O(N^2), as matrix products: with n = 32 b + a the factor is one of (k, a) times one of (k, b). Angles are reduced
/// exactly, in integers.
/// ```flex
/// kernel k(re: f32[N], im: f32[N]) -> (f32[N], f32[N]) { return signal.dft(re, im) }
/// ```
fn dft(re: float[N], im: float[N]) -> (float[N], float[N]) {
  let x = zero(re)
  let y = zero(im)
  let ca[k in 0..N-1, a in 0..31] = cos(2 * pi * float(k * a % N) / N)
  let sa[k in 0..N-1, a in 0..31] = sin(2 * pi * float(k * a % N) / N)
  let cb[k in 0..N-1, b in 0..ceildiv(N, 32)-1] = cos(2 * pi * float(k * (32 * b) % N) / N)
  let sb[k in 0..N-1, b in 0..ceildiv(N, 32)-1] = sin(2 * pi * float(k * (32 * b) % N) / N)
  let u[k, b in 0..ceildiv(N, 32)-1] = (sum(a) ca[k, a] * x[32*b+a]) + sum(a) sa[k, a] * y[32*b+a]
  let v[k, b in 0..ceildiv(N, 32)-1] = (sum(a) ca[k, a] * y[32*b+a]) - sum(a) sa[k, a] * x[32*b+a]
  return [k] sum(b) (cb[k, b] * u[k, b] + sb[k, b] * v[k, b]), [k] sum(b) (cb[k, b] * v[k, b] - sb[k, b] * u[k, b])
}

/// The transform of a real signal, real and imaginary part of frequencies 0 to N / 2, as numpy.fft.rfft.
/// ```flex
/// kernel k(x: f32[N]) -> (f32[N / 2 + 1], f32[N / 2 + 1]) where N >= 1 { return signal.rdft(x) }
/// ```
fn rdft(x: float[N]) -> (float[N/2+1], float[N/2+1]) where N >= 1 {
  let p = zero(x)
  let ca[k in 0..N/2, a in 0..31] = cos(2 * pi * float(k * a % N) / N)
  let sa[k in 0..N/2, a in 0..31] = sin(2 * pi * float(k * a % N) / N)
  let cb[k in 0..N/2, b in 0..ceildiv(N, 32)-1] = cos(2 * pi * float(k * (32 * b) % N) / N)
  let sb[k in 0..N/2, b in 0..ceildiv(N, 32)-1] = sin(2 * pi * float(k * (32 * b) % N) / N)
  let u[k, b in 0..ceildiv(N, 32)-1] = sum(a) ca[k, a] * p[32*b+a]
  let v[k, b in 0..ceildiv(N, 32)-1] = -sum(a) sa[k, a] * p[32*b+a]
  return [k] sum(b) (cb[k, b] * u[k, b] + sb[k, b] * v[k, b]), [k] sum(b) (cb[k, b] * v[k, b] - sb[k, b] * u[k, b])
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
