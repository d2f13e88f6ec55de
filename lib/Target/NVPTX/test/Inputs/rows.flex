kernel chain(x: f16[M, N], y: f16[M, N]) -> f16[M, N] { return exp(x) * 2 + y }

kernel softmax(x: f16[M, N]) -> f16[M, N] {
  let m[i] = max(j) f32(x[i, j])
  let e[i, j] = exp(f32(x[i, j]) - m[i])
  return [i, j] f16(e[i, j] / sum(l) e[i, l])
}

@numerics(fast) kernel quick(x: f16[M, N]) -> f16[M, N] {
  let m[i] = max(j) f32(x[i, j])
  let e[i, j] = exp(f32(x[i, j]) - m[i])
  return [i, j] f16(e[i, j] / sum(l) e[i, l])
}

kernel turned(x: f16[M, N]) -> f16[N, M] { return [j, i] x[i, j] }
