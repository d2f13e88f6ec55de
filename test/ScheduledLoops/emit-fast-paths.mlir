// What is made twice or differently because it then runs without branches: interiors, guarded folds, numbers that go
// anywhere, sorts.
// RUN: flex-opt %s -split-input-file --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simd,vector-bits=512,vector-registers=32,l2=1048576,cores=2}),tile-emit-loops{device=model=simd,vector-bits=512,vector-registers=32,l2=1048576,cores=2},cse)" | FileCheck %s

// A squared difference is register-tiled as a product is: the strided operand is packed.
// CHECK-LABEL: tile.kernel @distances_0
// CHECK: tile.ring
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>,
// CHECK: arith.subf
flex.kernel @distances(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[N, K]>) -> !flex.tensor<f32[M, N]> {
  %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %w[j, k] : !flex.tensor<f32[N, K]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    %1 = arith.mulf %0, %0 : f32
    flex.yield %1 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// -----

// Where the window lies inside for all lanes of all vectors, its loops have no tests; the others keep them.
// CHECK-LABEL: tile.kernel @window_0
// CHECK: scf.if %{{.*}} -> (vector<16xf32>, vector<16xf32>, {{.*}}) {
// CHECK: scf.for
// CHECK-NOT: scf.if
// CHECK: tile.load {{.*}} -> vector<16xf32>
// CHECK-NOT: scf.if
// CHECK: } else {
// CHECK: scf.if %{{.*}} -> (vector<16xf32>, vector<16xf32>, {{.*}}) {
// CHECK: scf.for
// CHECK: scf.if %{{.*}} -> (vector<16xf32>) {
flex.kernel @window(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.reduce sum [i < N] over [k < 5] (%a = %x[i + k - 2] clamp : !flex.tensor<f32[N]>) -> f32 {
    flex.yield %a : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// -----

// A guard on the fold's index bounds its loop, in which earlier elements need no test; the product is fused into the sum.
// CHECK-LABEL: tile.kernel @solve_0
// CHECK: scf.for %[[I:.*]] =
// CHECK: %[[BOUND:.*]] = arith.minsi
// CHECK: scf.for %{{.*}} to %[[BOUND]] {{.*}} iter_args
// CHECK-NOT: scf.if
// CHECK-NOT: arith.select
// CHECK: math.fma {{.*}} : vector<16xf32>
flex.kernel @solve(%l: !flex.tensor<f32[N, N]>, %b: !flex.tensor<f32[N, M]>) -> !flex.tensor<f32[N, M]> {
  %x = flex.scan [m < M] over [i < N] at [i, m] (%a = %b[i, m] : !flex.tensor<f32[N, M]>, %w = %l whole : !flex.tensor<f32[N, N]>) self %s -> f32 {
    %zero = arith.constant 0.0 : f32
    %one = arith.constant -1 : i64
    %sum = flex.fold sum [k < N] -> f32 {
      %k = flex.index "k" : i64
      %i = flex.index "i" : i64
      %last = arith.addi %i, %one : i64
      %before = arith.cmpi sle, %k, %last : i64
      %c = flex.load %w[i, k] clamp : !flex.tensor<f32[N, N]>
      %p = flex.load %s[min(i - 1, k), m] fill(0.0 : f32) : !flex.tensor<f32[N, M]>
      %product = arith.mulf %c, %p : f32
      %term = arith.select %before, %product, %zero : f32
      flex.yield %term : f32
    }
    %0 = arith.subf %a, %sum : f32
    flex.yield %0 : f32
  }
  flex.return %x : !flex.tensor<f32[N, M]>
}

// -----

// Numbers are made 8 at a time; one that lies outside adds nothing to element 0. An empty result has no such element.
// CHECK-LABEL: tile.kernel @histogram_0
// CHECK-DAG: tile.ring {{.*}}<i64, private>
// CHECK-DAG: tile.ring {{.*}}<f32, private>
// CHECK: arith.cmpi slt
// CHECK: scf.if
// CHECK: arith.cmpi ult, %{{.*}} : vector<8xi64>
// CHECK: arith.select {{.*}} : vector<8xi1>, vector<8xi64>
// CHECK: arith.select {{.*}} : vector<8xi1>, vector<8xf32>
// CHECK: scf.for
// CHECK-NOT: scf.if
// CHECK: arith.addf
// CHECK: tile.store
flex.kernel @histogram(%b: !flex.tensor<f32[N]>, %v: !flex.tensor<f32[K]>, %i: !flex.tensor<i64[K]>) -> !flex.tensor<f32[N]> {
  %r = flex.scatter sum [] over [k < K] at ["$0"] (%base = %b whole : !flex.tensor<f32[N]>, %a = %v[k] : !flex.tensor<f32[K]>,
      %n = %i[k] : !flex.tensor<i64[K]>) {
    flex.yield %a, %n : f32, i64
  }
  flex.return %r : !flex.tensor<f32[N]>
}

// -----

// Many keys by their bytes, few by merging; an open extent has both.
// CHECK-LABEL: tile.kernel @sort_0
// CHECK: %[[COUNTS:.*]] = tile.ring "1024" : <i64, private>
// CHECK: arith.cmpi sge
// CHECK: scf.if
// CHECK: arith.shrui
// CHECK: tile.store %{{.*}}, %[[COUNTS]]
// CHECK: arith.cmpi slt
// CHECK: scf.if
// CHECK: arith.cmpi sle
flex.kernel @sort(%x: !flex.tensor<f32[N]>) -> !flex.tensor<i64[N]> {
  %r = flex.argsort ascending [] over [n < N] at [n] count N (%a = %x[n] : !flex.tensor<f32[N]>) -> i64 {
    flex.yield %a : f32
  }
  flex.return %r : !flex.tensor<i64[N]>
}

// -----

// A transpose reads runs along its rows and turns 16 x 16 of them in registers: no lane reads for itself.
// CHECK-LABEL: tile.kernel @transpose_0
// CHECK-COUNT-16: tile.load {{.*}} -> vector<16xf32>
// CHECK: vector.shuffle %[[A:.*]], %[[B:.*]] [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]
// CHECK-COUNT-16: tile.store {{.*}} : vector<16xf32>
flex.kernel @transpose(%x: !flex.tensor<f32[64, 32]>) -> !flex.tensor<f32[32, 64]> {
  %y = flex.map [j < 32, i < 64] (%a = %x[i, j] : !flex.tensor<f32[64, 32]>) -> f32 {
    flex.yield %a : f32
  }
  flex.return %y : !flex.tensor<f32[32, 64]>
}

// -----

// Products that a guard on outer and reduced indices leaves out are not made: it is asked before the loop over c.
// CHECK-LABEL: tile.kernel @phases_0
// CHECK: scf.for
// CHECK: %[[HOLDS:.*]] = arith.cmpi slt, %{{.*}} : i64
// CHECK: scf.if %[[HOLDS]] -> (vector<16xf32>
// CHECK: scf.for
// CHECK-NOT: arith.select
// CHECK: math.fma
flex.kernel @phases(%x: !flex.tensor<f32[H, C]>, %f: !flex.tensor<f32[R, C, K]>) -> !flex.tensor<f32[H, 2, K]> {
  %y = flex.reduce sum [i < H, a < 2, k < K] over [r < 2, c < C] (%p = %x[i, c] : !flex.tensor<f32[H, C]>,
      %q = %f[a + 2*r, c, k] fill(0.0 : f32) : !flex.tensor<f32[R, C, K]>) -> f32 {
    %zero = arith.constant 0.0 : f32
    %two = arith.constant 2 : i64
    %r = flex.index "r" : i64
    %a = flex.index "a" : i64
    %n = flex.dim "R" : i64
    %0 = arith.muli %r, %two : i64
    %1 = arith.addi %0, %a : i64
    %exists = arith.cmpi slt, %1, %n : i64
    %product = arith.mulf %p, %q : f32
    %term = arith.select %exists, %product, %zero : f32
    flex.yield %term : f32
  }
  flex.return %y : !flex.tensor<f32[H, 2, K]>
}

// -----

// Eight vectors of columns go down the rows together, each with the element before in a register.
// CHECK-LABEL: tile.kernel @down_0
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK-COUNT-8: tile.store {{.*}} : vector<16xf32>
flex.kernel @down(%x: !flex.tensor<f32[64, 1024]>) -> !flex.tensor<f32[64, 1024]> {
  %y = flex.scan [j < 1024] over [i < 64] at [i, j] (%a = %x[i, j] : !flex.tensor<f32[64, 1024]>) self %s -> f32 {
    %p = flex.load %s[i - 1, j] fill(0.0 : f32) : !flex.tensor<f32[64, 1024]>
    %0 = arith.addf %p, %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[64, 1024]>
}

// -----

// More rows than stay near: four at a time past all columns of an item, whose elements before lie in scratch memory.
// CHECK-LABEL: tile.kernel @down_far_0
// CHECK: %[[BEFORE:.*]] = tile.ring
// CHECK: scf.for
// CHECK: scf.for
// CHECK: %[[STATE:.*]] = tile.load %[[BEFORE]]
// CHECK-COUNT-4: arith.addf
// CHECK: tile.store %{{.*}}, %[[BEFORE]]
flex.kernel @down_far(%x: !flex.tensor<f32[4096, 1024]>) -> !flex.tensor<f32[4096, 1024]> {
  %y = flex.scan [j < 1024] over [i < 4096] at [i, j] (%a = %x[i, j] : !flex.tensor<f32[4096, 1024]>) self %s -> f32 {
    %p = flex.load %s[i - 1, j] fill(0.0 : f32) : !flex.tensor<f32[4096, 1024]>
    %0 = arith.addf %p, %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[4096, 1024]>
}

// -----

// CHECK-LABEL: tile.kernel @sums_far_0
// CHECK: %[[SUMS:.*]] = tile.ring
// CHECK: tile.load %[[SUMS]]
// CHECK-COUNT-8: arith.addf
// CHECK: tile.store %{{.*}}, %[[SUMS]]
flex.kernel @sums_far(%x: !flex.tensor<f32[4096, 1024]>) -> !flex.tensor<f32[1024]> {
  %y = flex.reduce sum [j < 1024] over [i < 4096] (%a = %x[i, j] : !flex.tensor<f32[4096, 1024]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[1024]>
}
