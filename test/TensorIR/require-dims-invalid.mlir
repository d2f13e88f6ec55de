// RUN: flex-opt %s -flex-require-dims -split-input-file -verify-diagnostics

flex.kernel @nothing_to_clamp(%x: !flex.tensor<f32[0]>) -> !flex.tensor<f32[3]> {
  // expected-error @below {{'flex.map' op reads by a boundary rule an axis of extent 0}}
  %y = flex.map [i < 3] (%a = %x[i] clamp : !flex.tensor<f32[0]>) -> f32 {
    flex.yield %a : f32
  }
  flex.return %y : !flex.tensor<f32[3]>
}

// -----

flex.kernel @reaches_zero(%x: !flex.tensor<f32[9]>) -> !flex.tensor<f32[3]> {
  // expected-error @below {{'flex.map' op divides by 0}}
  %y = flex.map [i < 3] (%a = %x[floordiv(8, i)] : !flex.tensor<f32[9]>) -> f32 {
    flex.yield %a : f32
  }
  flex.return %y : !flex.tensor<f32[3]>
}

// -----

flex.kernel @not_linear(%x: !flex.tensor<f32[9]>) -> !flex.tensor<f32[3]> {
  // expected-error @below {{'flex.map' op divides by 'i*i + 1', which must be linear in each index, and not data, to be proved positive}}
  %y = flex.map [i < 3] (%a = %x[mod(i, i*i + 1)] : !flex.tensor<f32[9]>) -> f32 {
    flex.yield %a : f32
  }
  flex.return %y : !flex.tensor<f32[3]>
}

// -----

flex.kernel @divides_by_data(%x: !flex.tensor<f32[9]>, %k: !flex.tensor<i64[3]>) -> !flex.tensor<f32[3]> {
  %y = flex.map [i < 3] (%t = %x whole : !flex.tensor<f32[9]>, %a = %k[i] : !flex.tensor<i64[3]>) -> f32 {
    // expected-error @below {{'flex.load' op divides by '$0', which must be linear in each index, and not data, to be proved positive}}
    %v = flex.load %t["mod(i, $0)"] clamp (%a) : !flex.tensor<f32[9]>
    flex.yield %v : f32
  }
  flex.return %y : !flex.tensor<f32[3]>
}

// -----

flex.kernel @position_of_nothing(%x: !flex.tensor<f32[4, 0]>) -> !flex.tensor<i64[4]> {
  // expected-error @below {{finds a position in a range of extent 0}}
  %y = flex.reduce argmax [i < 4] over [j < 0] (%a = %x[i, j] : !flex.tensor<f32[4, 0]>) -> i64 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<i64[4]>
}
