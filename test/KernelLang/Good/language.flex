// RUN: flexc check %s | FileCheck %s
// RUN: flexc check %s:softmax --emit=tensor | FileCheck %s --check-prefix=IR
// RUN: flexc check %s:conv2d --emit=tensor | FileCheck %s --check-prefix=CONV
// The samples of the language's description.

// CHECK: kernel softmax(x: f32[M, N]) -> f32[M, N]
// CHECK: kernel dense<T: f16 | bf16 | f32>(x: T[B, K], w: T[K, N], bias: T[N]) -> T[B, N]
// CHECK: kernel blur(img: f32[H, W]) -> f32[H, W]
// CHECK: kernel normalize(x: f32[M, N]) -> (f32[M, N], f32[M])

// IR-LABEL: flex.kernel @softmax
// IR: %[[M:.*]] = flex.reduce max [i < M] over [j < N]
// IR: %[[E:.*]] = flex.map [i < M, j < N]
// IR: %[[S:.*]] = flex.reduce sum [i < M] over [k < N]
// IR: flex.map [i < M, j < N]
// IR: arith.divf

// CONV: constraints = ["0 <= H - R + 1", "0 <= W - S + 1"]
// CONV: flex.reduce sum [n < N, h < H - R + 1, w < W - S + 1, k < K] over [r < R, s < S, c < C]

fn sigmoid(x: float) -> float { 1 / (1 + exp(-x)) }  // scalar function: applies elementwise to tensors

fn gelu(x: float) -> float { 0.5 * x * (1 + erf(x * 0.7071067811865476)) }

/// Softmax over the last axis, safe for large inputs.
kernel softmax(x: f32[M, N]) -> f32[M, N] {
  let m[i] = max(j) x[i, j]
  let e[i, j] = exp(x[i, j] - m[i])
  return [i, j] e[i, j] / sum(k) e[i, k]
}

/// Dense layer with a fused epilogue; one kernel file, several element types.
kernel dense<T: f16 | bf16 | f32>(x: T[B, K], w: T[K, N], bias: T[N]) -> T[B, N] {
  let y = f32(x) @ f32(w) + f32(bias)  // accumulates in f32: may use the matrix units of T
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
