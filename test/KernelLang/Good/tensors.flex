// RUN: flexc check %s | FileCheck %s
// RUN: flexc check %s:embed --emit=tensor | FileCheck %s --check-prefix=EMBED
// RUN: flexc check %s:rows --emit=tensor | FileCheck %s --check-prefix=ROWS
// RUN: flexc check %s:viterbi --emit=tensor | FileCheck %s --check-prefix=VITERBI
// RUN: flexc check %s:accumulated --emit=tensor | FileCheck %s --check-prefix=CUM
// RUN: flexc check %s:sorted --emit=tensor | FileCheck %s --check-prefix=SORT
// RUN: flexc check %s:scattered --emit=tensor | FileCheck %s --check-prefix=SCATTER
// RUN: flexc check %s:joined --emit=tensor | FileCheck %s --check-prefix=JOIN
// RUN: flexc check %s:best --emit=tensor | FileCheck %s --check-prefix=BEST
// RUN: flexc check %s:slices --emit=tensor | FileCheck %s --check-prefix=SLICE
// RUN: flexc check %s:stored --emit=tensor | FileCheck %s --check-prefix=STORED
// Slices, tensors put together, data as indices, carried loops, sorting, types of storage.

// CHECK: kernel guess(x: f32[M, N, 4]) -> f32[M, 4*N]
// CHECK: kernel slices(x: f32[M, N]) -> f32[M - 1, ceildiv(N, 2)]
// CHECK: kernel topThree(x: f32[M, N]) -> (f32[M, 3], i64[M, 3])

// JOIN: flex.map [d < K + M, d1 < N] (%[[A:.*]] = %{{.*}}[d, d1] fill(0.000000e+00 : f32) : {{.*}}, %[[B:.*]] = %{{.*}}[d - M, d1] fill
// JOIN: arith.select %{{.*}}, %[[A]], %[[B]] : f32
kernel joined(a: f32[M, N], b: f32[K, N]) -> f32[M+K, N] { return concat(a, b) }
kernel sideBySide(a: f32[M, N], b: f32[M, K]) -> f32[M, N+K] { return concat(a * 2, b, axis = -1) }
kernel stacked(a: f32[N], b: f32[N]) -> f32[N, 2] { return stack(a, b, axis = 1) }
kernel padded(x: f32[M, N]) -> f32[M+3, N] { return pad(x, axis = 0, before = 1, after = 2, value = 7) }
kernel framed(x: f32[M, N]) -> f32[M+2, N+2] { return pad(x, before = 1, after = 1) }
kernel flat(x: f32[M, N]) -> f32[M*N] { return reshape(x, M * N) }
kernel heads(x: f32[B, T, 64]) -> f32[B, 4, T, 16] { return transpose(reshape(x, B, T, 4, 16), 0, 2, 1, 3) }
kernel guess(x: f32[M, N, 4]) -> f32[M, N*4] { return reshape(x, M, -1) }
kernel halves(x: f32[N]) -> f32[N/2, 2] { return reshape(x, N / 2, 2) }
kernel transposed(x: f32[M, N]) -> f32[N, M] { return transpose(x) }
kernel mirrored(x: f32[M, N]) -> f32[M, N] { return flip(x, axis = 1) }

// SLICE: constraints = ["0 <= M - 1"]
// SLICE: flex.map [d < M - 1, d1 < ceildiv(N, 2)] (%{{.*}} = %{{.*}}[d + 1, 2*d1]
kernel slices(x: f32[M, N]) -> f32[M-1, ceildiv(N, 2)] { return x[1:, ::2] }
kernel lastColumn(x: f32[M, N]) -> f32[M] { return x[:, -1] }
kernel reversed(x: f32[N]) -> f32[N] { return x[::-1] }
kernel firstOfEach(x: f32[A, B, C]) -> f32[A, B] { return x[..., 0] }
kernel windows(x: f32[N], w: f32[3]) -> f32[N-2] { return [i] sum(x[i:i+3] * w) }
kernel last(x: f32[N]) -> f32 { return x[-1] }

// EMBED: constraints = ["min(1, D*T) <= V"]
// EMBED: flex.map [t < T, d < D] (%[[T:.*]] = %{{.*}} whole : !flex.tensor<f16[V, D]>, %[[I:.*]] = %{{.*}}[t]
// EMBED: %[[W:.*]] = arith.extsi %[[I]] : i32 to i64
// EMBED: flex.load %[[T]]["$0", d] clamp (%[[W]])
kernel embed(table: f16[V, D], ids: i32[T]) -> f16[T, D] { return [t, d] table[ids[t], d] }
// ROWS: flex.load %{{.*}}["$0", d1] clamp
kernel rows(table: f16[V, D], ids: i32[T]) -> f16[T, D] { return table[ids] }
kernel orZero(table: f32[V], ids: u64[T]) -> f32[T] { return [t] zero(table)[ids[t]+1] }
// BEST: constraints = ["1 <= N"]
// BEST: flex.reduce argmax [i < M] over [j < N]
kernel best(x: f32[M, N]) -> i64[M] { return [i] argmax(j) x[i, j] }
kernel positions(x: u8[M, N]) -> (i64[N], i64) { return argmin(x, axis = 0), argmax(x) }
kernel pick(x: f32[M, N]) -> f32[M] { return [i] x[i, argmax(j) x[i, j]] }

// CUM: flex.scan [d < M] over [d1 < N] at [d, d1]
// CUM: flex.load %{{.*}}[d, d1 - 1] fill(0.000000e+00 : f32)
// CUM: flex.scan [d < N] over [d1 < M] at [d1, d]
// CUM: flex.load %{{.*}}[d1 - 1, d] fill(0xFF800000 : f32)
kernel accumulated(x: f32[M, N]) -> (f32[M, N], f32[M, N]) { return cumsum(x), cummax(x * 2, axis = 0) }

// VITERBI: flex.scan [] over [t < T] each [s < S] at [t, s]
// VITERBI: flex.fold max [r < S] -> f32
// VITERBI: flex.load %{{.*}}[t - 1, r] fill(0.000000e+00 : f32)
kernel viterbi(p: f32[S], w: f32[S, S], e: f32[T, S]) -> f32[T, S] {
  let a[t, s] = scan(t) if t == 0 { p[s] + e[t, s] } else { e[t, s] + max(r) (zero(a)[t-1, r] + w[r, s]) }
  return a
}

kernel smoothed(x: f32[N], k: f32) -> f32[N] {
  let y[n] = scan(n) k * x[n] + (1 - k) * zero(y)[n-1]
  return y
}

kernel warped(c: f32[M, N]) -> f32[M, N] {
  let d[i, j] = scan(i, j) c[i, j] + (if i == 0 && j == 0 {
    0
  } else {
    min(min(fill(d, inf)[i-1, j], fill(d, inf)[i, j-1]), fill(d, inf)[i-1, j-1])
  })
  return d
}

kernel fibonacci(x: i64[N]) -> i64[N] {
  let f[n]: i64[N] = scan(n) if n < 2 { x[n] } else { zero(f)[n-1] + zero(f)[n-2] }
  return f
}

kernel recurrent(x: f32[T, D], w: f32[D, D]) -> f32[T, D] {
  let h[t, d] = scan(t) tanh(x[t, d] + sum(zero(h)[t-1, :] * w[:, d]))
  return h
}

// SORT: flex.argsort descending [d < M] over [d1 < N] at [d, d1] count N
// SORT: flex.argsort ascending [d < N] over [d1 < M] at [d1, d] count M
kernel sorted(x: f32[M, N]) -> (f32[M, N], i64[M, N]) { return sort(x, descending = true), argsort(x, axis = 0) }
kernel topThree(x: f32[M, N]) -> (f32[M, 3], i64[M, 3]) { return top_k(x, 3) }

// SCATTER: flex.scatter sum [d < D] over [d1 < K] at ["$0", d]
kernel scattered(b: f32[N, D], i: i32[K], v: f32[K, D]) -> f32[N, D] { return scatter_add(b, i, v) }
kernel marked(b: i32[N, M], i: i64[K], j: u8[K]) -> i32[N, M] { return scatter_max(b, (i, j), 3) }

// STORED: -> (!flex.tensor<f8E4M3FN[N]>, !flex.tensor<f8E5M2[N]>, !flex.tensor<i4[N]>, !flex.tensor<ui4[N]>)
kernel stored(x: f32[N]) -> (f8e4m3fn[N], f8e5m2[N], i4[N], u4[N]) { return f8e4m3fn(x), f8e5m2(x), i4(x), u4(x) }
kernel dequantized(x: f8e4m3fn[N], w: i4[N, M]) -> f32[M] { return [m] sum(n) f32(x[n]) * f32(w[n, m]) }

// Carried loops of known sizes, empty ones included, whose types follow from their bodies.
fn forward(l: float[N, N], b: float[N, M]) -> float[N, M] {
  let x[i, m] = scan(i) (b[i, m] - sum(k in 0..i-1) l[i, k] * x[k, m]) / l[i, i]
  return x
}

fn backward(u: float[N, N], b: float[N, M]) -> float[N, M] {
  let x[i in 0..N-1, m] = scan(i) (b[N-1-i, m] - sum(k in 0..i-1) u[N-1-i, N-1-k] * x[k, m]) / u[N-1-i, N-1-i]
  return flip(x, axis = 0)
}

kernel solved0(a: f32[0, 0], b: f32[0, M]) -> f32[0, M] { return backward(transpose(a), forward(a, b)) }
kernel solved1(a: f32[1, 1], b: f32[1, 3]) -> f32[1, 3] { return backward(transpose(a), forward(a, b)) }
kernel solvedN(a: f32[N, N], b: f32[N, M]) -> f32[N, M] { return backward(transpose(a), forward(a, b)) }
