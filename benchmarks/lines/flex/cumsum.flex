kernel cumsum_rows(x: f32[M, N]) -> f32[M, N] { return cumsum(x, axis = 1) }
