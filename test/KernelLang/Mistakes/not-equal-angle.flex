kernel k(x: f32[N]) -> bool[N] { return x <> 0 }
