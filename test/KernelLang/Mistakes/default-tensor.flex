kernel k(x: f32[N], b: f32[N] = 0) -> f32[N] { return x + b }
