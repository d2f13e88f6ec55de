flex.kernel @unused(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.reduce max [] over [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  %c = flex.constant dense<1.0> : tensor<4xf32> : !flex.tensor<f32[4]>
  flex.return %x : !flex.tensor<f32[N]>
}
