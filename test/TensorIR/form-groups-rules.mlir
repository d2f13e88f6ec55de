// What separates groups, and what happens to names, returns and dead statements.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-form-groups))" | FileCheck %s

// A work item that owns rows does not have the columns.
// CHECK-LABEL: flex.kernel @transposed(
// CHECK: %[[E:.*]] = flex.group "transposed_0" outer ["i", "j"]
// CHECK: flex.group "transposed_1" outer ["i", "j"]
// CHECK: flex.map
// CHECK-SAME: %[[E]][j, i]
flex.kernel @transposed(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[N, M]> {
  %e = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < N, j < M] (%a = %e[j, i] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N, M]>
}

// A boundary rule may ask for another item's element.
// CHECK-LABEL: flex.kernel @stencil(
// CHECK: flex.group "stencil_0"
// CHECK: flex.group "stencil_1"
// CHECK: [i, j - 1] clamp
flex.kernel @stencil(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  %e = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < M, j < N] (%a = %e[i, j - 1] clamp : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// Another place in the same row is the same work item's: only the row index stays outer.
// CHECK-LABEL: flex.kernel @reversed_rows(
// CHECK: flex.group "reversed_rows_0" outer ["i"]
// CHECK: flex.map
// CHECK: flex.map
// CHECK-NOT: flex.group
flex.kernel @reversed_rows(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  %e = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < M, j < N] (%a = %e[i, N - 1 - j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// A chain of scalars needs no common index.
// CHECK-LABEL: flex.kernel @scalars(
// CHECK: flex.group "scalars_0" outer [] -> !flex.tensor<f32[]>
// CHECK: flex.reduce sum []
// CHECK: flex.map []
// CHECK-NOT: flex.group
flex.kernel @scalars(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[]> {
  %s = flex.reduce sum [] over [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [] (%a = %s[] : !flex.tensor<f32[]>) -> f32 {
    %0 = math.sqrt %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[]>
}

// But what reads a total at many points does.
// CHECK-LABEL: flex.kernel @total(
// CHECK: flex.group "total_0" outer []
// CHECK: flex.group "total_1" outer ["i"]
flex.kernel @total(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %s = flex.reduce sum [] over [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>, %b = %s[] : !flex.tensor<f32[]>) -> f32 {
    %0 = arith.divf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// An inner index that bears an outer one's name steps aside, in accesses and bodies, too.
// CHECK-LABEL: flex.kernel @names(
// CHECK: flex.group "names_0" outer ["i"]
// CHECK: flex.map [i < M, i_inner1 < N]
// CHECK-SAME: [i, i_inner1]
// CHECK-SAME: [i]
// CHECK: flex.index "i_inner1"
// CHECK: flex.index "i" : i64
flex.kernel @names(%x: !flex.tensor<i64[M, N]>) -> !flex.tensor<i64[M, N]> {
  %m = flex.reduce max [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<i64[M, N]>) -> i64 { flex.yield %a : i64 }
  %y = flex.map [j < M, i < N] (%a = %x[j, i] : !flex.tensor<i64[M, N]>, %b = %m[j] : !flex.tensor<i64[M]>) -> i64 {
    %0 = flex.index "i" : i64
    %1 = flex.index "j" : i64
    %2 = arith.addi %0, %1 : i64
    %3 = arith.addi %a, %b : i64
    %4 = arith.addi %2, %3 : i64
    flex.yield %4 : i64
  }
  flex.return %y : !flex.tensor<i64[M, N]>
}

// The new name is not one that the statement has already.
// CHECK-LABEL: flex.kernel @taken_name(
// CHECK: flex.map [i < M, i_inner1_ < N, i_inner1 < N]
// CHECK-SAME: [i, i_inner1]
// CHECK-SAME: [i, i_inner1_]
flex.kernel @taken_name(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N, N]> {
  %m = flex.reduce max [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [p < M, i < N, i_inner1 < N] (%a = %x[p, i_inner1] : !flex.tensor<f32[M, N]>, %b = %m[p] : !flex.tensor<f32[M]>,
      %c = %x[p, i] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = arith.addf %a, %b : f32
    %1 = arith.addf %0, %c : f32
    flex.yield %1 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N, N]>
}

// A returned argument or constant has no statement that writes it: it gets one.
// CHECK-LABEL: flex.kernel @returns_inputs(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK: %[[C:.*]] = flex.constant
// CHECK: %[[A:.*]] = flex.group "returns_inputs_0" outer ["i0", "i1"]
// CHECK: flex.map [i0 < M, i1 < N] (%{{.*}} = %[[X]][i0, i1]
// CHECK: %[[B:.*]] = flex.group "returns_inputs_1" outer ["i0"]
// CHECK: flex.map [i0 < 2] (%{{.*}} = %[[C]][i0]
// CHECK: flex.return %[[A]], %[[B]]
flex.kernel @returns_inputs(%x: !flex.tensor<f32[M, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<i64[2]>) {
  %c = flex.constant dense<[4, -9]> : tensor<2xi64> : !flex.tensor<i64[2]>
  flex.return %x, %c : !flex.tensor<f32[M, N]>, !flex.tensor<i64[2]>
}

// Of a value returned twice, the second result is a copy.
// CHECK-LABEL: flex.kernel @returned_twice(
// CHECK: %[[G:.*]]:2 = flex.group "returned_twice_0" outer ["i"]
// CHECK: %[[E:.*]] = flex.map [i < N]
// CHECK: %[[C:.*]] = flex.map [i < N] (%{{.*}} = %[[E]][i]
// CHECK: flex.yield %[[E]], %[[C]]
// CHECK: flex.return %[[G]]#0, %[[G]]#1
flex.kernel @returned_twice(%x: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[N]>) {
  %e = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  flex.return %e, %e : !flex.tensor<f32[N]>, !flex.tensor<f32[N]>
}

// What nothing needs is erased, with what only it needed.
// CHECK-LABEL: flex.kernel @dead(
// CHECK-NOT: math.exp
// CHECK-NOT: arith.negf
// CHECK-NOT: flex.constant
// CHECK: flex.group "dead_0"
// CHECK: math.sin
flex.kernel @dead(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %c = flex.constant dense<[4, -9]> : tensor<2xi64> : !flex.tensor<i64[2]>
  %e = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %d = flex.map [i < N] (%a = %e[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.sin %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// %z reads the first group and the second: it must come after both.
// CHECK-LABEL: flex.kernel @order(
// CHECK: %[[A:.*]] = flex.group "order_0" outer ["i"]
// CHECK: math.exp
// CHECK: %[[B:.*]] = flex.group "order_1" outer []
// CHECK: %[[Z:.*]] = flex.group "order_2" outer ["i"]
// CHECK: flex.map
// CHECK-SAME: %[[A]][i]
// CHECK-SAME: %[[B]][]
// CHECK: flex.return %[[Z]]
flex.kernel @order(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %e = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %s = flex.reduce sum [] over [i < N] (%a = %e[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  %z = flex.map [i < N] (%a = %e[i] : !flex.tensor<f32[N]>, %b = %s[] : !flex.tensor<f32[]>) -> f32 {
    %0 = arith.divf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %z : !flex.tensor<f32[N]>
}
