kernel gemm(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { return a @ b }
