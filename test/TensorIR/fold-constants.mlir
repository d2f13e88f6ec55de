// RUN: flex-opt %s -flex-fold-constants -split-input-file | FileCheck %s

// CHECK-LABEL: flex.kernel @scaled
flex.kernel @scaled() -> (!flex.tensor<f32[2, 3]>, !flex.tensor<f32[3]>, !flex.tensor<ui8[3]>) {
  %w = flex.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32> : !flex.tensor<f32[2, 3]>
  %b = flex.constant dense<[250, 5, 255]> : tensor<3xui8> : !flex.tensor<ui8[3]>
  // A map with an index and a boundary rule, a sum over an axis, unsigned elements.
  // CHECK-DAG: flex.constant dense<{{\[\[}}5.000000e-01, 5.000000e-01, 1.000000e+00], [3.000000e+00, 3.000000e+00, 3.500000e+00]]>
  %h = flex.map [i < 2, j < 3] (%a = %w[i, j - 1] clamp : !flex.tensor<f32[2, 3]>) -> f32 {
    %half = arith.constant 5.0e-01 : f32
    %i = flex.index "i" : i64
    %f = arith.sitofp %i : i64 to f32
    %0 = arith.mulf %a, %half : f32
    %1 = arith.addf %0, %f : f32
    flex.yield %1 : f32
  }
  // CHECK-DAG: flex.constant dense<[5.000000e+00, 7.000000e+00, 9.000000e+00]>
  %s = flex.reduce sum [j < 3] over [i < 2] (%a = %w[i, j] : !flex.tensor<f32[2, 3]>) -> f32 {
    flex.yield %a : f32
  }
  // CHECK-DAG: flex.constant dense<[4, 15, 9]> : tensor<3xui8>
  %u = flex.map [j < 3] (%a = %b[j] : !flex.tensor<ui8[3]>) -> ui8 {
    %ten = arith.constant 10 : i8
    %0 = arith.addi %a, %ten : i8
    flex.yield %0 : i8
  }
  // CHECK-NOT: flex.map
  flex.return %h, %s, %u : !flex.tensor<f32[2, 3]>, !flex.tensor<f32[3]>, !flex.tensor<ui8[3]>
}

// -----

// Not exact, not constant, not bounded, not in range.
// CHECK-LABEL: flex.kernel @stays
// CHECK-COUNT-4: flex.map
flex.kernel @stays(%x: !flex.tensor<f32[3]>) -> (!flex.tensor<f32[3]>, !flex.tensor<f32[3]>, !flex.tensor<f32[100000, 3]>, !flex.tensor<f32[3]>) {
  %w = flex.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32> : !flex.tensor<f32[3]>
  %p = flex.map [j < 3] (%a = %w[j] : !flex.tensor<f32[3]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %q = flex.map [j < 3] (%a = %w[j] : !flex.tensor<f32[3]>, %c = %x[j] : !flex.tensor<f32[3]>) -> f32 {
    %0 = arith.mulf %a, %c : f32
    flex.yield %0 : f32
  }
  %r = flex.map [i < 100000, j < 3] (%a = %w[j] : !flex.tensor<f32[3]>) -> f32 {
    flex.yield %a : f32
  }
  %s = flex.map [j < 3] (%a = %w[j + 1] : !flex.tensor<f32[3]>) -> f32 {
    flex.yield %a : f32
  }
  flex.return %p, %q, %r, %s : !flex.tensor<f32[3]>, !flex.tensor<f32[3]>, !flex.tensor<f32[100000, 3]>, !flex.tensor<f32[3]>
}
