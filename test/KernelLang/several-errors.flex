// RUN: not flexc check %s 2>&1 | FileCheck %s
// RUN: not flexc check %s --diagnostics=json 2>&1 | FileCheck %s --check-prefix=JSON
// Several errors in one run, each with all places and a hint; the good kernel between them is silent.

kernel mixed(x: f32[N], h: f16[N]) -> f32[N] {
  return x + h
}
// CHECK: several-errors.flex:[[@LINE-2]]:12: error: '+' needs operands of one type, found f32 and f16 [E0301]
// CHECK-NEXT: return x + h
// CHECK-NEXT: | ^
// CHECK: note: this is f32
// CHECK: note: this is f16
// CHECK: hint: convert one: f32(h)

kernel good(x: f32[N]) -> f32[N] { return x }

kernel stencil(img: f32[H, W]) -> f32[H, W] {
  return [y, x] img[y, x - 1] + img[y, x]
}
// CHECK: several-errors.flex:[[@LINE-2]]:24: error: index 'x - 1' of 'img' runs from -1 to W - 2, but axis 1 has W elements [E0410]
// CHECK: note: 'img' is declared here
// CHECK: hint: wrap the tensor in a boundary rule, e.g. 'let p = clamp(img)'

kernel conflict(x: f32[M, N], y: f32[N]) -> f32[M] {
  return [i] x[i, 0] + y[i]
}
// CHECK: several-errors.flex:[[@LINE-2]]:26: error: index 'i' has M values in 'x' but N in 'y' [E0408]
// CHECK: note: index 'i' has M values here
// CHECK-NOT: error

// JSON: "code": "E0301"
// JSON-SAME: "line": 6, "column": 12
// JSON: "code": "E0410"
