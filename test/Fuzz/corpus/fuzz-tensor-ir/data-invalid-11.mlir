flex.kernel @later_fold(%x: !flex.tensor<f32[N]>) {
  %y = flex.scan [] over [i < N] at [i] (%a = %x[i] : !flex.tensor<f32[N]>) self %s -> f32 {
    %f = flex.fold sum [r < 2] -> f32 {
      %p = flex.load %s[i + r - 1] fill(0.0 : f32) : !flex.tensor<f32[N]>
      flex.yield %p : f32
    }
    flex.yield %f : f32
  }
  flex.return
}
