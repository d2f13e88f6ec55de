flex.kernel @constant() {
  %c = flex.constant dense<1.0> : tensor<3xf32> : !flex.tensor<f32[4]>
  flex.return
}
