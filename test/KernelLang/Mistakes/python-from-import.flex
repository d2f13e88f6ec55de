from nn import softmax
kernel k(x: f32[M, N]) -> f32[M, N] { return x }
