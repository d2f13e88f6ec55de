flex.kernel @k(%x: !flex.tensor<f32[3 - 4]>) { flex.return }
