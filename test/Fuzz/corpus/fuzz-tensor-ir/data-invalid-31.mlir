flex.kernel @default(%x: !flex.tensor<f32[N]>) attributes {arg_defaults = [1.0 : f32]} { flex.return }
