// Scans, scatters and sorts: what is in order stays in one thread, the rest runs in lanes.
// RUN: flex-opt %s -split-input-file -flex-form-groups -tile-choose-schedule="device=model=simd,vector-bits=512" -tile-emit-loops="device=model=simd,vector-bits=512" | FileCheck %s
// RUN: flex-opt %s -split-input-file -flex-form-groups -tile-choose-schedule="device=model=simt,vector-bits=128" -tile-emit-loops="device=model=simt,vector-bits=128" | FileCheck %s --check-prefix=SIMT

// The row before stays in registers, a vector of columns at a time.
// CHECK-LABEL: tile.kernel @down_0
// CHECK: scf.for %{{.*}} iter_args(%[[BEFORE:.*]] = %{{.*}}) -> (vector<16xf32>)
// CHECK: %[[X:.*]] = tile.load
// CHECK: %[[SUM:.*]] = arith.addf %[[BEFORE]], %[[X]]
// CHECK: tile.store %[[SUM]]
// CHECK: scf.yield %[[SUM]]
// A thread per column; what it reads back it has written itself.
// SIMT-LABEL: tile.kernel @down_0
// SIMT-SAME: flex.may_alias
// SIMT-SAME: group_size = 64
flex.kernel @down(%x: !flex.tensor<f32[48, 64]>) -> !flex.tensor<f32[48, 64]> {
  %y = flex.scan [j < 64] over [i < 48] at [i, j] (%a = %x[i, j] : !flex.tensor<f32[48, 64]>) self %s -> f32 {
    %p = flex.load %s[i - 1, j] fill(0.0 : f32) : !flex.tensor<f32[48, 64]>
    %0 = arith.addf %p, %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[48, 64]>
}

// -----

// A read further back goes through memory.
// CHECK-LABEL: tile.kernel @back_0
// CHECK: scf.for
// CHECK: scf.if
// CHECK: tile.load %[[OUT:.*]][
// CHECK: tile.store %{{.*}}, %[[OUT]][
flex.kernel @back(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.scan [] over [i < N] at [i] (%a = %x[i] : !flex.tensor<f32[N]>) self %s -> f32 {
    %p = flex.load %s[i - 2] fill(0.0 : f32) : !flex.tensor<f32[N]>
    %0 = arith.addf %p, %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// -----

// First the base, then the contributions in order, each where it is inside.
// CHECK-LABEL: tile.kernel @scatter_0
// CHECK: scf.for
// CHECK: %[[BASE:.*]] = tile.load {{.*}} -> vector<16xf32>
// CHECK-NEXT: tile.store %[[BASE]]
// CHECK: scf.for
// CHECK: %[[AT:.*]] = arith.index_cast
// CHECK: arith.cmpi ult, %[[AT]]
// CHECK: scf.if
// CHECK: arith.addf {{.*}} : vector<16xf32>
flex.kernel @scatter(%b: !flex.tensor<f32[N, 16]>, %v: !flex.tensor<f32[K, 16]>, %i: !flex.tensor<i64[K]>) -> !flex.tensor<f32[N, 16]> {
  %r = flex.scatter sum [d < 16] over [k < K] at ["$0", d] (%base = %b whole : !flex.tensor<f32[N, 16]>,
      %a = %v[k, d] : !flex.tensor<f32[K, 16]>, %n = %i[k] : !flex.tensor<i64[K]>) {
    flex.yield %a, %n : f32, i64
  }
  flex.return %r : !flex.tensor<f32[N, 16]>
}

// -----

// A merge sort has scratch memory for two copies of keys and places; a thread of a group counts instead.
// CHECK-LABEL: tile.kernel @sort_0
// CHECK-DAG: tile.ring "2*N" : <i32, private>
// CHECK-DAG: tile.ring "2*N" : <i64, private>
// CHECK: math.ctlz
// SIMT-LABEL: tile.kernel @sort_0
// SIMT-SAME: items = "ceildiv(M*N, 64)"
// SIMT-NOT: tile.ring
flex.kernel @sort(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<i64[M, N]> {
  %p = flex.argsort ascending [i < M] over [j < N] at [i, j] count N (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> i64 {
    flex.yield %a : f32
  }
  flex.return %p : !flex.tensor<i64[M, N]>
}

// -----

// A few that are kept stay in registers; the rest of the row is compared with the last of them in lanes.
// CHECK-LABEL: tile.kernel @top_0
// CHECK: tile.ring "8" : <i64, private>
// CHECK-NOT: tile.ring
// CHECK: tile.load {{.*}} -> vector<16xf32>
// CHECK: vector.bitcast %{{.*}} : vector<16xi1> to vector<1xi16>
// CHECK: vector.shuffle {{.*}} : vector<8xi32>, vector<8xi32>
// SIMT-LABEL: tile.kernel @top_0
// SIMT-NOT: tile.ring
flex.kernel @top(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<i64[M, 5]> {
  %p = flex.argsort descending [i < M] over [j < N] at [i, j] count 5 (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> i64 {
    flex.yield %a : f32
  }
  flex.return %p : !flex.tensor<i64[M, 5]>
}

// -----

// Places that differ from lane to lane are gathered; one for all lanes is a run.
// CHECK-LABEL: tile.kernel @gather_0
// CHECK: tile.gather %{{.*}} where %{{.*}} otherwise
// CHECK-LABEL: tile.kernel @rows_0
// CHECK-NOT: tile.gather
// CHECK: tile.load {{.*}} -> vector<16xf32>
flex.kernel @gather(%t: !flex.tensor<f32[V]>, %i: !flex.tensor<i64[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [n < N] (%w = %t whole : !flex.tensor<f32[V]>, %k = %i[n] : !flex.tensor<i64[N]>) -> f32 {
    %v = flex.load %w["$0"] clamp (%k) : !flex.tensor<f32[V]>
    flex.yield %v : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}
flex.kernel @rows(%t: !flex.tensor<f32[V, 64]>, %i: !flex.tensor<i32[N]>) -> !flex.tensor<f32[N, 64]> {
  %y = flex.map [n < N, d < 64] (%w = %t whole : !flex.tensor<f32[V, 64]>, %k = %i[n] : !flex.tensor<i32[N]>) -> f32 {
    %r = arith.extsi %k : i32 to i64
    %v = flex.load %w["$0", d] clamp (%r) : !flex.tensor<f32[V, 64]>
    flex.yield %v : f32
  }
  flex.return %y : !flex.tensor<f32[N, 64]>
}
