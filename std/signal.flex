// Signals of one dimension.

/// Convolution where the filter fits: `y[i] = sum(k) x[i + K - 1 - k] * h[k]`, as numpy.convolve(x, h, "valid") for N >= K.
/// ```flex
/// kernel k(x: f32[N], h: f32[K]) -> f32[N - K + 1] { return signal.convolve_valid(x, h) }
/// ```
fn convolve_valid(x: number[N], h: number[K]) -> number[N - K + 1] { [i] sum(k) x[i + K - 1 - k] * h[k] }

/// Convolution with zeros around: `y[i] = sum(k) x[i - k] * h[k]`, as numpy.convolve(x, h).
/// ```flex
/// kernel k(x: f32[N], h: f32[K]) -> f32[N + K - 1] where N + K >= 1 { return signal.convolve(x, h) }
/// ```
fn convolve(x: number[N], h: number[K]) -> number[N + K - 1] where N + K >= 1 {
  let p = zero(x)
  return [i] sum(k) p[i - k] * h[k]
}

/// A causal filter of finite impulse response, of the same length: `y[i] = sum(k) h[k] * x[i - k]`, as scipy.signal.lfilter(h, 1, x).
/// ```flex
/// kernel k(x: f32[N], h: f32[K]) -> f32[N] { return signal.fir(x, h) }
/// ```
fn fir(x: number[N], h: number[K]) -> number[N] {
  let p = zero(x)
  return [i] sum(k) p[i - k] * h[k]
}

/// Sliding dot products where the pattern fits, as numpy.correlate(x, h, "valid") for N >= K.
/// ```flex
/// kernel k(x: f32[N], h: f32[K]) -> f32[N - K + 1] { return signal.correlate_valid(x, h) }
/// ```
fn correlate_valid(x: number[N], h: number[K]) -> number[N - K + 1] { [i] sum(k) x[i + k] * h[k] }

/// The discrete Fourier transform of a complex signal, real and imaginary part: `y[k] = sum(n) x[n] exp(-2 pi i k n / N)`. The
/// direct sum, O(N^2): right for short signals and any N. The angle is reduced exactly, in integers.
/// ```flex
/// kernel k(re: f32[N], im: f32[N]) -> (f32[N], f32[N]) { return signal.dft(re, im) }
/// ```
fn dft(re: float[N], im: float[N]) -> (float[N], float[N]) {
  let c[k in 0..N - 1] = cos(2 * pi * float(k) / N)
  let s[k in 0..N - 1] = sin(2 * pi * float(k) / N)
  let cw = wrap(c)
  let sw = wrap(s)
  let y[k in 0..N - 1] = sum(n) re[n] * cw[k * n] + sum(n) im[n] * sw[k * n]
  let z[k in 0..N - 1] = sum(n) im[n] * cw[k * n] - sum(n) re[n] * sw[k * n]
  return y, z
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
fn power_spectrum(x: float[N]) -> float[N / 2 + 1] where N >= 1 {
  let c[k in 0..N - 1] = cos(2 * pi * float(k) / N)
  let s[k in 0..N - 1] = sin(2 * pi * float(k) / N)
  let cw = wrap(c)
  let sw = wrap(s)
  let y[k in 0..N / 2] = sum(n) x[n] * cw[k * n]
  let z[k in 0..N / 2] = sum(n) x[n] * sw[k * n]
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
fn hamming(x: float[N]) -> float[N] { [n] x[n] * (if N == 1 { 1 } else { 0.54 - 0.46 * cos(2 * pi * n / max(N - 1, 1)) }) }

/// Every second value of what a binomial filter (1 4 6 4 1) / 16 leaves; the ends are repeated.
/// ```flex
/// kernel k(x: f32[N]) -> f32[(N + 1) / 2] { return signal.decimate(x) }
/// ```
fn decimate(x: float[N]) -> float[(N + 1) / 2] {
  let p = clamp(x)
  return [i] (p[2 * i - 2] + 4 * p[2 * i - 1] + 6 * p[2 * i] + 4 * p[2 * i + 1] + p[2 * i + 2]) / 16
}
