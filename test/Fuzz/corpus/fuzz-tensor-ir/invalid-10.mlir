flex.kernel @rank(%x: !flex.tensor<f32[N, N]>) {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N, N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}
