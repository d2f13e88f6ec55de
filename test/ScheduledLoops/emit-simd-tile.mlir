// Register tiles on a CPU: accumulators carried by the reduction, packed panels, remainders.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simd,vector-bits=512,vector-registers=32,l2=1048576,cores=2}),tile-emit-loops{device=model=simd,vector-bits=512,vector-registers=32,l2=1048576,cores=2},cse)" | FileCheck %s

// rows x vectors accumulators; the first tile of rows packs the panel, the others read it; 40 columns leave 8.
// CHECK-LABEL: tile.kernel @packed(
// CHECK-SAME: %[[X:[a-z0-9]*]]: !tile.buffer<f32, global>, %[[W:[a-z0-9]*]]: !tile.buffer<f32, global>, %[[Y:[a-z0-9]*]]:
// CHECK: %[[PANEL:.*]] = tile.ring "128" : <f32, private>
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c16
// CHECK: %[[C:.*]]:2 = scf.for %{{.*}} = %c0 to %c8 step %c1 iter_args(%[[A0:[^ ]*]] = %[[ZERO:[^ ]*]], %[[A1:[^ ]*]] = %[[ZERO]])
// CHECK: %[[B:.*]] = tile.load %[[W]][%{{.*}}] : <f32, global> -> vector<16xf32>
// CHECK: tile.store %[[B]], %[[PANEL]]
// CHECK: math.fma %{{.*}}, %[[B]], %[[A0]]
// CHECK: math.fma %{{.*}}, %[[B]], %[[A1]]
// CHECK: tile.store %[[C]]#0, %[[Y]]
// CHECK: tile.store %[[C]]#1, %[[Y]]
// CHECK: scf.for
// CHECK-NOT: tile.load %[[W]]
// CHECK: %[[P:.*]] = tile.load %[[PANEL]][
// CHECK-NOT: tile.load %[[PANEL]]
// CHECK: math.fma %{{.*}}, %[[P]]
// CHECK: math.fma %{{.*}}, %[[P]]
// Lanes are columns: what those past the end add up to is not kept, and not stored.
// CHECK: tile.load %[[W]][%{{.*}}] valid(%c8)
// CHECK-NOT: arith.select
// CHECK: tile.store %{{.*}}, %[[Y]][%{{.*}}] valid(%c8)
flex.kernel @fixed(%x: !flex.tensor<f32[4, 8]>, %w: !flex.tensor<f32[8, 40]>) -> !flex.tensor<f32[4, 40]> {
  %r = flex.group "packed" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 16, vectors = 1, rows = 2, pack = true} -> !flex.tensor<f32[4, 40]> {
    %y = flex.reduce sum [i < 4, j < 40] over [k < 8] (%a = %x[i, k] : !flex.tensor<f32[4, 8]>, %b = %w[k, j] : !flex.tensor<f32[8, 40]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[4, 40]>
  }
  flex.return %r : !flex.tensor<f32[4, 40]>
}

// Five rows by tiles of two leave one, of a narrower tile.
// CHECK-LABEL: tile.kernel @rest_of_rows(
// CHECK-NOT: tile.ring
// CHECK: scf.for %{{.*}} = %c0 to %c4 step %c2
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>)
// CHECK: scf.for {{.*}} -> (vector<16xf32>) {
flex.kernel @odd(%x: !flex.tensor<f32[5, 8]>, %w: !flex.tensor<f32[8, 16]>) -> !flex.tensor<f32[5, 16]> {
  %r = flex.group "rest_of_rows" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 16, vectors = 1, rows = 2} -> !flex.tensor<f32[5, 16]> {
    %y = flex.reduce sum [i < 5, j < 16] over [k < 8] (%a = %x[i, k] : !flex.tensor<f32[5, 8]>, %b = %w[k, j] : !flex.tensor<f32[8, 16]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[5, 16]>
  }
  flex.return %r : !flex.tensor<f32[5, 16]>
}

// Open rows: whether the item has a full tile to pack with is tested.
// CHECK-LABEL: tile.kernel @open_rows(
// CHECK: tile.ring "16*K" : <f32, private>
// CHECK: arith.cmpi sge
// CHECK: arith.cmpi slt
// CHECK: scf.if
// CHECK: scf.if
flex.kernel @open(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, 16]>) -> !flex.tensor<f32[M, 16]> {
  %r = flex.group "open_rows" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 16, vectors = 1, rows = 2, pack = true} -> !flex.tensor<f32[M, 16]> {
    %y = flex.reduce sum [i < M, j < 16] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %w[k, j] : !flex.tensor<f32[K, 16]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[M, 16]>
  }
  flex.return %r : !flex.tensor<f32[M, 16]>
}

// A panel of single lanes holds scalars.
// CHECK-LABEL: tile.kernel @scalar_panel(
// CHECK: tile.ring "8" : <f32, private>
// CHECK: tile.store %{{.*}} : f32, <f32, private>
// CHECK: tile.load %{{.*}} : <f32, private> -> f32
flex.kernel @scalars(%x: !flex.tensor<f32[4, 8]>, %w: !flex.tensor<f32[8, 3]>) -> !flex.tensor<f32[4, 3]> {
  %r = flex.group "scalar_panel" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", rows = 2, pack = true} -> !flex.tensor<f32[4, 3]> {
    %y = flex.reduce sum [i < 4, j < 3] over [k < 8] (%a = %x[i, k] : !flex.tensor<f32[4, 8]>, %b = %w[k, j] : !flex.tensor<f32[8, 3]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[4, 3]>
  }
  flex.return %r : !flex.tensor<f32[4, 3]>
}

// Both indices are walked as one, over M*N elements; an open rest is masked. An i1 is read and written as i1. (What is said is
// of the code for launches whose results stay in the caches, which comes second.)
// CHECK-LABEL: tile.kernel @collapsed_0(
// CHECK-SAME: items = "ceildiv(M*N, 16384)"
// CHECK: %[[EXTENT:.*]] = arith.muli
// CHECK: arith.cmpi slt, %{{.*}}, %c33554432
// CHECK: %[[END:.*]] = arith.minsi %{{.*}}, %[[EXTENT]]
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[MAIN:.*]] step %c256
// CHECK-COUNT-4: tile.load %{{.*}} : <i1, global> -> vector<64xi1>
// CHECK: scf.for %{{.*}} = %[[MAIN]] to %[[END]] step %c64
// CHECK: tile.load %{{.*}} valid(%[[VALID:.*]]) : <i1, global> -> vector<64xi1>
// CHECK: tile.store %{{.*}} valid(%[[VALID]]) : vector<64xi1>, <i1, global>
flex.kernel @collapsed(%x: !flex.tensor<i1[M, N]>) -> !flex.tensor<i1[M, N]> {
  %y = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<i1[M, N]>) -> i1 {
    %c = arith.constant 1 : i1
    %0 = arith.xori %a, %c : i1
    flex.yield %0 : i1
  }
  flex.return %y : !flex.tensor<i1[M, N]>
}

// bf16 in memory, f32 in registers.
// CHECK-LABEL: tile.kernel @narrow_0(
// CHECK: %[[V:.*]] = tile.load %{{.*}} : <bf16, global> -> vector<16xbf16>
// CHECK: %[[W:.*]] = arith.extf %[[V]] : vector<16xbf16> to vector<16xf32>
// CHECK: %[[S:.*]] = arith.addf %[[W]], %[[W]] {{.*}}: vector<16xf32>
// CHECK: %[[E:.*]] = math.exp %[[S]] : vector<16xf32>
// CHECK: %[[R:.*]] = arith.truncf %[[E]] : vector<16xf32> to vector<16xbf16>
// CHECK: tile.store %[[R]]
flex.kernel @narrow(%x: !flex.tensor<bf16[16]>) -> !flex.tensor<bf16[16]> {
  %y = flex.map [j < 16] (%a = %x[j] : !flex.tensor<bf16[16]>) -> bf16 {
    %0 = arith.addf %a, %a : bf16
    %1 = math.exp %0 : bf16
    flex.yield %1 : bf16
  }
  flex.return %y : !flex.tensor<bf16[16]>
}

// The pixels of an image are one index, beside rows of channels: 3 x 7 of them are a vector and 5.
// CHECK-LABEL: tile.kernel @pixels(
// CHECK-SAME: items = "1"
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>)
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>)
// CHECK: tile.load %{{.*}} valid(%c5)
flex.kernel @pixels_of_channels(%x: !flex.tensor<f32[8, 3, 7]>, %f: !flex.tensor<f32[2, 8]>) -> !flex.tensor<f32[2, 3, 7]> {
  %r = flex.group "pixels" outer ["k", "h", "w"] schedule {strategy = "tile", lane = "w", unroll = "k", lanes = 16, vectors = 1, rows = 2, collapse = 2} -> !flex.tensor<f32[2, 3, 7]> {
    %y = flex.reduce sum [k < 2, h < 3, w < 7] over [c < 8] (%a = %x[c, h, w] : !flex.tensor<f32[8, 3, 7]>, %b = %f[k, c] : !flex.tensor<f32[2, 8]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[2, 3, 7]>
  }
  flex.return %r : !flex.tensor<f32[2, 3, 7]>
}

// An item's first point of the other outer index packs the panel, the later ones read it.
// CHECK-LABEL: tile.kernel @shared(
// CHECK-SAME: %{{[a-z0-9]*}}: !tile.buffer<f32, global>, %[[W:[a-z0-9]*]]: !tile.buffer<f32, global>,
// CHECK: %[[PANEL:.*]] = tile.ring "128"
// CHECK: tile.load %[[W]]
// CHECK: tile.store %{{.*}}, %[[PANEL]]
// CHECK-NOT: tile.load %[[W]]
// CHECK: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c1 {
// CHECK-NOT: tile.load %[[W]]
// CHECK-COUNT-1: tile.load %[[PANEL]]
// CHECK-NOT: tile.store %{{.*}}, %[[PANEL]]
// CHECK: return
flex.kernel @points(%x: !flex.tensor<f32[6, 2, 8]>, %w: !flex.tensor<f32[8, 32]>) -> !flex.tensor<f32[6, 2, 32]> {
  %r = flex.group "shared" outer ["p", "i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 16, vectors = 1, rows = 2, "item-rows" = 3, "lane-tile" = 16, pack = true} -> !flex.tensor<f32[6, 2, 32]> {
    %y = flex.reduce sum [p < 6, i < 2, j < 32] over [k < 8] (%a = %x[p, i, k] : !flex.tensor<f32[6, 2, 8]>, %b = %w[k, j] : !flex.tensor<f32[8, 32]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[6, 2, 32]>
  }
  flex.return %r : !flex.tensor<f32[6, 2, 32]>
}

// Four steps in a turn, four turns for a line of the next tile's rows, of which each asks for one; six steps are left
// over. The tile that packs, and the one row that is left, take one at a time.
// CHECK-LABEL: tile.kernel @turns(
// CHECK-SAME: %[[X:[a-z0-9]*]]: !tile.buffer<f32, global>
// CHECK: scf.for %{{.*}} = %c0 to %c38 step %c1
// CHECK-NOT: tile.prefetch
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c16
// CHECK: scf.for %{{.*}} = %c0 to %c4 step %c1
// CHECK-COUNT-1: tile.prefetch %[[X]][%{{.*}}] level 2
// CHECK-NOT: tile.prefetch
// CHECK-COUNT-16: math.fma
// CHECK-NOT: math.fma
// CHECK: scf.for %{{.*}} = %c32 to %c38 step %c1
// CHECK-COUNT-4: math.fma
// CHECK-NOT: math.fma
// CHECK: scf.for %{{.*}} = %c0 to %c38 step %c1
// CHECK-NOT: tile.prefetch
// CHECK: tile.return
flex.kernel @turned(%x: !flex.tensor<f32[13, 38]>, %w: !flex.tensor<f32[38, 16]>) -> !flex.tensor<f32[13, 16]> {
  %r = flex.group "turns" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 16, vectors = 1, rows = 4, pack = true, steps = 4, prefetch = true} -> !flex.tensor<f32[13, 16]> {
    %y = flex.reduce sum [i < 13, j < 16] over [k < 38] (%a = %x[i, k] : !flex.tensor<f32[13, 38]>, %b = %w[k, j] : !flex.tensor<f32[38, 16]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[13, 16]>
  }
  flex.return %r : !flex.tensor<f32[13, 16]>
}

// What the first tile packs comes from beyond L2: eight steps ahead it is asked for. Later tiles read the panel.
// CHECK-LABEL: tile.kernel @far_panel(
// CHECK-SAME: %{{[a-z0-9]*}}: !tile.buffer<f32, global>, %[[W:[a-z0-9]*]]: !tile.buffer<f32, global>,
// CHECK: %[[PANEL:.*]] = tile.ring "32768"
// CHECK: tile.prefetch %[[W]]
// CHECK: tile.store %{{.*}}, %[[PANEL]]
// CHECK-NOT: tile.prefetch
flex.kernel @far(%x: !flex.tensor<f32[4, 2048]>, %w: !flex.tensor<f32[2048, 80]>) -> !flex.tensor<f32[4, 80]> {
  %r = flex.group "far_panel" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 16, vectors = 1, rows = 2, pack = true} -> !flex.tensor<f32[4, 80]> {
    %y = flex.reduce sum [i < 4, j < 80] over [k < 2048] (%a = %x[i, k] : !flex.tensor<f32[4, 2048]>, %b = %w[k, j] : !flex.tensor<f32[2048, 80]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[4, 80]>
  }
  flex.return %r : !flex.tensor<f32[4, 80]>
}
