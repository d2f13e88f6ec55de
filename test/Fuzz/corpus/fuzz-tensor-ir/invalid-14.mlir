flex.kernel @fill(%x: !flex.tensor<f32[N]>) {
  %y = flex.map [i < N] (%a = %x[i - 1] fill(1 : i32) : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}
