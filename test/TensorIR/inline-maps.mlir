// Producer-into-consumer fusion: what moves into its users.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps))" | FileCheck %s

// A cheap map is computed in each of its users.
// CHECK-LABEL: flex.kernel @cheap_two_users(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-COUNT-2: flex.map
// CHECK-NOT: flex.map
flex.kernel @cheap_two_users(%x: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[N]>) {
  %d = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %a, %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < N] (%a = %d[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %z = flex.map [i < N] (%a = %d[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.tanh %a : f32
    flex.yield %0 : f32
  }
  flex.return %y, %z : !flex.tensor<f32[N]>, !flex.tensor<f32[N]>
}

// An expensive map with one user that reads each element once moves into it.
// CHECK-LABEL: flex.kernel @expensive_one_user(
// CHECK: flex.map
// CHECK: %[[E:.*]] = math.exp
// CHECK: arith.addf %[[E]]
// CHECK-NOT: flex.map
flex.kernel @expensive_one_user(%x: !flex.tensor<f32[N]>, %b: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %e = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < N] (%a = %e[i] : !flex.tensor<f32[N]>, %c = %b[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %a, %c : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// With two users it is computed once and kept.
// CHECK-LABEL: flex.kernel @expensive_two_users(
// CHECK: %[[E:.*]] = flex.map
// CHECK: math.exp
// CHECK: flex.map [i < N] (%{{.*}} = %[[E]][i]
// CHECK: flex.map [i < N] (%{{.*}} = %[[E]][i]
flex.kernel @expensive_two_users(%x: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[N]>) {
  %e = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < N] (%a = %e[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %a, %a : f32
    flex.yield %0 : f32
  }
  %z = flex.map [i < N] (%a = %e[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  flex.return %y, %z : !flex.tensor<f32[N]>, !flex.tensor<f32[N]>
}

// A cast is cheap enough to be computed again for each column of a product.
// CHECK-LABEL: flex.kernel @cast_into_matmul(
// CHECK-SAME: %[[X:[^:]*]]: !flex.tensor<f16[M, K]>
// CHECK-NOT: flex.map
// CHECK: flex.reduce sum [i < M, j < N] over [k < K]
// CHECK-SAME: %[[X]][i, k]
// CHECK: arith.extf
flex.kernel @cast_into_matmul(%x: !flex.tensor<f16[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  %c = flex.map [i < M, k < K] (%a = %x[i, k] : !flex.tensor<f16[M, K]>) -> f32 {
    %0 = arith.extf %a : f16 to f32
    flex.yield %0 : f32
  }
  %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %c[i, k] : !flex.tensor<f32[M, K]>,
      %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// exp is not: it would be computed N times for each element.
// CHECK-LABEL: flex.kernel @exp_before_matmul(
// CHECK: %[[E:.*]] = flex.map
// CHECK: math.exp
// CHECK: flex.reduce sum
// CHECK-SAME: %[[E]][i, k]
flex.kernel @exp_before_matmul(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  %e = flex.map [i < M, k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %e[i, k] : !flex.tensor<f32[M, K]>,
      %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// A factor of many products is computed once: here each element is in N of them.
// CHECK-LABEL: flex.kernel @centred_before_matmul(
// CHECK: %[[C:.*]] = flex.map
// CHECK: arith.subf
// CHECK: flex.reduce sum
// CHECK-SAME: %[[C]][i, k]
flex.kernel @centred_before_matmul(%x: !flex.tensor<f32[M, K]>, %m: !flex.tensor<f32[M]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  %c = flex.map [i < M, k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %m[i] : !flex.tensor<f32[M]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    flex.yield %0 : f32
  }
  %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %c[i, k] : !flex.tensor<f32[M, K]>,
      %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// Of few products it is not.
// CHECK-LABEL: flex.kernel @centred_before_few(
// CHECK-NOT: flex.map
// CHECK: flex.reduce sum
// CHECK: arith.subf
flex.kernel @centred_before_few(%x: !flex.tensor<f32[M, K]>, %m: !flex.tensor<f32[M]>, %w: !flex.tensor<f32[K, 16]>) -> !flex.tensor<f32[M, 16]> {
  %c = flex.map [i < M, k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %m[i] : !flex.tensor<f32[M]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    flex.yield %0 : f32
  }
  %y = flex.reduce sum [i < M, j < 16] over [k < K] (%a = %c[i, k] : !flex.tensor<f32[M, K]>,
      %b = %w[k, j] : !flex.tensor<f32[K, 16]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, 16]>
}

// A reduction that reads each element once takes even exp in as its prologue.
// CHECK-LABEL: flex.kernel @exp_into_row_sum(
// CHECK-NOT: flex.map
// CHECK: flex.reduce sum [i < M] over [k < K]
// CHECK: math.exp
flex.kernel @exp_into_row_sum(%x: !flex.tensor<f32[M, K]>) -> !flex.tensor<f32[M]> {
  %e = flex.map [i < M, k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %y = flex.reduce sum [i < M] over [k < K] (%a = %e[i, k] : !flex.tensor<f32[M, K]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[M]>
}

// A boundary rule asks for elements by their place in the map: where that matters it must exist.
// CHECK-LABEL: flex.kernel @boundary(
// CHECK: %[[D:.*]] = flex.map
// CHECK: flex.map
// CHECK-SAME: %[[D]][i - 1] clamp
flex.kernel @boundary(%x: !flex.tensor<i64[N]>) -> !flex.tensor<i64[N]> {
  %d = flex.map [i < N] (%a = %x[i] : !flex.tensor<i64[N]>) -> i64 {
    %0 = flex.index "i" : i64
    %1 = arith.addi %a, %0 : i64
    flex.yield %1 : i64
  }
  %y = flex.map [i < N] (%a = %d[i - 1] clamp : !flex.tensor<i64[N]>) -> i64 {
    %0 = arith.addi %a, %a : i64
    flex.yield %0 : i64
  }
  flex.return %y : !flex.tensor<i64[N]>
}

// The map's own rule moves with its read.
// CHECK-LABEL: flex.kernel @own_boundary(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK: flex.map [i < M] (%{{.*}} = %[[X]][i - 1] mirror
// CHECK-NOT: flex.map
flex.kernel @own_boundary(%x: !flex.tensor<f32[M + 1]>) -> !flex.tensor<f32[M]> {
  %d = flex.map [i < M + 1] (%a = %x[i - 2] mirror : !flex.tensor<f32[M + 1]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < M] (%a = %d[i + 1] : !flex.tensor<f32[M + 1]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M]>
}

// An index inside the body becomes the reader's expression, as arithmetic.
// CHECK-LABEL: flex.kernel @index_values(
// CHECK: flex.map [p < M]
// CHECK-DAG: %[[P:.*]] = flex.index "p" : i64
// CHECK-DAG: %[[N:.*]] = flex.dim "N" : i64
// CHECK: arith.floordivsi
// CHECK-NOT: flex.index "i"
// CHECK: flex.yield
flex.kernel @index_values(%x: !flex.tensor<f32[N]>, %q: !flex.tensor<f32[M]>) -> !flex.tensor<i64[M]> {
  %d = flex.map [i < N] () -> i64 {
    %0 = flex.index "i" : i64
    flex.yield %0 : i64
  }
  %y = flex.map [p < M] (%a = %d[N - 1 - mod(p, N)] : !flex.tensor<i64[N]>) -> i64 {
    %0 = arith.addi %a, %a : i64
    flex.yield %0 : i64
  }
  flex.return %y : !flex.tensor<i64[M]>
}

// A chain collapses into its last map, with the accesses composed.
// CHECK-LABEL: flex.kernel @chain(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK: flex.map [i < N, j < M] (%{{.*}} = %[[X]][j, i]
// CHECK-NEXT: arith.negf
// CHECK-NEXT: math.exp
// CHECK-NEXT: arith.addf
// CHECK-NEXT: flex.yield
// CHECK-NOT: flex.map
flex.kernel @chain(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[N, M]> {
  %a0 = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  %a1 = flex.map [p < N, q < M] (%a = %a0[q, p] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %a2 = flex.map [i < N, j < M] (%a = %a1[i, j] : !flex.tensor<f32[N, M]>) -> f32 {
    %0 = arith.addf %a, %a : f32
    flex.yield %0 : f32
  }
  flex.return %a2 : !flex.tensor<f32[N, M]>
}

// A returned map is computed anyway.
// CHECK-LABEL: flex.kernel @returned(
// CHECK: %[[D:.*]] = flex.map
// CHECK: %[[Y:.*]] = flex.map
// CHECK-SAME: %[[D]][i]
// CHECK: flex.return %[[D]], %[[Y]]
flex.kernel @returned(%x: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[N]>) {
  %d = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < N] (%a = %d[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %a, %a : f32
    flex.yield %0 : f32
  }
  flex.return %d, %y : !flex.tensor<f32[N]>, !flex.tensor<f32[N]>
}

// What has no index has no outside that a rule could speak of.
// CHECK-LABEL: flex.kernel @fill_of_a_scalar(
// CHECK: %[[M:.*]] = flex.map [i < N]
// CHECK: flex.map [i < N] (%{{.*}} = %[[M]][2*i] fill(
flex.kernel @fill_of_a_scalar(%s: !flex.tensor<i16[]>, %x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %m = flex.map [i < N] (%a = %s[] : !flex.tensor<i16[]>) -> f32 {
    %0 = arith.sitofp %a : i16 to f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < N] (%a = %m[2*i] fill(0.0 : f32) : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %a, %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// A boundary rule moves to what an elementwise map reads; of a fill only zero's, through a cast.
// CHECK-LABEL: flex.kernel @boundary_moves(
// CHECK-SAME: %[[X:[^:]*]]: !flex.tensor<i8[N]>, %[[S:[^:]*]]: !flex.tensor<f32[]>
// CHECK: flex.map [i < N] (%{{.*}} = %[[X]][i - 1] clamp : !flex.tensor<i8[N]>, %{{.*}} = %[[S]][] : !flex.tensor<f32[]>) -> f32
// CHECK: flex.map [i < N] (%{{.*}} = %[[X]][i + 1] fill(0 : i8) : !flex.tensor<i8[N]>) -> i32
// CHECK: %[[D:.*]] = flex.map
// CHECK: flex.map [i < N] (%{{.*}} = %[[D]][i + 1] fill(1 : i32)
flex.kernel @boundary_moves(%x: !flex.tensor<i8[N]>, %s: !flex.tensor<f32[]>) -> (!flex.tensor<f32[N]>, !flex.tensor<i32[N]>, !flex.tensor<i32[N]>) {
  %c = flex.map [i < N] (%a = %x[i] : !flex.tensor<i8[N]>, %b = %s[] : !flex.tensor<f32[]>) -> f32 {
    %0 = arith.sitofp %a : i8 to f32
    %1 = arith.mulf %0, %b : f32
    flex.yield %1 : f32
  }
  %y = flex.map [i < N] (%a = %c[i - 1] clamp : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %a, %a : f32
    flex.yield %0 : f32
  }
  %w = flex.map [i < N] (%a = %x[i] : !flex.tensor<i8[N]>) -> i32 {
    %0 = arith.extsi %a : i8 to i32
    flex.yield %0 : i32
  }
  %z = flex.map [i < N] (%a = %w[i + 1] fill(0 : i32) : !flex.tensor<i32[N]>) -> i32 {
    %0 = arith.addi %a, %a : i32
    flex.yield %0 : i32
  }
  %v = flex.map [i < N] (%a = %x[i] : !flex.tensor<i8[N]>) -> i32 {
    %0 = arith.extui %a : i8 to i32
    flex.yield %0 : i32
  }
  %u = flex.map [i < N] (%a = %v[i + 1] fill(1 : i32) : !flex.tensor<i32[N]>) -> i32 {
    %0 = arith.addi %a, %a : i32
    flex.yield %0 : i32
  }
  flex.return %y, %z, %u : !flex.tensor<f32[N]>, !flex.tensor<i32[N]>, !flex.tensor<i32[N]>
}
