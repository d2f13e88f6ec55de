flex.kernel @k(%x: !flex.tensor<f32[N]>) { %y = flex.map [i < N] (%a = %x[i] : f32) -> f32 { flex.yield %a : f32 } flex.return }
