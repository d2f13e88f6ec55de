// Matrix products of the suite, as a user writes them: no schedule. Narrow types add up in f32 or i32.

import nn

kernel gemm(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { return a @ b }
kernel gemm_ta(a: f32[K, M], b: f32[K, N]) -> f32[M, N] { return transpose(a) @ b }
kernel gemm_tb(a: f32[M, K], b: f32[N, K]) -> f32[M, N] { return a @ transpose(b) }
kernel gemm_tab(a: f32[K, M], b: f32[N, K]) -> f32[M, N] { return transpose(a) @ transpose(b) }
kernel gemm_batched(a: f32[B, M, K], b: f32[B, K, N]) -> f32[B, M, N] { return a @ b }

kernel gemm_f64(a: f64[M, K], b: f64[K, N]) -> f64[M, N] { return a @ b }
kernel gemm_bf16(a: bf16[M, K], b: bf16[K, N]) -> bf16[M, N] { return bf16(f32(a) @ f32(b)) }
kernel gemm_f16(a: f16[M, K], b: f16[K, N]) -> f16[M, N] { return f16(f32(a) @ f32(b)) }
kernel gemm_s8s8(a: i8[M, K], b: i8[K, N]) -> i32[M, N] { return i32(a) @ i32(b) }
kernel gemm_u8s8(a: u8[M, K], b: i8[K, N]) -> i32[M, N] { return i32(a) @ i32(b) }

kernel dense_gelu(x: f32[M, K], w: f32[K, N], bias: f32[N]) -> f32[M, N] { return nn.gelu(nn.dense(x, w, bias)) }
