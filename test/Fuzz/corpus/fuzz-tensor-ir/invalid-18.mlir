flex.kernel @group(%x: !flex.tensor<f32[N]>) {
  flex.group "g" outer [] {
    %c = flex.constant dense<1.0> : tensor<4xf32> : !flex.tensor<f32[4]>
    flex.yield
  }
  flex.return
}
