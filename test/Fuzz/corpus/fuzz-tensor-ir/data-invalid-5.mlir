flex.kernel @load_outside(%x: !flex.tensor<f32[N]>) {
  %v = flex.load %x[0] clamp : !flex.tensor<f32[N]>
  flex.return
}
