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

flex.kernel @stencil(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  %e = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < M, j < N] (%a = %e[i, j - 1] clamp : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[M, N]>
}

flex.kernel @reversed_rows(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  %e = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < M, j < N] (%a = %e[i, N - 1 - j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[M, N]>
}

flex.kernel @scalars(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[]> {
  %s = flex.reduce sum [] over [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [] (%a = %s[] : !flex.tensor<f32[]>) -> f32 {
    %0 = math.sqrt %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[]>
}

flex.kernel @total(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %s = flex.reduce sum [] over [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>, %b = %s[] : !flex.tensor<f32[]>) -> f32 {
    %0 = arith.divf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

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

flex.kernel @returns_inputs(%x: !flex.tensor<f32[M, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<i64[2]>) {
  %c = flex.constant dense<[4, -9]> : tensor<2xi64> : !flex.tensor<i64[2]>
  flex.return %x, %c : !flex.tensor<f32[M, N]>, !flex.tensor<i64[2]>
}

flex.kernel @returned_twice(%x: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[N]>) {
  %e = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  flex.return %e, %e : !flex.tensor<f32[N]>, !flex.tensor<f32[N]>
}

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
