// A contraction with few tiles of results and a long sum: parts of it are summed side by side, then added in order, with the maps behind.
// RUN: flex-opt %s -split-input-file --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{target=sim device=model=simt,vector-bits=128,vector-registers=255,cores=100,wave-size=32,async-copy=16,gflops=20000,memory-gbs=1500,matrix-units=mma/f16/f32/16x8x16/32/rrr}))" | FileCheck %s

// CHECK-LABEL: flex.kernel @skinny(
// CHECK: %[[PARTS:.*]] = flex.group "skinny_0_parts" outer ["part", "i", "j"] schedule {{.*}}strategy = "matrix"
// CHECK: flex.reduce sum [part < [[COUNT:[0-9]+]], i < 16, j < 512] over [k < [[DEPTH:[0-9]+]]] ({{.*}}[i, k + [[DEPTH]]*part] : {{.*}}[k + [[DEPTH]]*part, j]
// CHECK-COUNT-2: arith.extf {{.*}} : f16 to f32
// CHECK: arith.mulf {{.*}} : f32
// CHECK: flex.group "skinny_0" outer ["i", "j"] schedule {{.*}}strategy = "tile"
// CHECK: flex.reduce sum [i < 16, j < 512] over [part < [[COUNT]]] (%{{.*}} = %[[PARTS]][part, i, j] : !flex.tensor<f32[[[COUNT]], 16, 512]>) -> f32
// CHECK: flex.map {{.*}} -> f16
// CHECK: arith.truncf
// CHECK: flex.map {{.*}} -> f16
// CHECK: arith.addf
flex.kernel @skinny(%x: !flex.tensor<f16[16, 8192]>, %w: !flex.tensor<f16[8192, 512]>, %b: !flex.tensor<f16[512]>) -> !flex.tensor<f16[16, 512]> {
  %y = flex.reduce sum [i < 16, j < 512] over [k < 8192] (%a = %x[i, k] : !flex.tensor<f16[16, 8192]>, %c = %w[k, j] : !flex.tensor<f16[8192, 512]>) -> f16 {
    %0 = arith.mulf %a, %c : f16
    flex.yield %0 : f16
  }
  %z = flex.map [i < 16, j < 512] (%a = %y[i, j] : !flex.tensor<f16[16, 512]>, %c = %b[j] : !flex.tensor<f16[512]>) -> f16 {
    %0 = arith.addf %a, %c : f16
    flex.yield %0 : f16
  }
  flex.return %z : !flex.tensor<f16[16, 512]>
}

// -----

// A schedule that somebody wrote may keep the sum whole.
// CHECK-LABEL: flex.kernel @asked(
// CHECK-NOT: _parts
// CHECK: flex.return
flex.kernel @asked(%x: !flex.tensor<f16[16, 8192]>, %w: !flex.tensor<f16[8192, 512]>) -> !flex.tensor<f16[16, 512]> attributes {schedules = [{target = "sim", parts = 1 : i64, stages = 2 : i64}]} {
  %y = flex.reduce sum [i < 16, j < 512] over [k < 8192] (%a = %x[i, k] : !flex.tensor<f16[16, 8192]>, %c = %w[k, j] : !flex.tensor<f16[8192, 512]>) -> f16 {
    %0 = arith.mulf %a, %c : f16
    flex.yield %0 : f16
  }
  flex.return %y : !flex.tensor<f16[16, 512]>
}

// -----

// Or say how many parts, and how each is computed.
// CHECK-LABEL: flex.kernel @parts(
// CHECK: flex.group "parts_0_parts" outer ["part", "i", "j"] schedule {{.*}}parts = 4 : i64{{.*}}stages = 2 : i64
// CHECK: flex.reduce sum [part < 4, i < 16, j < 512] over [k < 2048]
// CHECK: flex.group "parts_0" outer ["i", "j"]
// CHECK-NOT: parts =
flex.kernel @parts(%x: !flex.tensor<f16[16, 8192]>, %w: !flex.tensor<f16[8192, 512]>) -> !flex.tensor<f16[16, 512]> attributes {schedules = [{target = "sim", parts = 4 : i64, stages = 2 : i64}]} {
  %y = flex.reduce sum [i < 16, j < 512] over [k < 8192] (%a = %x[i, k] : !flex.tensor<f16[16, 8192]>, %c = %w[k, j] : !flex.tensor<f16[8192, 512]>) -> f16 {
    %0 = arith.mulf %a, %c : f16
    flex.yield %0 : f16
  }
  flex.return %y : !flex.tensor<f16[16, 512]>
}

// -----

// Strict numerics promise an order.
// CHECK-LABEL: flex.kernel @strict(
// CHECK-NOT: _parts
// CHECK: flex.return
flex.kernel @strict(%x: !flex.tensor<f16[16, 8192]>, %w: !flex.tensor<f16[8192, 512]>) -> !flex.tensor<f16[16, 512]> attributes {numerics = "strict"} {
  %y = flex.reduce sum [i < 16, j < 512] over [k < 8192] (%a = %x[i, k] : !flex.tensor<f16[16, 8192]>, %c = %w[k, j] : !flex.tensor<f16[8192, 512]>) -> f16 {
    %0 = arith.mulf %a, %c : f16
    flex.yield %0 : f16
  }
  flex.return %y : !flex.tensor<f16[16, 512]>
}

// -----

// The sum is done with before a second launch would have begun.
// CHECK-LABEL: flex.kernel @short(
// CHECK-NOT: _parts
// CHECK: flex.return
flex.kernel @short(%x: !flex.tensor<f16[16, 1024]>, %w: !flex.tensor<f16[1024, 512]>) -> !flex.tensor<f16[16, 512]> {
  %y = flex.reduce sum [i < 16, j < 512] over [k < 1024] (%a = %x[i, k] : !flex.tensor<f16[16, 1024]>, %c = %w[k, j] : !flex.tensor<f16[1024, 512]>) -> f16 {
    %0 = arith.mulf %a, %c : f16
    flex.yield %0 : f16
  }
  flex.return %y : !flex.tensor<f16[16, 512]>
}
