flex.kernel @combiner(%x: !flex.tensor<f32[N]>) {
  %y = flex.reduce mean [] over [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}
