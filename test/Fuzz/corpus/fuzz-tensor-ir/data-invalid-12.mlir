flex.kernel @self_rule(%x: !flex.tensor<f32[N]>) {
  %y = flex.scan [] over [i < N] at [i] (%a = %x[i] : !flex.tensor<f32[N]>) self %s -> f32 {
    %p = flex.load %s[i - 1] clamp : !flex.tensor<f32[N]>
    flex.yield %p : f32
  }
  flex.return
}
