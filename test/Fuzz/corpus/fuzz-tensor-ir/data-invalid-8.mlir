flex.kernel @fold_type(%x: !flex.tensor<f32[N]>) {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %m = flex.fold argmax [r < N] -> i32 { flex.yield %a : f32 }
    flex.yield %a : f32
  }
  flex.return
}
