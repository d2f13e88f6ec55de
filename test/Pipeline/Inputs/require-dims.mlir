flex.kernel @wrapped(%x: !flex.tensor<f32[N]>, %s: !flex.tensor<f32[M]>) -> !flex.tensor<f32[M]>
    attributes {arg_names = ["x", "s"]} {
  %y = flex.map [i < M] (%a = %x[i] wrap : !flex.tensor<f32[N]>, %b = %s[i] : !flex.tensor<f32[M]>) -> f32 {
    %0 = arith.addf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M]>
}

flex.kernel @divided(%x: !flex.tensor<f32[N]>, %s: !flex.tensor<f32[M]>) -> !flex.tensor<f32[M]>
    attributes {arg_names = ["x", "s"]} {
  %y = flex.map [i < M] (%b = %s[mod(i, N)] clamp : !flex.tensor<f32[M]>) -> f32 {
    flex.yield %b : f32
  }
  flex.return %y : !flex.tensor<f32[M]>
}
