kernel k(x: i32[N]) -> f32[N] { return x as f32 }
