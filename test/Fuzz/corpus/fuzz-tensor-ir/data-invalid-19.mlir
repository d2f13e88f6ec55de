flex.kernel @place(%x: !flex.tensor<f32[N]>, %v: !flex.tensor<f32[M]>, %i: !flex.tensor<i32[M]>) {
  %y = flex.scatter max [] over [k < M] at ["$0"] (%b = %x whole : !flex.tensor<f32[N]>, %a = %v[k] : !flex.tensor<f32[M]>,
      %n = %i[k] : !flex.tensor<i32[M]>) {
    flex.yield %a, %n : f32, i32
  }
  flex.return
}
