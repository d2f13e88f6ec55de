// Reductions and running sums along each axis.

kernel sum_all(x: f32[N]) -> f32 { return sum(x) }
kernel sum_rows(x: f32[M, N]) -> f32[M] { return sum(x, axis = 1) }
kernel sum_columns(x: f32[M, N]) -> f32[N] { return sum(x, axis = 0) }
kernel max_rows(x: f32[M, N]) -> f32[M] { return max(x, axis = 1) }
kernel max_columns(x: f32[M, N]) -> f32[N] { return max(x, axis = 0) }
kernel argmax_rows(x: f32[M, N]) -> i64[M] where N >= 1 { return argmax(x, axis = 1) }
kernel argmax_columns(x: f32[M, N]) -> i64[N] where M >= 1 { return argmax(x, axis = 0) }
kernel cumsum_rows(x: f32[M, N]) -> f32[M, N] { return cumsum(x, axis = 1) }
kernel cumsum_columns(x: f32[M, N]) -> f32[M, N] { return cumsum(x, axis = 0) }
