flex.kernel @unknown_extent(%x: !flex.tensor<f32[N]>) {
  %y = flex.map [i < M] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}
