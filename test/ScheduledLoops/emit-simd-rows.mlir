// Rows on a CPU: stages over a row, lanes along it, a masked tail.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simd,vector-bits=512,vector-registers=32,l2=1048576,streaming=2199023255552,cores=2}),tile-emit-loops{device=model=simd,vector-bits=512,vector-registers=32,l2=1048576,streaming=2199023255552,cores=2},cse)" | FileCheck %s

// Only the expensive map keeps its row in scratch; every stage has a main loop and a tail.
// CHECK-LABEL: tile.kernel @softmax_0(
// CHECK-SAME: %[[X:[a-z0-9]*]]: !tile.buffer<f32, global>, %[[Y:[a-z0-9]*]]: !tile.buffer<f32, global>, %[[M:[a-z0-9]*]]: index, %[[N:[a-z0-9]*]]: index
// CHECK-SAME: items = "ceildiv(M, 16)"
// CHECK: %[[RING:.*]] = tile.ring "N" : <f32, private>
// CHECK-NOT: tile.ring
// CHECK: %[[REST:.*]] = arith.andi %[[N]], %c63
// CHECK: %[[MAIN:.*]] = arith.subi %[[N]], %[[REST]]
// CHECK: scf.for
// CHECK: %[[MAX:.*]]:4 = scf.for %{{.*}} = %c0 to %[[MAIN]] step %c64
// CHECK-COUNT-4: arith.maximumf
// CHECK: scf.yield
// CHECK: scf.for %[[T:.*]] = %[[MAIN]] to %[[N]] step %c16 iter_args(%[[ACC:[^ ]*]] = %[[MAX]]#0
// CHECK: %[[VALID:.*]] = arith.addi %[[N]], %{{.*}}
// CHECK: %[[LOADED:.*]] = tile.load %[[X]][%{{.*}}] valid(%[[VALID]])
// CHECK: %[[NEXT:.*]] = arith.maximumf %[[ACC]], %[[LOADED]]
// CHECK: %[[MASK:.*]] = vector.create_mask %[[VALID]]
// CHECK: arith.select %[[MASK]], %[[NEXT]], %[[ACC]]
// CHECK: tile.reduce max
// CHECK: scf.for
// CHECK: math.exp
// CHECK: tile.store %{{.*}}, %[[RING]][
// CHECK: tile.store %{{.*}}, %[[RING]][%{{.*}}] valid(
// CHECK: %[[SUM:.*]] = tile.reduce sum
// CHECK: %[[SCALED:.*]] = arith.mulf %[[SUM]], %{{.*}} : f32
// CHECK: arith.divf %{{.*}}, %[[SCALED]] : f32
// CHECK-NOT: math.exp
// CHECK: tile.load %[[RING]][
// CHECK: arith.mulf
// CHECK: tile.store %{{.*}}, %[[Y]][%{{.*}}] valid(
flex.kernel @softmax(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  %m = flex.reduce max [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  %e = flex.map [p < M, q < N] (%a = %x[p, q] : !flex.tensor<f32[M, N]>, %b = %m[p] : !flex.tensor<f32[M]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    %1 = math.exp %0 : f32
    flex.yield %1 : f32
  }
  %s = flex.reduce sum [i < M] over [j < N] (%a = %e[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [i < M, j < N] (%a = %e[i, j] : !flex.tensor<f32[M, N]>, %b = %s[i] : !flex.tensor<f32[M]>) -> f32 {
    %0 = arith.divf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// No tail where whole vectors divide the row.
// CHECK-LABEL: tile.kernel @even_0(
// CHECK: scf.for
// CHECK: scf.for %{{.*}} = %c0 to %c128 step %c64
// CHECK-NOT: scf.for
// CHECK-NOT: valid
// CHECK: tile.return
flex.kernel @even(%x: !flex.tensor<f32[M, 128]>) -> !flex.tensor<f32[M]> {
  %y = flex.reduce max [i < M] over [j < 128] (%a = %x[i, j] : !flex.tensor<f32[M, 128]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[M]>
}

// A tail of whole vectors needs no mask; loops of one step are not loops.
// CHECK-LABEL: tile.kernel @whole_vectors_0(
// CHECK: scf.for
// CHECK-NOT: scf.for
// CHECK-COUNT-5: tile.load %{{.*}} : <f32, global> -> vector<16xf32>
// CHECK-NOT: valid
// CHECK: tile.return
flex.kernel @whole_vectors(%x: !flex.tensor<f32[M, 80]>) -> !flex.tensor<f32[M]> {
  %y = flex.reduce max [i < M] over [j < 80] (%a = %x[i, j] : !flex.tensor<f32[M, 80]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[M]>
}

// A map that is returned and read again is read back from its result; a cheap one is computed again.
// CHECK-LABEL: tile.kernel @kept_0(
// CHECK-SAME: %[[X:[a-z0-9]*]]: !tile.buffer<f32, global>, %[[E:[a-z0-9]*]]: !tile.buffer<f32, global>, %[[Y:[a-z0-9]*]]: !tile.buffer
// CHECK-NOT: tile.ring
// CHECK: math.exp
// CHECK: tile.store %{{.*}}, %[[E]]
// CHECK: tile.reduce sum
// CHECK-NOT: math.exp
// CHECK: tile.load %[[E]]
// CHECK: tile.store %{{.*}}, %[[Y]]
flex.kernel @kept(%x: !flex.tensor<f32[M, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>) {
  %e = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %s = flex.reduce sum [i < M] over [j < N] (%a = %e[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [i < M, j < N] (%a = %e[i, j] : !flex.tensor<f32[M, N]>, %b = %s[i] : !flex.tensor<f32[M]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %e, %y : !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>
}

// Rows from memory: the last stage asks for the next row.
// CHECK-LABEL: tile.kernel @prefetched_0(
// CHECK-SAME: %[[X:[a-z0-9]*]]: !tile.buffer<f32, global>
// CHECK: arith.maximumf
// CHECK-NOT: tile.prefetch
// CHECK: tile.reduce max
// CHECK: tile.prefetch %[[X]][%{{.*}}] level 1
// CHECK-NOT: nontemporal
// CHECK: tile.return
flex.kernel @prefetched(%x: !flex.tensor<f32[1024, 1024]>) -> !flex.tensor<f32[1024, 1024]> {
  %m = flex.reduce max [i < 1024] over [j < 1024] (%a = %x[i, j] : !flex.tensor<f32[1024, 1024]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [i < 1024, j < 1024] (%a = %x[i, j] : !flex.tensor<f32[1024, 1024]>, %b = %m[i] : !flex.tensor<f32[1024]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[1024, 1024]>
}

// An index value that does not move evenly along the lanes is found lane by lane.
// CHECK-LABEL: tile.kernel @uneven_index_0(
// CHECK: %[[IOTA:.*]] = scf.for %[[LANE:.*]] = %c0 to %c8 step %c1 iter_args(%[[V:[^ ]*]] = %{{.*}}) -> (vector<8xi64>)
// CHECK: arith.andi
// CHECK: vector.insert %{{.*}}, %[[V]] [%[[LANE]]]
flex.kernel @uneven_index(%x: !flex.tensor<i64[M, 8]>, %n: !flex.tensor<i64[N]>) -> (!flex.tensor<i64[M, 2, N]>, !flex.tensor<i64[M, 3, N]>) {
  %m = flex.map [i < M, k < 8] (%a = %x[i, k] : !flex.tensor<i64[M, 8]>) -> i64 {
    %0 = flex.index "k" : i64
    %1 = arith.muli %a, %0 : i64
    %2 = arith.addi %1, %0 : i64
    %3 = arith.addi %2, %a : i64
    flex.yield %3 : i64
  }
  %y = flex.map [i < M, j < 2, l < N] (%a = %m[i, mod(l, 8)] : !flex.tensor<i64[M, 8]>) -> i64 { flex.yield %a : i64 }
  %z = flex.map [i < M, j < 3, l < N] (%a = %m[i, mod(l, 8)] : !flex.tensor<i64[M, 8]>) -> i64 { flex.yield %a : i64 }
  flex.return %y, %z : !flex.tensor<i64[M, 2, N]>, !flex.tensor<i64[M, 3, N]>
}
