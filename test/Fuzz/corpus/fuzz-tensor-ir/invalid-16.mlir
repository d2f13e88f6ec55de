flex.kernel @umin(%x: !flex.tensor<f32[N]>) {
  %y = flex.reduce umin [] over [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}
