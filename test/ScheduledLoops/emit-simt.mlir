// What groups of threads run: one run per thread, one row per group, a block through group memory.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simt,vector-bits=128,wave-size=32}),tile-emit-loops{device=model=simt,vector-bits=128,wave-size=32},cse)" | FileCheck %s

// 16 bytes per thread; threads behind the end do nothing.
// CHECK-LABEL: tile.kernel @elementwise_0(
// CHECK-SAME: group_size = 256 : i64, items = "M"
// CHECK-DAG: %[[ID:.*]] = tile.id
// CHECK-DAG: %[[LANE:.*]] = tile.lane
// CHECK: %[[BASE:.*]] = arith.muli %[[ID]], %c256
// CHECK: %[[NUMBER:.*]] = arith.addi %[[BASE]], %[[LANE]]
// CHECK: %[[INSIDE:.*]] = arith.cmpi slt, %[[NUMBER]]
// CHECK: scf.if %[[INSIDE]]
// CHECK: tile.load %{{.*}}[%{{.*}}] {tile.alignment = 16 : i64} : <f32, global> -> vector<4xf32>
// CHECK: tile.store %{{.*}} {tile.alignment = 16 : i64} : vector<4xf32>
flex.kernel @elementwise(%x: !flex.tensor<f32[M, 1024]>) -> !flex.tensor<f32[M, 1024]> {
  %y = flex.map [i < M, j < 1024] (%a = %x[i, j] : !flex.tensor<f32[M, 1024]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, 1024]>
}

// An open extent may leave a partial run: the first threads take its elements, one each.
// CHECK-LABEL: tile.kernel @open_0(
// CHECK-SAME: items = "ceildiv(N, 1024)"
// CHECK: scf.if
// CHECK: tile.load %{{.*}} {tile.alignment = 16 : i64} : <f32, global> -> vector<4xf32>
// CHECK: %[[LEFT:.*]] = arith.andi %{{.*}}, %c3
// CHECK: %[[IS_LEFT:.*]] = arith.cmpi slt, %{{.*}}, %[[LEFT]]
// CHECK: scf.if %[[IS_LEFT]]
// CHECK-NOT: scf.for
// CHECK: tile.load %{{.*}}[%{{.*}}] : <f32, global> -> f32
flex.kernel @open(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// Rows of open length are aligned if their length is a multiple: asked once. The run that is shared by all rows is
// read in one access, too; what is one for a row, is one for a thread.
// CHECK-LABEL: tile.kernel @broadcast_0(
// CHECK: %[[REST:.*]] = arith.andi %{{.*}}, %c7
// CHECK: %[[ALIGNED:.*]] = arith.cmpi eq, %[[REST]], %c0
// CHECK: scf.if %[[ALIGNED]]
// CHECK-DAG: tile.load %{{.*}} {tile.alignment = 16 : i64} : <f16, global> -> vector<8xf16>
// CHECK-DAG: tile.load %{{.*}} {tile.alignment = 16 : i64} : <f32, global> -> vector<8xf32>
// CHECK-DAG: tile.load %{{.*}}[%{{.*}}] : <f32, global> -> f32
// CHECK: tile.store %{{.*}} {tile.alignment = 16 : i64} : vector<8xf16>
// CHECK: scf.for
// CHECK-NOT: vector
// CHECK: tile.return
flex.kernel @broadcast(%x: !flex.tensor<f16[M, N]>, %b: !flex.tensor<f32[N]>, %c: !flex.tensor<f32[M]>) -> !flex.tensor<f16[M, N]> {
  %y = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f16[M, N]>, %d = %b[j] : !flex.tensor<f32[N]>, %e = %c[i] : !flex.tensor<f32[M]>) -> f16 {
    %0 = arith.extf %a : f16 to f32
    %1 = arith.addf %0, %d : f32
    %2 = arith.mulf %1, %e : f32
    %3 = arith.truncf %2 : f32 to f16
    flex.yield %3 : f16
  }
  flex.return %y : !flex.tensor<f16[M, N]>
}

// Rows of an odd length are never aligned.
// CHECK-LABEL: tile.kernel @odd_0(
// CHECK-NOT: vector
// CHECK: tile.return
flex.kernel @odd(%x: !flex.tensor<f32[M, 33]>, %b: !flex.tensor<f32[33]>) -> !flex.tensor<f32[M, 33]> {
  %y = flex.map [i < M, j < 33] (%a = %x[i, j] : !flex.tensor<f32[M, 33]>, %d = %b[j] : !flex.tensor<f32[33]>) -> f32 {
    %0 = arith.addf %a, %d : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, 33]>
}

// A row: each thread reduces its share, the group combines them, the first thread writes the scalar. Where the row is
// aligned and fits, it is read once; where it is only aligned, in runs; else element by element. Nothing is read back from memory, so there is no wait.
// CHECK-LABEL: tile.kernel @statistics_0(
// CHECK-SAME: group_size = 256 : i64, items = "M"
// CHECK-NOT: tile.wait
// CHECK: %[[THREAD:.*]] = tile.lane
// CHECK-COUNT-4: tile.load %{{.*}} {tile.alignment = 16 : i64} : <f32, global> -> vector<4xf32>
// CHECK-NOT: tile.load
// CHECK: %[[ROW:.*]] = tile.reduce max %{{.*}} group : vector<4xf32> -> f32
// CHECK: %[[FIRST:.*]] = arith.cmpi slt, %[[THREAD]], %c1
// CHECK: scf.if %[[FIRST]]
// CHECK: tile.store %[[ROW]]
// CHECK-NOT: tile.load
// CHECK: arith.subf
// CHECK-COUNT-4: tile.store %{{.*}} {tile.alignment = 16 : i64} : vector<4xf32>
// CHECK: scf.for {{.*}} step %c1024{{.*}} iter_args
// CHECK: tile.load %{{.*}} {tile.alignment = 16 : i64} : <f32, global> -> vector<4xf32>
// CHECK: %[[MAX:.*]] = scf.for %{{.*}} = %[[THREAD]] to %{{.*}} step %c256{{.*}} iter_args
// CHECK: tile.load %{{.*}} : <f32, global> -> f32
// CHECK: %[[ROW:.*]] = tile.reduce max %[[MAX]] group : f32 -> f32
// CHECK-NOT: tile.wait
// CHECK: tile.return
flex.kernel @statistics(%x: !flex.tensor<f32[M, N]>) -> (!flex.tensor<f32[M]>, !flex.tensor<f32[M, N]>) {
  %m = flex.reduce max [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>, %b = %m[i] : !flex.tensor<f32[M]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %m, %y : !flex.tensor<f32[M]>, !flex.tensor<f32[M, N]>
}

// 32 threads of a group share a row of 200 elements: two runs each, the second one not in all of them. The rows of
// the last group may be fewer than eight: threads without one take the last one again, and do not store.
// CHECK-LABEL: tile.kernel @shared_0(
// CHECK-SAME: group_size = 128 : i64, items = "ceildiv(M, 4)"
// CHECK-DAG: %[[ISROW:.*]] = arith.cmpi slt, %{{.*}}, %arg2
// CHECK-DAG: arith.minsi
// CHECK: %[[INSIDE:.*]] = arith.cmpi slt, %{{.*}}, %c200
// CHECK: arith.select %[[INSIDE]], %{{.*}}, %c0
// CHECK: tile.load %{{.*}} : <f32, global> -> vector<4xf32>
// CHECK: tile.load %{{.*}} : <f32, global> -> vector<4xf32>
// CHECK: arith.select %[[INSIDE]], %{{.*}} : vector<4xf32>
// CHECK: tile.reduce sum %{{.*}} group of 32 : vector<4xf32> -> f32
// CHECK: arith.andi %{{.*}}, %[[ISROW]]
// CHECK: tile.store
// CHECK: tile.return
flex.kernel @shared(%x: !flex.tensor<f32[M, 200]>) -> !flex.tensor<f32[M]> {
  %m = flex.reduce sum [i < M] over [j < 200] (%a = %x[i, j] : !flex.tensor<f32[M, 200]>) -> f32 { flex.yield %a : f32 }
  flex.return %m : !flex.tensor<f32[M]>
}

// %y reads what another thread of the group wrote, whether the row is held or not.
// CHECK-LABEL: tile.kernel @read_back_0(
// CHECK: tile.store
// CHECK: tile.wait
// CHECK: scf.for
// CHECK: tile.store
// CHECK: tile.wait
// CHECK: scf.for
// CHECK-NOT: tile.wait
// CHECK: tile.return
flex.kernel @read_back(%x: !flex.tensor<f32[M, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>) {
  %e = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < M, j < N] (%a = %e[i, N - 1 - j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  flex.return %e, %y : !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>
}

// So does it here, through %m, which it computes again from %e.
// CHECK-LABEL: tile.kernel @recomputed_0(
// CHECK-NOT: tile.wait
// CHECK: tile.store
// CHECK: tile.wait
// CHECK: math.sin
// CHECK: scf.for
// CHECK: tile.store
// CHECK: tile.wait
// CHECK: math.sin
// CHECK-NOT: tile.wait
// CHECK: tile.return
flex.kernel @recomputed(%x: !flex.tensor<f32[M, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>) {
  %e = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %m = flex.map [i < M, j < N] (%a = %e[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.sin %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < M, j < N] (%a = %m[i, N - 1 - j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  %z = flex.map [i < M, j < N] (%a = %m[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.cos %a : f32
    flex.yield %0 : f32
  }
  flex.return %e, %y, %z : !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>
}

// A contraction: both factors go through group memory, all threads wait before and after the products, and what
// lies outside the domain is not stored.
// CHECK-LABEL: tile.kernel @matmul_0(
// CHECK-SAME: group_size = 256 : i64, items = "ceildiv(M, 64)*ceildiv(N, 64)"
// CHECK-DAG: tile.ring "1024" : <f32, group>
// CHECK-DAG: tile.ring "1024" : <f32, group>
// CHECK: %[[ACC:.*]]:16 = scf.for
// CHECK: scf.if
// CHECK: tile.load %{{.*}} : <f32, global> -> f32
// CHECK: tile.store %{{.*}} : f32, <f32, group>
// CHECK: tile.wait
// CHECK: scf.for
// CHECK-COUNT-8: tile.load %{{.*}} : <f32, group> -> f32
// CHECK-COUNT-16: math.fma
// CHECK: tile.wait
// CHECK: scf.if
// CHECK: tile.store %[[ACC]]#0, %{{.*}} : f32, <f32, global>
flex.kernel @matmul(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// Read along i, written along j: a tile goes through group memory, whose rows are one element longer than the tile's,
// in runs of 16 bytes both ways. Tiles at the edges are parts.
// CHECK-LABEL: tile.kernel @turned_0(
// CHECK-SAME: group_size = 256 : i64, items = "8*B"
// CHECK: %[[RING:.*]] = tile.ring "4160" : <i16, group>
// CHECK: tile.load %{{.*}} {tile.alignment = 16 : i64} : <f16, global> -> vector<8xf16>
// CHECK: tile.store %{{.*}}, %[[RING]]{{.*}} : vector<8xi16>, <i16, group>
// CHECK: tile.wait
// CHECK-COUNT-8: tile.load %[[RING]]{{.*}} : <i16, group> -> i16
// CHECK: tile.store %{{.*}} {tile.alignment = 16 : i64} : vector<8xf16>, <f16, global>
// CHECK: tile.return
flex.kernel @turned(%x: !flex.tensor<f16[B, 256, 72]>) -> !flex.tensor<f16[B, 72, 256]> {
  %y = flex.map [b < B, i < 72, j < 256] (%a = %x[b, j, i] : !flex.tensor<f16[B, 256, 72]>) -> f16 { flex.yield %a : f16 }
  flex.return %y : !flex.tensor<f16[B, 72, 256]>
}

// Open extents: element by element, still along memory on both sides.
// CHECK-LABEL: tile.kernel @turned_open_0(
// CHECK-SAME: items = "ceildiv(M, 32)*ceildiv(N, 32)"
// CHECK: %[[RING:.*]] = tile.ring "1056" : <f32, group>
// CHECK: tile.store %{{.*}}, %[[RING]]{{.*}} : f32, <f32, group>
// CHECK: tile.wait
// CHECK: tile.load %[[RING]]{{.*}} : <f32, group> -> f32
// CHECK: tile.return
flex.kernel @turned_open(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[N, M]> {
  %y = flex.map [i < N, j < M] (%a = %x[j, i] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[N, M]>
}
