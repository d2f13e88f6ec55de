flex.kernel @cumsum(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  %y = flex.scan [j < N] over [i < M] at [i, j] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) self %s -> f32 {
    %p = flex.load %s[i - 1, j] fill(0.0 : f32) : !flex.tensor<f32[M, N]>
    %0 = arith.addf %p, %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}
