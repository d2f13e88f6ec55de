kernel big(x: f16[M, K], w: f16[K, N]) -> f32[M, N] {
  return [i, j] sum(k) f32(x[i, k]) * f32(w[k, j])
}

schedule big for nvptx { tile_m 256  tile_n 128  tile_k 32  waves_m 2  waves_n 2  stages 2 }

kernel plain(x: f32[M, K], w: f32[K, N]) -> f32[M, N] {
  return [i, j] sum(k) x[i, k] * w[k, j]
}
