// Kernels over lines of a matrix, and element by element.

import nn

kernel softmax(x: f32[M, N]) -> f32[M, N] { return nn.softmax(x) }
kernel log_softmax(x: f32[M, N]) -> f32[M, N] { return nn.log_softmax(x) }
kernel layer_norm(x: f32[M, N], gain: f32[N], bias: f32[N]) -> f32[M, N] { return nn.layer_norm(x, gain, bias) }
kernel rms_norm(x: f32[M, N], gain: f32[N]) -> f32[M, N] { return nn.rms_norm(x, gain) }
kernel cross_entropy(x: f32[M, N], classes: i32[M]) -> f32 where N >= 1 { return nn.cross_entropy(x, classes) }

kernel gelu(x: f32[N]) -> f32[N] { return nn.gelu(x) }
kernel silu(x: f32[N]) -> f32[N] { return nn.silu(x) }
kernel swiglu(gate: f32[M, N], up: f32[M, N]) -> f32[M, N] { return nn.swiglu(gate, up) }
kernel add(a: f32[N], b: f32[N]) -> f32[N] { return a + b }
