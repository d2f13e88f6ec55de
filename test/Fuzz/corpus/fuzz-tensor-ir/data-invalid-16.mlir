flex.kernel @base(%x: !flex.tensor<f32[N]>) {
  %y = flex.scatter sum [] over [i < N] at [i] (%a = %x[i] : !flex.tensor<f32[N]>) { flex.yield %a : f32 }
  flex.return
}
