flex.kernel @constraint(%x: !flex.tensor<f32[N]>) attributes {constraints = ["N is large"]} {
  flex.return
}
