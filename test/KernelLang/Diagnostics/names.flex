// Names: unknown, defined twice, used as what they are not.
import nn

fn twice(x: f32) -> f32 { x }
fn twice(x: f32) -> f32 { x }                            // expect E0204
fn exp(x: f32) -> f32 { x }                              // expect E0204
fn loops(x: f32) -> f32 { loops(x) }                     // expect E0212

kernel unknowns(weights: f32[N, N]) -> f32[N] {
  let a = weigths                                        // expect E0201 did you mean 'weights'
  let b = sqr(weights)                                   // expect E0202 did you mean 'sqrt'
  let c = float32(weights)                               // expect E0202
  let d = nn.gleu(weights)                               // expect E0206 did you mean 'gelu'
  let e = mm.gelu(weights)                               // expect E0201
  let f = f32                                            // expect E0208 'f32' is a type
  let g = exp                                            // expect E0208 'exp' is a function
  let h = weights.T                                      // expect E0201 write 'transpose(x)'
  let i = sum(k)                                         // expect E0201 a reduction in index notation has a body
  return [j] weights[j, 0]
}

kernel scopes(x: f32[N], N: f32) -> f32[N] {             // expect E0204
  let x = x                                              // expect E0204
  let y[x] = 1                                           // expect E0209
  let z[N] = 1                                           // expect E0209
  let w[i] = sum(i) x[i]                                 // expect E0209
  let v[i, i] = x[i]                                     // expect E0413
  return x
}

kernel noResult(x: f32[N]) -> f32[N] {
  let y = x + 1
}                                                        // expect E0210

kernel afterResult(x: f32[N]) -> f32[N] {
  return x
  let y = x                                              // expect E0211
}

kernel unused(x: f32[N]) -> f32[N] {
  let y = x + 1                                          // expect W0219 never used
  return x
}

kernel types(x: f33[N]) -> f32[N] { return x }           // expect E0203 did you mean 'f32'
kernel twoNames<T: f16 | f32>(x: T[T]) -> T[T] { return x }         // expect E0204
kernel twoTypes<T: f32, T: f32>(x: T[N]) -> T[N] { return x }       // expect E0204
kernel twoParams(x: f32[N], x: f32[N]) -> f32[N] { return x }       // expect E0204
