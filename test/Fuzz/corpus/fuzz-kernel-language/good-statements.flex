kernel prefix(x: f32[M, N]) -> f32[M, N] { return [i, j] sum(k in 0..j) x[i, k] }
kernel window(x: f32[N]) -> f32[N - 2] { return [i in 0..N-3] max(k in i..i+2) x[k] }

/// A polynomial by Horner's rule: 2x³ - x + 3.
kernel cubic(x: f32[N]) -> f32[N] {
  var y = x * 2
  for k in 0..2 {
    let c = if k == 0 { 0 } else if k == 1 { -1 } else { 3 }
    y = if k < 2 { (y + c) * x } else { y + c }
  }
  return y
}

/// D steps of smoothing; D is given when the kernel is compiled.
kernel smooth<D: dim>(x: f32[N]) -> f32[N] {
  var y = x
  for k in 1..D {
    let p = clamp(y)
    y[i] = (p[i - 1] + p[i + 1]) / 2
  }
  return y
}

/// One step of gradient descent with momentum, in place.
kernel step(p: inout f32[N], v: inout f32[N], g: f32[N], rate: f32 = 0.01) {
  v = 0.9 * v + g
  p = p - rate * v
}

/// Softmax over the last axis of a tensor of any rank.
fn softmax(x: float[..., N]) -> float[..., N] {
  let m[...] = max(j) x[..., j]
  let e[..., j] = exp(x[..., j] - m[...])
  return [..., j] e[..., j] / sum(k) e[..., k]
}

fn extent(x: float[N]) -> (float, float) where N >= 1 { return min(x), max(x) }
fn extent(x: float[M, N]) -> (float, float) where M >= 1, N >= 1 { return min(x), max(x) }

kernel range(x: f32[N], y: f32[M, N]) -> f32 where N >= 1, M >= 1 {
  let low, high = extent(softmax(y))
  let other = extent(x)
  let _, top = other
  return max(high, top) - low
}

@numerics(strict) kernel loss(p: f32[N], t: f32[N]) -> f32 { return sum(i) (p[i] - t[i]) ** 2 }

kernel product(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { return a @ b }
schedule product for cpu {
  strategy tile
  lane j  unroll i  rows 4  vectors 2
}
