// Contractions on units that multiply short runs of the reduction: what is packed, and how sums begin.
// RUN: flex-opt %s --pass-pipeline="builtin.module(tile-emit-loops{device=model=simd,vector-bits=256,matrix-units=vnni/i8/i32/1x8x4/1/rrr+vnni/bf16/f32/1x8x2/1/rrr},cse)" -split-input-file | FileCheck %s

// Four rows of the lane operand become runs of four for each lane; the last ones, beyond the reduction, are not read. Sums begin at -128 times their
// column's sum, for 128 is added to each row's elements.
// CHECK-LABEL: tile.kernel @rows(
// CHECK: %[[RING:.*]] = tile.ring "64" : <i8, private>
// CHECK: %[[STARTS:.*]] = tile.ring "8" : <i32, private>
// CHECK: vector.shuffle {{.*}} [0, 2, 4, 6, 1, 3, 5, 7] : vector<8xi32>
// CHECK: %[[FOUR:.*]] = vector.shuffle {{.*}} [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 16, {{.*}}] : vector<32xi8>, vector<32xi8>
// CHECK: tile.store %[[FOUR]], %[[RING]]
// CHECK: %[[OFFSET:.*]] = arith.constant dense<-128> : vector<32xi8>
// CHECK: tile.contract "vnni" %[[OFFSET]], %[[FOUR]], %{{.*}} : vector<32xi8>, vector<32xi8>, vector<8xi32>
// CHECK: tile.load %{{.*}} valid(
// CHECK: %[[FROM:.*]] = arith.subi %{{.*}}, %{{.*}} : vector<8xi32>
// CHECK: tile.store %[[FROM]], %[[STARTS]]
// CHECK: %[[BEGIN:.*]] = tile.load %[[STARTS]]
// CHECK: %[[B:.*]] = tile.load %[[RING]][%{{.*}}] : <i8, private> -> vector<32xi8>
// CHECK: tile.load %{{.*}}[%{{.*}}] : <i8, global> -> vector<4xi8>
// CHECK: %[[BITS:.*]] = arith.constant dense<-2139062144> : vector<8xi32>
// CHECK: arith.xori %{{.*}}, %[[BITS]] : vector<8xi32>
// CHECK: tile.contract "vnni" %{{.*}}, %[[B]], %[[BEGIN]]
// CHECK: tile.load %{{.*}}[%{{.*}}] valid(%{{.*}}) : <i8, global> -> vector<4xi8>
// CHECK: tile.contract "vnni"
flex.kernel @rows(%x: !flex.tensor<i8[3, 6]>, %w: !flex.tensor<i8[6, 8]>) -> !flex.tensor<i32[3, 8]> {
  %r = flex.group "rows" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", unit = "vnni", lanes = 8, rows = 3} -> !flex.tensor<i32[3, 8]> {
    %y = flex.reduce sum [i < 3, j < 8] over [k < 6] (%a = %x[i, k] : !flex.tensor<i8[3, 6]>, %b = %w[k, j] : !flex.tensor<i8[6, 8]>) -> i32 {
      %p = arith.extsi %a : i8 to i32
      %q = arith.extsi %b : i8 to i32
      %0 = arith.muli %p, %q : i32
      flex.yield %0 : i32
    }
    flex.yield %y : !flex.tensor<i32[3, 8]>
  }
  flex.return %r : !flex.tensor<i32[3, 8]>
}

// -----

// Unsigned lanes go first, and nothing is added; columns that run along the reduction are turned, eight words of each at once.
// CHECK-LABEL: tile.kernel @turned(
// CHECK: tile.ring "256" : <i8, private>
// CHECK-NOT: tile.ring
// CHECK-COUNT-8: tile.load %{{.*}} : <ui8, global> -> vector<32xi8>
// CHECK-COUNT-24: vector.shuffle
// CHECK-COUNT-8: tile.store
// CHECK-NOT: arith.xori
// CHECK: %[[B:.*]] = tile.load %{{.*}} : <i8, private> -> vector<32xi8>
// CHECK: tile.contract "vnni" %[[B]],
flex.kernel @turned(%x: !flex.tensor<i8[M, 32]>, %w: !flex.tensor<ui8[8, 32]>) -> !flex.tensor<i32[M, 8]> {
  %r = flex.group "turned" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", unit = "vnni", lanes = 8, rows = 2} -> !flex.tensor<i32[M, 8]> {
    %y = flex.reduce sum [i < M, j < 8] over [k < 32] (%a = %x[i, k] : !flex.tensor<i8[M, 32]>, %b = %w[j, k] : !flex.tensor<ui8[8, 32]>) -> i32 {
      %p = arith.extsi %a : i8 to i32
      %q = arith.extui %b : i8 to i32
      %0 = arith.muli %p, %q : i32
      flex.yield %0 : i32
    }
    flex.yield %y : !flex.tensor<i32[M, 8]>
  }
  flex.return %r : !flex.tensor<i32[M, 8]>
}

// -----

// Pairs of bf16: the smallest magnitude of the panel and of a tile's rows decides between the unit and multiply-adds of f32, row by row.
// CHECK-LABEL: tile.kernel @guarded(
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15] : vector<8xbf16>, vector<8xbf16>
// CHECK: arith.minui %{{.*}} : vector<16xi16>
// CHECK: %[[PANEL:.*]] = tile.reduce umin
// CHECK: %[[PLAIN:.*]] = arith.cmpi uge, %[[PANEL]],
// CHECK: arith.minui
// CHECK: arith.minui
// CHECK: tile.reduce umin
// CHECK: %[[BOTH:.*]] = arith.andi %{{.*}}, %[[PLAIN]] : i1
// CHECK: scf.if %[[BOTH]]
// CHECK-COUNT-2: tile.contract "vnni"
// CHECK: scf.if
// CHECK-NOT: tile.contract
// CHECK: scf.for
// CHECK-COUNT-2: math.fma
flex.kernel @guarded(%x: !flex.tensor<bf16[2, 2]>, %w: !flex.tensor<bf16[2, 8]>) -> !flex.tensor<f32[2, 8]> {
  %r = flex.group "guarded" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", unit = "vnni", lanes = 8, rows = 2} -> !flex.tensor<f32[2, 8]> {
    %y = flex.reduce sum [i < 2, j < 8] over [k < 2] (%a = %x[i, k] : !flex.tensor<bf16[2, 2]>, %b = %w[k, j] : !flex.tensor<bf16[2, 8]>) -> f32 {
      %p = arith.extf %a : bf16 to f32
      %q = arith.extf %b : bf16 to f32
      %0 = arith.mulf %p, %q : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[2, 8]>
  }
  flex.return %r : !flex.tensor<f32[2, 8]>
}
