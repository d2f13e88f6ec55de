flex.kernel @names(%x: !flex.tensor<f32[N]>) attributes {arg_names = ["x", "y"]} {
  flex.return
}
