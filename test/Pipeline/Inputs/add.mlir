flex.kernel @add(%x: !flex.tensor<f32[N]>, %y: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
    attributes {arg_names = ["x", "y"], result_names = ["z"], constraints = ["N <= 64", "N % 2 == 0"], doc = "A sum."} {
  %z = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>, %b = %y[i] : !flex.tensor<f32[N]>) -> f32 {
    %s = arith.addf %a, %b : f32
    flex.yield %s : f32
  }
  flex.return %z : !flex.tensor<f32[N]>
}
