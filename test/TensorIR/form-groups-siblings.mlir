// Maps that share a launch although none reads the other.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-form-groups))" | FileCheck %s

// CHECK-LABEL: flex.kernel @common_input(
// CHECK: %[[G:.*]]:2 = flex.group "common_input_0" outer ["i"] -> !flex.tensor<f32[N]>, !flex.tensor<f64[N]>
// CHECK: %[[A:.*]] = flex.map [i < N]
// CHECK: %[[B:.*]] = flex.map [i < N]
// CHECK: flex.yield %[[A]], %[[B]]
// CHECK: flex.return %[[G]]#0, %[[G]]#1
flex.kernel @common_input(%x: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f64[N]>) {
  %a = flex.map [i < N] (%v = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %v : f32
    flex.yield %0 : f32
  }
  %b = flex.map [p < N] (%v = %x[N - 1 - p] : !flex.tensor<f32[N]>) -> f64 {
    %0 = arith.extf %v : f32 to f64
    flex.yield %0 : f64
  }
  flex.return %a, %b : !flex.tensor<f32[N]>, !flex.tensor<f64[N]>
}

// Boundary rules on what comes from outside do not matter.
// CHECK-LABEL: flex.kernel @gradient(
// CHECK: flex.group "gradient_0" outer ["y", "x"]
// CHECK: [y, x - 1] clamp
// CHECK: [y - 1, x] clamp
// CHECK-NOT: flex.group
flex.kernel @gradient(%img: !flex.tensor<f32[H, W]>) -> (!flex.tensor<f32[H, W]>, !flex.tensor<f32[H, W]>) {
  %a = flex.map [y < H, x < W] (%v = %img[y, x - 1] clamp : !flex.tensor<f32[H, W]>) -> f32 { flex.yield %v : f32 }
  %b = flex.map [y < H, x < W] (%v = %img[y - 1, x] clamp : !flex.tensor<f32[H, W]>) -> f32 { flex.yield %v : f32 }
  flex.return %a, %b : !flex.tensor<f32[H, W]>, !flex.tensor<f32[H, W]>
}

// Positions and a scalar: one angle, its sine and cosine.
// CHECK-LABEL: flex.kernel @angles(
// CHECK: flex.group "angles_0" outer ["i"]
// CHECK: math.sin
// CHECK: math.cos
// CHECK-NOT: flex.group
flex.kernel @angles(%t: !flex.tensor<f32[N]>, %s: !flex.tensor<f32[]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[N]>) {
  %a = flex.map [i < N] (%v = %s[] : !flex.tensor<f32[]>) -> f32 {
    %0 = flex.index "i" : i64
    %1 = arith.sitofp %0 : i64 to f32
    %2 = arith.mulf %1, %v : f32
    %3 = math.sin %2 : f32
    flex.yield %3 : f32
  }
  %b = flex.map [i < N] (%v = %s[] : !flex.tensor<f32[]>) -> f32 {
    %0 = flex.index "i" : i64
    %1 = arith.sitofp %0 : i64 to f32
    %2 = arith.mulf %1, %v : f32
    %3 = math.cos %2 : f32
    flex.yield %3 : f32
  }
  flex.return %a, %b : !flex.tensor<f32[N]>, !flex.tensor<f32[N]>
}

// Nothing in common but the shape, and one reader of both: it takes both groups in.
// CHECK-LABEL: flex.kernel @joined(
// CHECK: flex.group "joined_0" outer ["i"] -> !flex.tensor<f32[N]>, !flex.tensor<f32[N]> {
// CHECK: math.exp
// CHECK: math.sin
// CHECK: arith.mulf
// CHECK-NOT: flex.group
flex.kernel @joined(%x: !flex.tensor<f32[N]>, %y: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[N]>) {
  %a = flex.map [i < N] (%v = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %v : f32
    flex.yield %0 : f32
  }
  %b = flex.map [i < N] (%v = %y[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.sin %v : f32
    flex.yield %0 : f32
  }
  %c = flex.map [i < N] (%v = %a[i] : !flex.tensor<f32[N]>, %w = %b[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.mulf %v, %w : f32
    flex.yield %0 : f32
  }
  flex.return %a, %c : !flex.tensor<f32[N]>, !flex.tensor<f32[N]>
}

// Without a reader they stay apart; so do other extents.
// CHECK-LABEL: flex.kernel @apart(
// CHECK-COUNT-3: flex.group
flex.kernel @apart(%x: !flex.tensor<f32[N]>, %y: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[N]>, !flex.tensor<f32[N + 1]>) {
  %a = flex.map [i < N] (%v = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %v : f32
    flex.yield %0 : f32
  }
  %b = flex.map [i < N] (%v = %y[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %v : f32
    flex.yield %0 : f32
  }
  %c = flex.map [i < N + 1] (%v = %x[i] clamp : !flex.tensor<f32[N]>) -> f32 { flex.yield %v : f32 }
  flex.return %a, %b, %c : !flex.tensor<f32[N]>, !flex.tensor<f32[N]>, !flex.tensor<f32[N + 1]>
}

// The sum stands between: what it reads cannot come after it.
// CHECK-LABEL: flex.kernel @between(
// CHECK: %[[A:.*]] = flex.group "between_0" outer ["i"]
// CHECK: %[[S:.*]] = flex.group "between_1" outer []
// CHECK: flex.group "between_2" outer ["i"] -> !flex.tensor<f32[N]>, !flex.tensor<f32[N]>
// CHECK: flex.map [i < N] (%{{.*}} = %[[S]][]
// CHECK: flex.map [i < N] (%{{.*}} = %[[A]][i]
flex.kernel @between(%x: !flex.tensor<f32[N]>, %y: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[N]>) {
  %a = flex.map [i < N] (%v = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %v : f32
    flex.yield %0 : f32
  }
  %s = flex.reduce sum [] over [i < N] (%v = %a[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %v : f32 }
  %b = flex.map [i < N] (%v = %s[] : !flex.tensor<f32[]>, %w = %y[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.mulf %v, %w : f32
    flex.yield %0 : f32
  }
  %c = flex.map [i < N] (%v = %a[i] : !flex.tensor<f32[N]>, %w = %b[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %v, %w : f32
    flex.yield %0 : f32
  }
  flex.return %b, %c : !flex.tensor<f32[N]>, !flex.tensor<f32[N]>
}

// Rows of three that may be walked as one vector do not join rows that may not.
// CHECK-LABEL: flex.kernel @short_rows(
// CHECK: flex.group "short_rows_0" outer ["i", "j"] -> !flex.tensor<f32[N, 3]>, !flex.tensor<f32[N, 3]>
// CHECK: flex.group "short_rows_1" outer ["i", "j"] -> !flex.tensor<f32[N, 3]> {
flex.kernel @short_rows(%x: !flex.tensor<f32[N, 3]>, %g: !flex.tensor<f32[3]>)
    -> (!flex.tensor<f32[N, 3]>, !flex.tensor<f32[N, 3]>, !flex.tensor<f32[N, 3]>) {
  %a = flex.map [i < N, j < 3] (%v = %x[i, j] : !flex.tensor<f32[N, 3]>) -> f32 {
    %0 = math.exp %v : f32
    flex.yield %0 : f32
  }
  %b = flex.map [i < N, j < 3] (%v = %x[i, j] : !flex.tensor<f32[N, 3]>, %w = %g[j] : !flex.tensor<f32[3]>) -> f32 {
    %0 = arith.mulf %v, %w : f32
    flex.yield %0 : f32
  }
  %c = flex.map [i < N, j < 3] (%v = %x[i, j] : !flex.tensor<f32[N, 3]>) -> f32 {
    %0 = math.sqrt %v : f32
    flex.yield %0 : f32
  }
  flex.return %a, %b, %c : !flex.tensor<f32[N, 3]>, !flex.tensor<f32[N, 3]>, !flex.tensor<f32[N, 3]>
}

// Long products of matrices of a common factor stay apart: each has tiles and panels of its own.
// CHECK-LABEL: flex.kernel @projections(
// CHECK: flex.group "projections_0"
// CHECK-COUNT-1: flex.reduce
// CHECK: flex.group "projections_1"
// CHECK-COUNT-1: flex.reduce
flex.kernel @projections(%x: !flex.tensor<f32[512, 768]>, %v: !flex.tensor<f32[768, 768]>, %w: !flex.tensor<f32[768, 768]>) -> (!flex.tensor<f32[512, 768]>, !flex.tensor<f32[512, 768]>) {
  %y = flex.reduce sum [i < 512, j < 768] over [k < 768] (%a = %x[i, k] : !flex.tensor<f32[512, 768]>, %b = %v[k, j] : !flex.tensor<f32[768, 768]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  %z = flex.reduce sum [i < 512, j < 768] over [k < 768] (%a = %x[i, k] : !flex.tensor<f32[512, 768]>, %b = %w[k, j] : !flex.tensor<f32[768, 768]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y, %z : !flex.tensor<f32[512, 768]>, !flex.tensor<f32[512, 768]>
}
