kernel k(x: f32[N]) -> f32[N] { return max(0, x, 1) }
