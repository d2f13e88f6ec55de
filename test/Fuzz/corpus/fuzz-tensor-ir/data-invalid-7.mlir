flex.kernel @fold_hides(%x: !flex.tensor<f32[N]>) {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %m = flex.fold sum [i < N] -> f32 { flex.yield %a : f32 }
    flex.yield %m : f32
  }
  flex.return
}
