flex.kernel @group_results(%x: !flex.tensor<f32[N]>) {
  %r = flex.group "g" outer ["i"] -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield
  }
  flex.return
}
