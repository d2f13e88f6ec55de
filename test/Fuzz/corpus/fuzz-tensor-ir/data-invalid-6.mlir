flex.kernel @load_rank(%x: !flex.tensor<f32[N, N]>) {
  %y = flex.map [i < N] (%t = %x whole : !flex.tensor<f32[N, N]>) -> f32 {
    %v = flex.load %t[i] clamp : !flex.tensor<f32[N, N]>
    flex.yield %v : f32
  }
  flex.return
}
