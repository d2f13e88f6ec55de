flex.kernel @yields(%x: !flex.tensor<f32[N]>) {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f16 { flex.yield %a : f32 }
  flex.return
}
