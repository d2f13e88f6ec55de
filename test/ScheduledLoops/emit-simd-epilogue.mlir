// A long epilogue is emitted for one vector and looped over the register tile, whatever the tile's height; a short one follows each accumulator.
// RUN: flex-opt %s -flex-form-groups -tile-choose-schedule="device=model=simd,vector-bits=512,vector-registers=32,cores=2" -tile-emit-loops="device=model=simd,vector-bits=512,vector-registers=32,cores=2" -split-input-file | FileCheck %s

// CHECK-LABEL: tile.kernel @long_0
// CHECK: %[[RING:.*]] = tile.ring "384" : <f32, private>
// CHECK: %[[SUMS:.*]]:24 = scf.for
// CHECK-NOT: math.erf
// CHECK-COUNT-24: tile.store %[[SUMS]]#{{[0-9]+}}, %[[RING]]
// CHECK: %[[REST:.*]]:16 = scf.for
// CHECK-NOT: math.erf
// CHECK-COUNT-16: tile.store %[[REST]]#{{[0-9]+}}, %[[RING]]
// CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c1
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c16
// CHECK: tile.load %[[RING]]
// CHECK: math.erf
// CHECK-NOT: math.erf
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

// With open dimensions, all kinds of tile share it: one that writes the panel, one that reads it, lower ones behind them and for the rows
// of a domain that is lower than a tile. The columns that are left have a code of their own.
// CHECK-LABEL: tile.kernel @open_0
// CHECK: %[[PANEL:.*]] = tile.ring "48*K"
// CHECK: %[[TILE:.*]] = tile.ring "384"
// CHECK: %{{.*}}:24 = scf.for
// CHECK: tile.store %{{.*}}, %[[PANEL]]
// CHECK: %{{.*}}:24 = scf.for
// CHECK: tile.load %[[PANEL]]{{\[}}
// CHECK: %{{.*}}:12 = scf.for
// CHECK-NOT: tile.load %[[PANEL]]{{\[}}
// CHECK: %{{.*}}:6 = scf.for
// CHECK-NOT: tile.load %[[PANEL]]{{\[}}
// CHECK: %{{.*}}:3 = scf.for
// CHECK-NOT: tile.load %[[PANEL]]{{\[}}
// CHECK: %{{.*}}:12 = scf.for
// CHECK: tile.load %[[PANEL]]{{\[}}
// CHECK: %{{.*}}:6 = scf.for
// CHECK: tile.load %[[PANEL]]{{\[}}
// CHECK: %{{.*}}:3 = scf.for
// CHECK: tile.load %[[PANEL]]{{\[}}
// CHECK-NOT: math.erf
// CHECK: tile.load %[[TILE]]{{\[}}
// CHECK: math.erf
// CHECK-NOT: math.erf
// CHECK: %{{.*}}:8 = scf.for
// CHECK: math.erf
// CHECK-NOT: math.erf
flex.kernel @open(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  %a = flex.reduce sum [i < M, j < N] over [k < K] (%p = %x[i, k] : !flex.tensor<f32[M, K]>, %q = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < M, j < N] (%p = %a[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.erf %p : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
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
