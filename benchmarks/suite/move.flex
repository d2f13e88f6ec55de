// Kernels that move data and choose among it.

import nn

kernel transpose2(x: f32[M, N]) -> f32[N, M] { return transpose(x) }

/// Heads in front of positions: [batch, position, head, element] to [batch, head, position, element].
kernel transpose_heads(x: f32[B, S, H, D]) -> f32[B, H, S, D] { return transpose(x, 0, 2, 1, 3) }

/// Channels last.
kernel transpose_channels(x: f32[B, C, H, W]) -> f32[B, H, W, C] { return transpose(x, 0, 2, 3, 1) }
kernel embedding(table: f32[V, D], ids: i32[L]) -> f32[L, D] where V >= 1 { return nn.embedding(table, ids) }
kernel top_k8(x: f32[M, N]) -> (f32[M, 8], i64[M, 8]) { return top_k(x, 8) }
