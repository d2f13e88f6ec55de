kernel k(x: f32[N]) -> f32[N] { x + 1 }
