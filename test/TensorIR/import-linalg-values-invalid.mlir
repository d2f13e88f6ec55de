// What the import of linalg cannot follow: values that are neither constants nor arguments, and types without a rank.
// RUN: flex-opt %s -flex-import-linalg -split-input-file -verify-diagnostics

func.func @padding(%x: tensor<4xf32>, %p: f32) -> tensor<6xf32> {
  // expected-error @below {{only padding with a constant is supported}}
  %y = tensor.pad %x low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %p : f32
  } : tensor<4xf32> to tensor<6xf32>
  return %y : tensor<6xf32>
}

// -----

func.func @diagonal(%x: tensor<4xf32>, %init: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // expected-error @below {{a result must be indexed by distinct loops}}
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i, i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%init : tensor<4x4xf32>) {
  ^bb0(%a: f32, %old: f32):
    linalg.yield %a : f32
  } -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}

// -----

func.func @unranked(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{unranked tensors are not supported}}
  %y = tensor.cast %x : tensor<4xf32> to tensor<*xf32>
  %z = tensor.cast %y : tensor<*xf32> to tensor<4xf32>
  return %z : tensor<4xf32>
}
