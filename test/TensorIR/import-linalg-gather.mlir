// tensor.extract of a tensor from outside, in a body: the operand is taken whole.
// RUN: flex-opt %s -split-input-file -flex-import-linalg | FileCheck %s

// CHECK-LABEL: flex.kernel @embed
// CHECK-SAME: %[[X:.*]]: !flex.tensor<f32[d0, 16]>, %[[I:.*]]: !flex.tensor<i32[4]>
// CHECK: flex.map [l0 < 4, l1 < 16] (%[[A:.*]] = %[[I]][l0] : !flex.tensor<i32[4]>, %[[T:.*]] = %[[X]] whole : !flex.tensor<f32[d0, 16]>) -> f32 {
// CHECK: flex.load %[[T]]["$0", "$1"] clamp (
func.func @embed(%x: tensor<?x16xf32>, %i: tensor<4xi32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %s = linalg.generic {indexing_maps = [affine_map<(t, d) -> (t)>, affine_map<(t, d) -> (t, d)>], iterator_types = ["parallel", "parallel"]}
      ins(%i : tensor<4xi32>) outs(%init : tensor<4x16xf32>) {
  ^bb0(%a: i32, %o: f32):
    %k = arith.index_cast %a : i32 to index
    %d = linalg.index 1 : index
    %v = tensor.extract %x[%k, %d] : tensor<?x16xf32>
    linalg.yield %v : f32
  } -> tensor<4x16xf32>
  return %s : tensor<4x16xf32>
}

// -----

// Two extracts of one computed tensor, inside a reduction.
// CHECK-LABEL: flex.kernel @pairs
// CHECK: %[[N:.*]] = flex.map
// CHECK: flex.reduce sum [] over [l0 < 4] (
// CHECK-SAME: %[[T:[a-z0-9]+]] = %[[N]] whole : !flex.tensor<f32[8]>) -> f32 {
// CHECK: flex.load %[[T]]["$0"] clamp (
// CHECK: flex.load %[[T]]["$0"] clamp (
func.func @pairs(%x: tensor<8xf32>, %i: tensor<4xi64>, %j: tensor<4xi64>, %init: tensor<8xf32>, %zero: tensor<f32>) -> tensor<f32> {
  %n = linalg.generic {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>], iterator_types = ["parallel"]}
      ins(%x : tensor<8xf32>) outs(%init : tensor<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = math.exp %a : f32
    linalg.yield %0 : f32
  } -> tensor<8xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>], iterator_types = ["reduction"]}
      ins(%i, %j : tensor<4xi64>, tensor<4xi64>) outs(%zero : tensor<f32>) {
  ^bb0(%a: i64, %b: i64, %acc: f32):
    %k = arith.index_cast %a : i64 to index
    %l = arith.index_cast %b : i64 to index
    %v = tensor.extract %n[%k] : tensor<8xf32>
    %w = tensor.extract %n[%l] : tensor<8xf32>
    %p = arith.mulf %v, %w : f32
    %q = arith.addf %acc, %p : f32
    linalg.yield %q : f32
  } -> tensor<f32>
  return %s : tensor<f32>
}
