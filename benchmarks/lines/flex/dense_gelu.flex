fn gelu(x: float) -> float { 0.5 * x * (1 + erf(x * 0.7071067811865476)) }

kernel dense_gelu(x: f32[M, K], w: f32[K, N], bias: f32[N]) -> f32[M, N] { return gelu(x @ w + bias) }
