flex.kernel @no_copy(%x: !flex.tensor<f32[N, N]>) -> (!flex.tensor<f32[N, N]>, !flex.tensor<f32[N, N]>, !flex.tensor<f32[N, N]>) {
  %t = flex.map [i < N, j < N] (%a = %x[j, i] : !flex.tensor<f32[N, N]>) -> f32 { flex.yield %a : f32 }
  %s = flex.map [i < N, j < N] (%a = %x[i + 1, j] clamp : !flex.tensor<f32[N, N]>) -> f32 { flex.yield %a : f32 }
  %d = flex.map [i < N, j < N] (%a = %x[i, i] : !flex.tensor<f32[N, N]>) -> f32 { flex.yield %a : f32 }
  flex.return %t, %s, %d : !flex.tensor<f32[N, N]>, !flex.tensor<f32[N, N]>, !flex.tensor<f32[N, N]>
}
