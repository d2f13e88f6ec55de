kernel k(x: f32[N]) -> f32[N] { return if (x > 0) x else 0 }
