flex.kernel @position_type(%x: !flex.tensor<f32[N]>) {
  %y = flex.reduce argmax [] over [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}
