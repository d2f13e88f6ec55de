kernel scores(x: f32[M, K], w: f32[K, N]) -> f32[M, N] {
  let s = x @ w
  let m[i] = max(j) s[i, j]
  let e[i, j] = exp(s[i, j] - m[i])
  return [i, j] e[i, j] / sum(k) e[i, k]
}

kernel step(p: inout f32[N], g: f32[N]) { p = p - 0.1 * g }

kernel turned(p: inout f32[N]) { p = p[::-1] }
