// What follows from bound arguments alone is launches of its own, marked `kept`, which write memory that stays.
// RUN: flex-opt %s --pass-pipeline="builtin.module(tile-emit-loops{device=model=simd,vector-bits=128,vector-registers=32,cores=2,matrix-units=amx/bf16/f32/16x16x32/1/rrr},cse)" -split-input-file | sed 's/{buffers/\n{buffers/g; s/, {bytes/,\n{bytes/g' | FileCheck %s

// Two readers of a bound weight share its panels, three columns of four; one that reads an argument of the same type is another function.
// CHECK: {arena = "0", bound = array<i64: 1>
// CHECK: {bytes = "32", index = 0 : i64, kind = "kept", offset = "0"}
// CHECK-SAME: kept = "64", kept_dims = [], kept_key = "{{[0-9a-f]+}}", kernel = "f"
// CHECK: {buffers = [1, 6], {{.*}}entry = "first_packed", {{.*}}items = "1", kept}
// CHECK: {buffers = [0, 6, 3], {{[^}]*}}entry = "first", {{[^}]*}}
// CHECK-NOT: kept}
// CHECK: {buffers = [0, 6, 4], {{[^}]*}}entry = "first", {{[^}]*}}
// CHECK: {buffers = [0, 2, 5], {{[^}]*}}entry = "third", {{[^}]*}}
// CHECK: params =
// CHECK-LABEL: tile.kernel @first_packed(
// CHECK: arith.extf
// CHECK: tile.store
// CHECK-LABEL: tile.kernel @first(
// CHECK-SAME: %{{[a-z0-9]*}}: !tile.buffer<bf16, global>, %[[W:[a-z0-9]*]]: !tile.buffer<f32, global>
// CHECK-NOT: tile.ring
// CHECK: tile.load %[[W]][%{{.*}}] : <f32, global> -> vector<4xf32>
// CHECK-LABEL: tile.kernel @third(
// CHECK: tile.ring
flex.kernel @f(%x: !flex.tensor<bf16[M, 2]>, %w: !flex.tensor<bf16[3, 2]>, %u: !flex.tensor<bf16[3, 2]>) -> (!flex.tensor<f32[M, 3]>, !flex.tensor<f32[M, 3]>, !flex.tensor<f32[M, 3]>) attributes {flex.bound = array<i64: 1>} {
  %r = flex.group "first" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 4, vectors = 1, rows = 2, pack = true} -> !flex.tensor<f32[M, 3]> {
    %y = flex.reduce sum [i < M, j < 3] over [k < 2] (%a = %x[i, k] : !flex.tensor<bf16[M, 2]>, %b = %w[j, k] : !flex.tensor<bf16[3, 2]>) -> f32 {
      %p = arith.extf %a : bf16 to f32
      %q = arith.extf %b : bf16 to f32
      %0 = arith.mulf %p, %q : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[M, 3]>
  }
  %s = flex.group "second" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 4, vectors = 1, rows = 2, pack = true} -> !flex.tensor<f32[M, 3]> {
    %y = flex.reduce sum [i < M, j < 3] over [k < 2] (%a = %x[i, k] : !flex.tensor<bf16[M, 2]>, %b = %w[j, k] : !flex.tensor<bf16[3, 2]>) -> f32 {
      %p = arith.extf %a : bf16 to f32
      %q = arith.extf %b : bf16 to f32
      %0 = arith.mulf %p, %q : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[M, 3]>
  }
  %t = flex.group "third" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 4, vectors = 1, rows = 2, pack = true} -> !flex.tensor<f32[M, 3]> {
    %y = flex.reduce sum [i < M, j < 3] over [k < 2] (%a = %x[i, k] : !flex.tensor<bf16[M, 2]>, %b = %u[j, k] : !flex.tensor<bf16[3, 2]>) -> f32 {
      %p = arith.extf %a : bf16 to f32
      %q = arith.extf %b : bf16 to f32
      %0 = arith.mulf %p, %q : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[M, 3]>
  }
  flex.return %r, %s, %t : !flex.tensor<f32[M, 3]>, !flex.tensor<f32[M, 3]>, !flex.tensor<f32[M, 3]>
}

// -----

// A chain of launches: what only kept ones read is a temporary of theirs, what others read is kept, and nobody computes over it.
// CHECK: {arena = "64", bound = array<i64: 1>
// CHECK: {bytes = "32", index = 0 : i64, kind = "temp", offset = "0"}
// CHECK: {bytes = "32", index = 0 : i64, kind = "kept", offset = "0"}
// CHECK-SAME: kept = "64"
// CHECK: {buffers = [1, 3], {{[^}]*}}entry = "a", {{[^}]*}}kept}
// CHECK: {buffers = [3, 4], {{[^}]*}}entry = "b", {{[^}]*}}kept}
// CHECK: {buffers = [0, 4, 2], {{[^}]*}}entry = "c", {{[^}]*}}items
// CHECK-NOT: kept}
// CHECK: params =
flex.kernel @g(%x: !flex.tensor<f32[8]>, %w: !flex.tensor<f32[8]>) -> !flex.tensor<f32[8]> attributes {flex.bound = array<i64: 1>} {
  %a = flex.group "a" outer ["i"] schedule {strategy = "tile", lane = "i"} -> !flex.tensor<f32[8]> {
    %0 = flex.map [i < 8] (%v = %w[i] : !flex.tensor<f32[8]>) -> f32 {
      %1 = arith.addf %v, %v : f32
      flex.yield %1 : f32
    }
    flex.yield %0 : !flex.tensor<f32[8]>
  }
  %b = flex.group "b" outer ["i"] schedule {strategy = "tile", lane = "i"} -> !flex.tensor<f32[8]> {
    %0 = flex.map [i < 8] (%v = %a[7 - i] : !flex.tensor<f32[8]>) -> f32 { flex.yield %v : f32 }
    flex.yield %0 : !flex.tensor<f32[8]>
  }
  %c = flex.group "c" outer ["i"] schedule {strategy = "tile", lane = "i"} -> !flex.tensor<f32[8]> {
    %0 = flex.map [i < 8] (%v = %x[i] : !flex.tensor<f32[8]>, %u = %b[i] : !flex.tensor<f32[8]>) -> f32 {
      %1 = arith.mulf %v, %u : f32
      flex.yield %1 : f32
    }
    flex.yield %0 : !flex.tensor<f32[8]>
  }
  flex.return %c : !flex.tensor<f32[8]>
}

// -----

// A unit that takes small numbers for 0 asks for the smallest magnitude of each panel, which is found once, too; the loops compare it.
// CHECK: {buffers = [1, [[PANELS:[0-9]+]]], {{.*}}entry = "small_packed", {{.*}}kept}
// CHECK: {buffers = {{\[}}[[PANELS]], [[LEAST:[0-9]+]]], {{.*}}entry = "small_least", {{.*}}kept}
// CHECK: {buffers = [0, [[PANELS]], [[LEAST]], 2], {{.*}}entry = "small", {{.*}}
// CHECK-LABEL: tile.kernel @small(
// CHECK-SAME: %{{[a-z0-9]*}}: !tile.buffer<bf16, global>, %{{[a-z0-9]*}}: !tile.buffer<bf16, global>, %[[L:[a-z0-9]*]]: !tile.buffer<f32, global>
// CHECK: %[[MAGNITUDE:.*]] = tile.load %[[L]][%{{.*}}] : <f32, global> -> f32
// CHECK: arith.cmpf oge, %[[MAGNITUDE]]
flex.kernel @h(%x: !flex.tensor<bf16[64, 64]>, %w: !flex.tensor<bf16[64, 48]>) -> !flex.tensor<f32[64, 48]> attributes {flex.bound = array<i64: 1>} {
  %r = flex.group "small" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 16, vectors = 2, rows = 32, "lane-tile" = 32, unit = "amx"} -> !flex.tensor<f32[64, 48]> {
    %y = flex.reduce sum [i < 64, j < 48] over [k < 64] (%a = %x[i, k] : !flex.tensor<bf16[64, 64]>, %b = %w[k, j] : !flex.tensor<bf16[64, 48]>) -> f32 {
      %p = arith.extf %a : bf16 to f32
      %q = arith.extf %b : bf16 to f32
      %0 = arith.mulf %p, %q : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[64, 48]>
  }
  flex.return %r : !flex.tensor<f32[64, 48]>
}
