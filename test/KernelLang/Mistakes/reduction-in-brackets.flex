kernel k(x: f32[M, N]) -> f32[M] { return [i] sum[j] x[i, j] }
