flex.kernel @other_parallel(%x: !flex.tensor<f32[M, N]>) {
  %y = flex.scan [j < N] over [i < M] at [i, j] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) self %s -> f32 {
    %p = flex.load %s[i - 1, j - 1] fill(0.0 : f32) : !flex.tensor<f32[M, N]>
    flex.yield %p : f32
  }
  flex.return
}
