// Contractions.
// docs/decisions/cost-model.md, one rule a case: CPUs of 32 and of 16 vector registers, groups of threads.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simd,vector-bits=512,vector-registers=32,l2=1048576,cores=2}))" | FileCheck %s --check-prefixes=CHECK,R32
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simd,vector-bits=256,vector-registers=16,l2=524288,cores=4}))" | FileCheck %s --check-prefixes=CHECK,R16
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simt,vector-bits=128,wave-size=32}))" | FileCheck %s --check-prefixes=CHECK,SIMT

// Open extents: the panel outgrows L2, so 8 x 3 vectors and a packed panel; 6 x 2 with 16 registers. Four steps of the
// sum in a turn of its loop, and the rows of the next tile asked for, as the matrix is beyond L2.
// Groups of threads stage 64 x 64 blocks.
// CHECK-LABEL: flex.kernel @matmul(
// R32: lane = "j", "lane-tile" = 48 : i64, lanes = 16 : i64, pack = true, prefetch = true, rows = 8 : i64, steps = 4 : i64, strategy = "tile", unroll = "i", "unroll-tile" = 0 : i64, vectors = 3
// R16: lane = "j", "lane-tile" = 16 : i64, lanes = 8 : i64, pack = true, prefetch = true, rows = 6 : i64, steps = 4 : i64, strategy = "tile", unroll = "i", "unroll-tile" = 0 : i64, vectors = 2
// SIMT: depth = 16 : i64, "group-size" = 256 : i64, "item-rows" = 1 : i64, lane = "j", {{.*}}rows = 4 : i64, strategy = "block", unroll = "i", {{.*}}vectors = 4
flex.kernel @matmul(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// The lane operand fits a quarter of L2: 6 x 4 vectors, nothing packed, and rows are split among the cores.
// CHECK-LABEL: flex.kernel @small_matmul(
// R32: "lane-tile" = 64 : i64, lanes = 16 : i64, rows = 6 : i64, steps = 4 : i64, strategy = "tile", unroll = "i", "unroll-tile" = 12 : i64, vectors = 4
// R16: "lane-tile" = 16 : i64, lanes = 8 : i64, rows = 6 : i64, steps = 4 : i64, strategy = "tile", unroll = "i", "unroll-tile" = 18 : i64, vectors = 2
// SIMT: strategy = "block"
flex.kernel @small_matmul(%x: !flex.tensor<f32[64, 64]>, %w: !flex.tensor<f32[64, 64]>) -> !flex.tensor<f32[64, 64]> {
  %y = flex.reduce sum [i < 64, j < 64] over [k < 64] (%a = %x[i, k] : !flex.tensor<f32[64, 64]>, %b = %w[k, j] : !flex.tensor<f32[64, 64]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[64, 64]>
}

// A strided lane operand is packed even if it stays near; not where the last block of rows is less than a tile.
// CHECK-LABEL: flex.kernel @transposed_weights(
// R32: lanes = 16 : i64, rows = 6 : i64, steps = 4 : i64, strategy = "tile", unroll = "i", "unroll-tile" = 12
// R16: lanes = 8 : i64, pack = true, rows = 6 : i64, steps = 4 : i64, strategy = "tile", unroll = "i", "unroll-tile" = 18
// SIMT: strategy = "block"
flex.kernel @transposed_weights(%x: !flex.tensor<f32[64, 64]>, %w: !flex.tensor<f32[64, 64]>) -> !flex.tensor<f32[64, 64]> {
  %y = flex.reduce sum [i < 64, j < 64] over [k < 64] (%a = %x[i, k] : !flex.tensor<f32[64, 64]>, %b = %w[j, k] : !flex.tensor<f32[64, 64]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[64, 64]>
}

// A block is staged for one contraction only: two of them run on one thread per element.
// CHECK-LABEL: flex.kernel @gated(
// R32: pack = true, prefetch = true, rows = 8 : i64, steps = 4 : i64, strategy = "tile"
// R16: pack = true, prefetch = true, rows = 6 : i64, steps = 4 : i64, strategy = "tile"
// SIMT: strategy = "tile"
flex.kernel @gated(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>, %v: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  %z = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %v[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  %r = flex.map [i < M, j < N] (%a = %y[i, j] : !flex.tensor<f32[M, N]>, %b = %z[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %r : !flex.tensor<f32[M, N]>
}

// No index moves with only one factor: nothing is shared by rows.
// CHECK-LABEL: flex.kernel @dot_rows(
// R32: strategy = "rows"
// R16: strategy = "rows"
// SIMT: "group-size" = 256 : i64, {{.*}}strategy = "rows"
flex.kernel @dot_rows(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[M, K]>) -> !flex.tensor<f32[M]> {
  %y = flex.reduce sum [i < M] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %w[i, k] : !flex.tensor<f32[M, K]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M]>
}

// One row: eight vectors of it, all columns for some steps at once, the next steps prefetched; cores take parts of the sum.
// CHECK-LABEL: flex.kernel @one_row(
// R32: depth = {{[1-9][0-9]*}} : i64, {{.*}}lane = "j", "lane-tile" = 4096 : i64, lanes = 16 : i64, parts = 4 : i64, prefetch = true, rows = 1 : i64, strategy = "tile", unroll = "i", {{.*}}vectors = 8
// R16: depth = {{[1-9][0-9]*}} : i64, {{.*}}lane = "j", "lane-tile" = 4096 : i64, lanes = 8 : i64, parts = 8 : i64, prefetch = true, rows = 1 : i64, strategy = "tile", unroll = "i", {{.*}}vectors = 8
flex.kernel @one_row(%x: !flex.tensor<f32[1, 4096]>, %w: !flex.tensor<f32[4096, 4096]>) -> !flex.tensor<f32[1, 4096]> {
  %y = flex.reduce sum [i < 1, j < 4096] over [k < 4096] (%a = %x[i, k] : !flex.tensor<f32[1, 4096]>, %b = %w[k, j] : !flex.tensor<f32[4096, 4096]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[1, 4096]>
}

// Few rows and a transposed right side: dot products, of 9 rows as 5 and 4 (3 a tile with 16 registers).
// CHECK-LABEL: flex.kernel @dots(
// R32: lane = "j", {{.*}}lanes = 16 : i64, rows = 5 : i64, strategy = "rows", unroll = "i", {{.*}}vectors = 4
// R16: lane = "j", {{.*}}lanes = 8 : i64, rows = 3 : i64, strategy = "rows", unroll = "i", {{.*}}vectors = 4
flex.kernel @dots(%x: !flex.tensor<f32[9, 4096]>, %w: !flex.tensor<f32[4096, 4096]>) -> !flex.tensor<f32[9, 4096]> {
  %y = flex.reduce sum [i < 9, j < 4096] over [k < 4096] (%a = %x[i, k] : !flex.tensor<f32[9, 4096]>, %b = %w[j, k] : !flex.tensor<f32[4096, 4096]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[9, 4096]>
}

// A left side that rows of a tile run along is turned before, so that each of them runs along the reduction.
// CHECK-LABEL: flex.kernel @transposed_left(
// R32: flex.group "{{.*}}_turned" outer ["i", "k"]
// R16: flex.group "{{.*}}_turned" outer ["i", "k"]
// R32: pack = true, prefetch = true, rows = 8 : i64, steps = 4 : i64, strategy = "tile"
// R16: pack = true, prefetch = true, rows = 6 : i64, steps = 4 : i64, strategy = "tile"
// SIMT: strategy = "block"
flex.kernel @transposed_left(%x: !flex.tensor<f32[K, M]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[k, i] : !flex.tensor<f32[K, M]>, %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// Each element of a narrow row operand would be widened for each of many panels: it is once, by a group before.
// CHECK-LABEL: flex.kernel @narrow_rows(
// R32: %[[WIDE:.*]] = flex.group "{{.*}}_widened"
// R32: flex.map [axis0 < 512, axis1 < 512] (%{{.*}} = %arg0[axis0, axis1]
// R32: arith.extf
// R32: %[[WIDE]][i, k]
// R32-NOT: arith.extf %{{.*}} : f16 to f32
// R32: arith.extf
// R32-NEXT: arith.mulf
flex.kernel @narrow_rows(%x: !flex.tensor<f16[512, 512]>, %w: !flex.tensor<f16[512, 512]>) -> !flex.tensor<f32[512, 512]> {
  %y = flex.reduce sum [i < 512, j < 512] over [k < 512] (%a = %x[i, k] : !flex.tensor<f16[512, 512]>, %b = %w[k, j] : !flex.tensor<f16[512, 512]>) -> f32 {
    %0 = arith.extf %a : f16 to f32
    %1 = arith.extf %b : f16 to f32
    %2 = arith.mulf %0, %1 : f32
    flex.yield %2 : f32
  }
  flex.return %y : !flex.tensor<f32[512, 512]>
}

// Seven rows in one tile; the other images read the panels that the first one packs, as far as both cores get items.
// CHECK-LABEL: flex.kernel @shared_panels(
// R32: "item-rows" = 8 : i64, lane = "j", "lane-tile" = 48 : i64, {{.*}}pack = true, rows = 7 : i64, {{.*}}vectors = 3
flex.kernel @shared_panels(%x: !flex.tensor<f32[16, 7, 4608]>, %w: !flex.tensor<f32[4608, 192]>) -> !flex.tensor<f32[16, 7, 192]> {
  %y = flex.reduce sum [p < 16, i < 7, j < 192] over [k < 4608] (%a = %x[p, i, k] : !flex.tensor<f32[16, 7, 4608]>, %b = %w[k, j] : !flex.tensor<f32[4608, 192]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[16, 7, 192]>
}

// Of panels that are far, tiles of 14 rows and two vectors read less; not where rows lie a page apart, and so meet in a set of L1.
// CHECK-LABEL: flex.kernel @tall_tiles(
// R32: "item-rows" = 4 : i64, lane = "j", "lane-tile" = 32 : i64, {{.*}}pack = true, rows = 14 : i64, {{.*}}vectors = 2
flex.kernel @tall_tiles(%x: !flex.tensor<f32[4, 14, 2240]>, %w: !flex.tensor<f32[2240, 256]>) -> !flex.tensor<f32[4, 14, 256]> {
  %y = flex.reduce sum [p < 4, i < 14, j < 256] over [k < 2240] (%a = %x[p, i, k] : !flex.tensor<f32[4, 14, 2240]>, %b = %w[k, j] : !flex.tensor<f32[2240, 256]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[4, 14, 256]>
}
// CHECK-LABEL: flex.kernel @pages_apart(
// R32: pack = true, rows = 8 : i64, {{.*}}vectors = 3
flex.kernel @pages_apart(%x: !flex.tensor<f32[4, 14, 2048]>, %w: !flex.tensor<f32[2048, 256]>) -> !flex.tensor<f32[4, 14, 256]> {
  %y = flex.reduce sum [p < 4, i < 14, j < 256] over [k < 2048] (%a = %x[p, i, k] : !flex.tensor<f32[4, 14, 2048]>, %b = %w[k, j] : !flex.tensor<f32[2048, 256]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[4, 14, 256]>
}

// Fourteen pixels are not a vector, but a tile's rows: lanes along the filters, which are gathered once for all lines of the image. Sixteen are one.
// CHECK-LABEL: flex.kernel @few_pixels(
// R32: "item-rows" = 14 : i64, lane = "k", "lane-tile" = 32 : i64, lanes = 16 : i64, {{.*}}pack = true, {{.*}}rows = 14 : i64, {{.*}}unroll = "w", {{.*}}vectors = 2 : i64{{.*}}why = "{{.*}}with lanes along 'k', as 'w' leaves too many
// R16: lane = "w"
flex.kernel @few_pixels(%x: !flex.tensor<f32[256, 16, 16]>, %f: !flex.tensor<f32[256, 256, 9]>) -> !flex.tensor<f32[256, 14, 14]> {
  %y = flex.reduce sum [k < 256, h < 14, w < 14] over [c < 256, r < 9] (%a = %x[c, h, w] : !flex.tensor<f32[256, 16, 16]>, %b = %f[k, c, r] : !flex.tensor<f32[256, 256, 9]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[256, 14, 14]>
}
// CHECK-LABEL: flex.kernel @whole_vectors(
// R32: lane = "w"
flex.kernel @whole_vectors(%x: !flex.tensor<f32[256, 18, 18]>, %f: !flex.tensor<f32[256, 256, 9]>) -> !flex.tensor<f32[256, 16, 16]> {
  %y = flex.reduce sum [k < 256, h < 16, w < 16] over [c < 256, r < 9] (%a = %x[c, h, w] : !flex.tensor<f32[256, 18, 18]>, %b = %f[k, c, r] : !flex.tensor<f32[256, 256, 9]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[256, 16, 16]>
}
