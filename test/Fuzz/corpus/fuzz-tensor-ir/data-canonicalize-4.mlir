flex.kernel @promote(%x: !flex.tensor<f32[T, B, S]>) -> !flex.tensor<f32[T, B, S]> {
  %y = flex.scan [] over [t < T] each [s < S, b < B] at [t, b, s] (%a = %x[t, b, s] : !flex.tensor<f32[T, B, S]>) self %v -> f32 {
    %p = flex.load %v[t - 1, b, s + 1] fill(0.0 : f32) : !flex.tensor<f32[T, B, S]>
    %0 = arith.addf %p, %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[T, B, S]>
}
