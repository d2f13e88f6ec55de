// A long epilogue is emitted for one row of the register tile and looped over its rows; a short one follows each accumulator.
// RUN: flex-opt %s -flex-form-groups -tile-choose-schedule="device=model=simd,vector-bits=512,vector-registers=32,cores=2" -tile-emit-loops="device=model=simd,vector-bits=512,vector-registers=32,cores=2" -split-input-file | FileCheck %s

// CHECK-LABEL: tile.kernel @long_0
// CHECK: %[[RING:.*]] = tile.ring "384" : <f32, private>
// CHECK: %[[SUMS:.*]]:24 = scf.for
// CHECK-COUNT-24: tile.store %[[SUMS]]#{{[0-9]+}}, %[[RING]]
// CHECK: scf.for %{{.*}} = %c0 to %c6 step %c1
// CHECK-COUNT-4: tile.load %[[RING]]
// CHECK-COUNT-4: math.erf
// CHECK-NOT: math.erf
// CHECK: %{{.*}}:16 = scf.for
flex.kernel @long(%x: !flex.tensor<f32[64, 64]>, %w: !flex.tensor<f32[64, 64]>) -> !flex.tensor<f32[64, 64]> {
  %a = flex.reduce sum [i < 64, j < 64] over [k < 64] (%p = %x[i, k] : !flex.tensor<f32[64, 64]>, %q = %w[k, j] : !flex.tensor<f32[64, 64]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < 64, j < 64] (%p = %a[i, j] : !flex.tensor<f32[64, 64]>) -> f32 {
    %0 = math.erf %p : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[64, 64]>
}

// -----

// CHECK-LABEL: tile.kernel @short_0
// CHECK-NOT: tile.ring
// CHECK-COUNT-24: arith.maximumf
flex.kernel @short(%x: !flex.tensor<f32[64, 64]>, %w: !flex.tensor<f32[64, 64]>) -> !flex.tensor<f32[64, 64]> {
  %a = flex.reduce sum [i < 64, j < 64] over [k < 64] (%p = %x[i, k] : !flex.tensor<f32[64, 64]>, %q = %w[k, j] : !flex.tensor<f32[64, 64]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < 64, j < 64] (%p = %a[i, j] : !flex.tensor<f32[64, 64]>) -> f32 {
    %c = arith.constant 0.0 : f32
    %0 = arith.maximumf %p, %c : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[64, 64]>
}
