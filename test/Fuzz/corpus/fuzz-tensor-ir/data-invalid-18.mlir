flex.kernel @partial(%x: !flex.tensor<f32[N]>, %v: !flex.tensor<f32[M]>) {
  %y = flex.scatter sum [i < M] over [] at [i] (%b = %x whole : !flex.tensor<f32[N]>, %a = %v[i] : !flex.tensor<f32[M]>) {
    flex.yield %a : f32
  }
  flex.return
}
