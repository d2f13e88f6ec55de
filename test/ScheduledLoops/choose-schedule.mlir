// Everything but contractions.
// docs/decisions/cost-model.md, one rule a case: CPUs of 32 and of 16 vector registers, groups of threads.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simd,vector-bits=512,vector-registers=32,l2=1048576,cores=2}))" | FileCheck %s --check-prefixes=CHECK,R32
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simd,vector-bits=256,vector-registers=16,l2=524288,cores=4}))" | FileCheck %s --check-prefixes=CHECK,R16
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simt,vector-bits=128,wave-size=32}))" | FileCheck %s --check-prefixes=CHECK,SIMT

// Reads run along the last outer index: so do the lanes, up to 8 vectors of them.
// CHECK-LABEL: flex.kernel @column_sums(
// R32: lane = "j", "lane-tile" = 128 : i64, lanes = 16 : i64, rows = 1 : i64, strategy = "tile", "unroll-tile" = 0 : i64, vectors = 8
// R16: lane = "j", "lane-tile" = 64 : i64, lanes = 8 : i64, rows = 1 : i64, strategy = "tile", "unroll-tile" = 0 : i64, vectors = 8
// SIMT: "group-size" = 256 : i64, {{.*}}lane = "j", {{.*}}lanes = 1 : i64, {{.*}}strategy = "tile"
flex.kernel @column_sums(%x: !flex.tensor<f32[64, 1000]>) -> !flex.tensor<f32[1000]> {
  %y = flex.reduce sum [j < 1000] over [i < 64] (%a = %x[i, j] : !flex.tensor<f32[64, 1000]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[1000]>
}

// More of them than the second cache holds: blocks of rows past many columns, whose sums lie in the first one.
// CHECK-LABEL: flex.kernel @many_rows(
// R32: depth = 8 : i64, {{.*}}lane = "j", "lane-tile" = 256 : i64, lanes = 16 : i64, {{.*}}strategy = "tile", {{.*}}vectors = 2
// R16: depth = 8 : i64, {{.*}}lane = "j", "lane-tile" = 128 : i64, lanes = 8 : i64, {{.*}}strategy = "tile", {{.*}}vectors = 2
// SIMT: depth = 0 : i64, "group-size" = 256 : i64, {{.*}}strategy = "tile"
flex.kernel @many_rows(%x: !flex.tensor<f32[M, 1000]>) -> !flex.tensor<f32[1000]> {
  %y = flex.reduce sum [j < 1000] over [i < M] (%a = %x[i, j] : !flex.tensor<f32[M, 1000]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[1000]>
}

// So do running sums, whose results bypass the caches if they are larger than those. Few rows: in registers.
// CHECK-LABEL: flex.kernel @running_sums(
// R32: depth = 4 : i64, {{.*}}lane = "j", "lane-tile" = 1024 : i64, lanes = 16 : i64, nontemporal = true, {{.*}}strategy = "points", {{.*}}vectors = 2
// R16: depth = 4 : i64, {{.*}}lane = "j", "lane-tile" = 512 : i64, lanes = 8 : i64, nontemporal = true, {{.*}}strategy = "points", {{.*}}vectors = 2
// SIMT: depth = 0 : i64, {{.*}}strategy = "points"
flex.kernel @running_sums(%x: !flex.tensor<f32[4096, 4096]>) -> !flex.tensor<f32[4096, 4096]> {
  %y = flex.scan [j < 4096] over [i < 4096] at [i, j] (%a = %x[i, j] : !flex.tensor<f32[4096, 4096]>) self %s -> f32 {
    %p = flex.load %s[i - 1, j] fill(0.0 : f32) : !flex.tensor<f32[4096, 4096]>
    %0 = arith.addf %p, %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[4096, 4096]>
}
// CHECK-LABEL: flex.kernel @few_running_sums(
// R32: depth = 0 : i64, {{.*}}strategy = "points", {{.*}}vectors = 7
// R16: depth = 0 : i64, {{.*}}strategy = "points", {{.*}}vectors = 7
flex.kernel @few_running_sums(%x: !flex.tensor<f32[16, 1000]>) -> !flex.tensor<f32[16, 1000]> {
  %y = flex.scan [j < 1000] over [i < 16] at [i, j] (%a = %x[i, j] : !flex.tensor<f32[16, 1000]>) self %s -> f32 {
    %p = flex.load %s[i - 1, j] fill(0.0 : f32) : !flex.tensor<f32[16, 1000]>
    %0 = arith.addf %p, %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[16, 1000]>
}

// All accesses walk both indices as one: items of 16 K elements, 16 bytes per thread.
// CHECK-LABEL: flex.kernel @elementwise(
// R32: collapse = 2 : i64, {{.*}}"lane-tile" = 16384 : i64, lanes = 16 : i64, {{.*}}strategy = "tile", {{.*}}vectors = 4
// R16: collapse = 2 : i64, {{.*}}"lane-tile" = 16384 : i64, lanes = 8 : i64, {{.*}}strategy = "tile", {{.*}}vectors = 4
// SIMT: collapse = 2 : i64, {{.*}}"group-size" = 256 : i64, {{.*}}lanes = 4 : i64, {{.*}}strategy = "tile"
flex.kernel @elementwise(%x: !flex.tensor<f32[M, 1024]>) -> !flex.tensor<f32[M, 1024]> {
  %y = flex.map [i < M, j < 1024] (%a = %x[i, j] : !flex.tensor<f32[M, 1024]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, 1024]>
}

// A row vector does not: items of whole rows.
// CHECK-LABEL: flex.kernel @row_of_bias(
// R32: collapse = 1 : i64, {{.*}}"item-rows" = 16 : i64, lane = "j", "lane-tile" = 0
// R16: collapse = 1 : i64, {{.*}}"item-rows" = 16 : i64, lane = "j", "lane-tile" = 0
// SIMT: collapse = 1 : i64, {{.*}}lanes = 4
flex.kernel @row_of_bias(%x: !flex.tensor<f32[M, 1024]>, %b: !flex.tensor<f32[1024]>) -> !flex.tensor<f32[M, 1024]> {
  %y = flex.map [i < M, j < 1024] (%a = %x[i, j] : !flex.tensor<f32[M, 1024]>, %c = %b[j] : !flex.tensor<f32[1024]>) -> f32 {
    %0 = arith.addf %a, %c : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, 1024]>
}

// A reduction along the innermost index: rows with 4 accumulators, a group of threads per row.
// CHECK-LABEL: flex.kernel @row_max(
// R32: lanes = 16 : i64, rows = 1 : i64, strategy = "rows", {{.*}}vectors = 4
// R16: lanes = 8 : i64, rows = 1 : i64, strategy = "rows", {{.*}}vectors = 4
// SIMT: "group-size" = 256 : i64, {{.*}}strategy = "rows"
flex.kernel @row_max(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M]> {
  %y = flex.reduce max [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[M]>
}

// Rows from memory: the next one is prefetched.
// CHECK-LABEL: flex.kernel @softmax_from_memory(
// R32-NOT: nontemporal
// R32: prefetch = true, {{.*}}strategy = "rows"
// R16: prefetch = true, {{.*}}strategy = "rows"
// SIMT-NOT: prefetch
// SIMT: "group-size" = 256 : i64, {{.*}}strategy = "rows"
flex.kernel @softmax_from_memory(%x: !flex.tensor<f32[1024, 1024]>) -> !flex.tensor<f32[1024, 1024]> {
  %m = flex.reduce max [i < 1024] over [j < 1024] (%a = %x[i, j] : !flex.tensor<f32[1024, 1024]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [i < 1024, j < 1024] (%a = %x[i, j] : !flex.tensor<f32[1024, 1024]>, %b = %m[i] : !flex.tensor<f32[1024]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[1024, 1024]>
}

// From the streaming size on, results bypass the caches instead.
// CHECK-LABEL: flex.kernel @streamed(
// R32: nontemporal = true, rows = 1 : i64, strategy = "rows"
// R16: nontemporal = true, rows = 1 : i64, strategy = "rows"
// SIMT-NOT: nontemporal
// SIMT: strategy = "rows"
flex.kernel @streamed(%x: !flex.tensor<f32[4096, 4096]>) -> !flex.tensor<f32[4096, 4096]> {
  %m = flex.reduce max [i < 4096] over [j < 4096] (%a = %x[i, j] : !flex.tensor<f32[4096, 4096]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [i < 4096, j < 4096] (%a = %x[i, j] : !flex.tensor<f32[4096, 4096]>, %b = %m[i] : !flex.tensor<f32[4096]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[4096, 4096]>
}

// Ten runs of 16 bytes are a short row: a part of a wave takes it, and several share a group.
// CHECK-LABEL: flex.kernel @short_rows(
// R32: "item-rows" = 409 : i64, {{.*}}strategy = "rows"
// R16: "item-rows" = 409 : i64, {{.*}}strategy = "rows"
// SIMT: "group-size" = 128 : i64, "item-rows" = 8 : i64, {{.*}}lanes = 4 : i64, {{.*}}strategy = "rows"
flex.kernel @short_rows(%x: !flex.tensor<f32[M, 40]>) -> !flex.tensor<f32[M]> {
  %y = flex.reduce max [i < M] over [j < 40] (%a = %x[i, j] : !flex.tensor<f32[M, 40]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[M]>
}

// bf16 is computed in f32: lanes are counted in f32, but for threads in what they move.
// CHECK-LABEL: flex.kernel @narrow(
// R32: lanes = 16 : i64
// R16: lanes = 8 : i64
// SIMT: lanes = 8 : i64
flex.kernel @narrow(%x: !flex.tensor<bf16[M, 1024]>) -> !flex.tensor<bf16[M, 1024]> {
  %y = flex.map [i < M, j < 1024] (%a = %x[i, j] : !flex.tensor<bf16[M, 1024]>) -> bf16 {
    %0 = arith.negf %a : bf16
    flex.yield %0 : bf16
  }
  flex.return %y : !flex.tensor<bf16[M, 1024]>
}

// Bytes fill the register.
// CHECK-LABEL: flex.kernel @bytes(
// R32: lanes = 64 : i64
// R16: lanes = 32 : i64
// SIMT: lanes = 16 : i64
flex.kernel @bytes(%x: !flex.tensor<i8[M, 1024]>) -> !flex.tensor<i8[M, 1024]> {
  %y = flex.map [i < M, j < 1024] (%a = %x[i, j] : !flex.tensor<i8[M, 1024]>) -> i8 {
    %0 = arith.addi %a, %a : i8
    flex.yield %0 : i8
  }
  flex.return %y : !flex.tensor<i8[M, 1024]>
}

// What a schedule attribute says already is kept as it is.
// CHECK-LABEL: flex.kernel @kept(
// CHECK: schedule {lane = "i", lanes = 2 : i64, strategy = "tile"} ->
flex.kernel @kept(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %r = flex.group "g" outer ["i"] schedule {strategy = "tile", lane = "i", lanes = 2} -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  flex.return %r : !flex.tensor<f32[N]>
}

// A transpose: reads that the lanes jump over lie side by side for rows along the other index, a cache line of them, and
// four such blocks beside each other in a work item.
// CHECK-LABEL: flex.kernel @transposed
// R32: schedule {{.*}}lane = "j", "lane-tile" = 256 : i64, lanes = 16 : i64, rows = 16 : i64, strategy = "tile", unroll = "i", "unroll-tile" = 64 : i64, vectors = 1 : i64
// R16: schedule {{.*}}lane = "j", "lane-tile" = 256 : i64, lanes = 8 : i64, rows = 16 : i64, strategy = "tile", unroll = "i", "unroll-tile" = 64 : i64, vectors = 1 : i64
// SIMT: schedule {{.*}}strategy = "tile"
flex.kernel @transposed(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[N, M]> {
  %y = flex.map [i < N, j < M] (%a = %x[j, i] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[N, M]>
}
