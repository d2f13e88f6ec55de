fn sigmoid(x: float) -> float { 1 / (1 + exp(-x)) }          // scalar function: applies elementwise to tensors

fn gelu(x: float) -> float { 0.5 * x * (1 + erf(x * 0.7071067811865476)) }
/// Softmax over the last axis, safe for large inputs.
kernel softmax(x: f32[M, N]) -> f32[M, N] {
  let m[i]    = max(j) x[i, j]
  let e[i, j] = exp(x[i, j] - m[i])
  return [i, j] e[i, j] / sum(k) e[i, k]
}

/// Dense layer with a fused epilogue; one kernel file, several element types.
kernel dense<T: f16 | bf16 | f32>(x: T[B, K], w: T[K, N], bias: T[N]) -> T[B, N] {
  let y = f32(x) @ f32(w) + f32(bias)                         // accumulates in f32: may use the matrix units of T
  return T(gelu(y))
}

/// A stencil: out-of-range reads need a rule, or the shape shrinks.
kernel blur(img: f32[H, W]) -> f32[H, W] {
  let p = clamp(img)
  return [y, x] (p[y, x-1] + p[y, x] + p[y, x+1]) / 3
}

kernel conv2d(x: f32[N, H, W, C], f: f32[R, S, C, K]) -> f32[N, H-R+1, W-S+1, K] {
  return [n, h, w, k] sum(r, s, c) x[n, h+r, w+s, c] * f[r, s, c, k]
}
kernel loss(p: f32[N], t: f32[N]) -> f32 { return sum(i) (p[i] - t[i]) ** 2 }
kernel normalize(x: f32[M, N]) -> (f32[M, N], f32[M]) {
  let s = sum(x, axis = 1)
  return [i, j] x[i, j] / s[i], s
}
