flex.kernel @extent(%x: !flex.tensor<f32[N]>) {
  %y = flex.reduce sum [] over [i < N, j < i] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}
