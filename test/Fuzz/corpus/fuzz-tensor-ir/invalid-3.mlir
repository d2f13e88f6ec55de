flex.kernel @returned(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[M]> {
  flex.return %x : !flex.tensor<f32[N]>
}
