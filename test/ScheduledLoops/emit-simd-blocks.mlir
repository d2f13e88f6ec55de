// Contractions on units whose registers hold blocks of rows: what is packed, what is looked at, how edges are read.
// RUN: flex-opt %s --pass-pipeline="builtin.module(tile-emit-loops{device=model=simd,vector-bits=512,matrix-units=amx/i8/i32/16x16x64/1/rrr+amx/bf16/f32/16x16x32/1/rrr},cse)" -split-input-file | FileCheck %s

// 40 rows: a tile of two blocks, then one of 8 rows. The 70 steps are padded to 128. All columns are packed, then the rows of each tile.
// CHECK-LABEL: tile.kernel @bytes(
// CHECK: %[[COLUMNS:.*]] = tile.ring "4096" : <i8, private>
// CHECK: %[[SUMS:.*]] = tile.ring "1024" : <i32, private>
// CHECK: %[[ROWS:.*]] = tile.ring "4096" : <i8, private>
// CHECK: tile.store %{{.*}}, %[[COLUMNS]]
// CHECK: tile.registers rows %c16
// CHECK: %[[PIECE:.*]] = tile.load %{{.*}} : <i8, global> -> vector<64xi8>
// CHECK: tile.store %[[PIECE]], %[[ROWS]]
// CHECK: tile.load %{{.*}} valid(%{{.*}}) : <i8, global> -> vector<64xi8>
// CHECK: tile.register_zero 3
// CHECK: scf.for
// CHECK: tile.register_load %[[ROWS]][%{{.*}}] by %c64 to 4
// CHECK: tile.register_load %[[COLUMNS]][%{{.*}}] by %c64 to 6
// CHECK: tile.register_multiply 0, 4, 6 of i8 unsigned_b
// CHECK: tile.register_load %[[COLUMNS]][%{{.*}}] by %c64 to 7
// CHECK: tile.register_multiply 1, 4, 7 of i8 unsigned_b
// CHECK: tile.register_load %[[ROWS]][%{{.*}}] by %c64 to 5
// CHECK: tile.register_multiply 3, 5, 7 of i8 unsigned_b
// CHECK: tile.register_store 0 to %[[SUMS]][%c0{{.*}}] by %c32
// CHECK: tile.register_store 3 to %[[SUMS]][%c528{{.*}}] by %c32
// CHECK: tile.load %[[SUMS]]
// CHECK: tile.registers rows
// CHECK: tile.register_multiply 1, 4, 7 of i8 unsigned_b
// CHECK-NOT: tile.register_multiply
// CHECK: tile.registers_release
flex.kernel @bytes(%x: !flex.tensor<i8[40, 70]>, %w: !flex.tensor<i8[70, 32]>) -> !flex.tensor<i32[40, 32]> {
  %r = flex.group "bytes" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", unit = "amx", lanes = 16, vectors = 2, rows = 32} -> !flex.tensor<i32[40, 32]> {
    %y = flex.reduce sum [i < 40, j < 32] over [k < 70] (%a = %x[i, k] : !flex.tensor<i8[40, 70]>, %b = %w[k, j] : !flex.tensor<i8[70, 32]>) -> i32 {
      %p = arith.extsi %a : i8 to i32
      %q = arith.extui %b : i8 to i32
      %0 = arith.muli %p, %q : i32
      flex.yield %0 : i32
    }
    flex.yield %y : !flex.tensor<i32[40, 32]>
  }
  flex.return %r : !flex.tensor<i32[40, 32]>
}

// -----

// Floats that the unit takes for 0 are computed row by row: both what is packed and what is read of the rows is looked at. The rest is rounded in one
// instruction.
// CHECK-LABEL: tile.kernel @floats(
// CHECK: arith.minui %{{.*}} : vector<32xi16>
// CHECK: tile.reduce umin
// CHECK: tile.registers rows %c16
// CHECK: %[[PLAIN:.*]] = arith.andi %{{.*}}, %{{.*}} : i1
// CHECK: %[[SMALL:.*]] = arith.xori %[[PLAIN]], %{{.*}} : i1
// CHECK: scf.if %[[PLAIN]]
// CHECK: tile.register_multiply 0, 4, 6 of bf16
// CHECK: arith.truncf %{{.*}} {tile.no_denormals} : vector<16xf32> to vector<16xbf16>
// CHECK: scf.if %[[SMALL]]
// CHECK-NOT: tile.register
// CHECK: math.fma
// CHECK-NOT: no_denormals
// CHECK: tile.registers_release
flex.kernel @floats(%x: !flex.tensor<bf16[16, 32]>, %w: !flex.tensor<bf16[32, 16]>) -> !flex.tensor<bf16[16, 16]> {
  %r = flex.group "floats" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", unit = "amx", lanes = 16, vectors = 1, rows = 16} -> !flex.tensor<bf16[16, 16]> {
    %y = flex.reduce sum [i < 16, j < 16] over [k < 32] (%a = %x[i, k] : !flex.tensor<bf16[16, 32]>, %b = %w[k, j] : !flex.tensor<bf16[32, 16]>) -> bf16 {
      %0 = arith.mulf %a, %b : bf16
      flex.yield %0 : bf16
    }
    flex.yield %y : !flex.tensor<bf16[16, 16]>
  }
  flex.return %r : !flex.tensor<bf16[16, 16]>
}

// -----

// What L1 cannot keep beside the rows passes through it, the sums that waited, too.
// CHECK-LABEL: tile.kernel @long(
// CHECK: tile.register_zero 0
// CHECK: tile.register_load %[[ROWS:.*]][%{{.*}}] by %c32 to 4 : <bf16, private>
// CHECK: tile.register_load %{{.*}}[%{{.*}}] by %c32 to 6 streamed
// CHECK: tile.register_load %{{.*}}[%{{.*}}] by %c32{{.*}} to 0 streamed : <f32, private>
// CHECK: tile.register_load %[[ROWS]][%{{.*}}] by %c32 to 5 : <bf16, private>
flex.kernel @long(%x: !flex.tensor<bf16[1088, 1024]>, %w: !flex.tensor<bf16[1024, 64]>) -> !flex.tensor<f32[1088, 64]> {
  %r = flex.group "long" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", unit = "amx", lanes = 16, vectors = 2, rows = 32, depth = 512} -> !flex.tensor<f32[1088, 64]> {
    %y = flex.reduce sum [i < 1088, j < 64] over [k < 1024] (%a = %x[i, k] : !flex.tensor<bf16[1088, 1024]>, %b = %w[k, j] : !flex.tensor<bf16[1024, 64]>) -> f32 {
      %p = arith.extf %a : bf16 to f32
      %q = arith.extf %b : bf16 to f32
      %0 = arith.mulf %p, %q : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[1088, 64]>
  }
  flex.return %r : !flex.tensor<f32[1088, 64]>
}
