kernel k(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { return b @ a }
