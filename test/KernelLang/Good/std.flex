// RUN: flexc check %s | FileCheck %s
// Every module of the standard library, from a kernel, by both spellings of a name.
// CHECK: kernel mlp(x: f32[B, K], w: f32[K, N], bias: f32[N]) -> f32[B, N]
import nn
import linalg
import image

kernel mlp(x: f32[B, K], w: f32[K, N], bias: f32[N]) -> f32[B, N] { return gelu(nn.dense(x, w, bias)) }

kernel norms<T: f16 | bf16 | f32 | f64>(x: T[M, N], g: T[N], b: T[N]) -> (T[M, N], T[M, N], T[M, N], T[M, N]) {
  return nn.layer_norm(x, g, b, eps = 1e-4), nn.rms_norm(x, g), nn.softmax(x), nn.log_softmax(x)
}

kernel activations(x: f32[N]) -> f32[N] {
  let a = relu(x) + leaky_relu(x) + sigmoid(x) + silu(x) + gelu(x)
  return a + gelu_tanh(x) + softplus(x) + elu(x)
}

kernel losses(x: f32[M, N], t: f32[M, N]) -> f32 { return nn.cross_entropy(x, t) }

// CHECK: kernel heads(q: f32[S, D], k: f32[T, D], v: f32[T, E]) -> f32[S, E]
kernel heads(q: f32[S, D], k: f32[T, D], v: f32[T, E]) -> f32[S, E] { return attention(q, k, v) }

kernel matrices(a: f32[M, N], b: f32[N, M], v: f32[N]) -> f32[M, M] {
  let c = linalg.matmul(a, b) + transpose(b) @ transpose(a)
  return c * (trace(c) + norm(v) + frobenius(a) + dot(v, v) + sum(outer(v, v)) + sum(matvec(a, v)))
}

kernel batches(a: i32[B, M, K], b: i32[B, K, N]) -> i32[B, M, N] { return batch_matmul(a, b) }

kernel picture(img: u8[H, W, 3]) -> u8[H, W] {
  let gray = image.luminance(f32(img))
  return u8(round(clamp(sobel(gauss3(blur3(gray))), 0, 255)))
}

kernel sizes(img: f32[H, W]) -> (f32[H/2, W/2], f32[2*H, 2*W], f32[2*H, 2*W]) {
  return halve(img), double_nearest(img), double_bilinear(img)
}
