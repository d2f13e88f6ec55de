flex.kernel @used_otherwise(%x: !flex.tensor<f32[N]>) {
  %y = flex.map [i < N] (%t = %x whole : !flex.tensor<f32[N]>) -> f32 {
    flex.yield %t : !flex.tensor<f32[N]>
  }
  flex.return
}
