// With open dimensions, each launch asks whether what it moves stays in the caches: one code stores past them, the other does not. A reduction has next to
// no results, and one code; where the dimensions are known, so is the answer.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simd,vector-bits=512,vector-registers=32,streaming=1048576,cores=2}),tile-emit-loops{device=model=simd,vector-bits=512,vector-registers=32,streaming=1048576,cores=2},cse)" | FileCheck %s

// CHECK-LABEL: tile.kernel @open_0(
// CHECK: %[[BYTES:.*]] = arith.muli %{{.*}}, %c8
// CHECK: %[[MANY:.*]] = arith.cmpi sge, %[[BYTES]], %c1048576
// CHECK: scf.if %[[MANY]] {
// CHECK: tile.store {{.*}} nontemporal :
// CHECK: %[[FEW:.*]] = arith.cmpi slt, %[[BYTES]], %c1048576
// CHECK: scf.if %[[FEW]] {
// CHECK-NOT: nontemporal
// CHECK: tile.return
flex.kernel @open(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// CHECK-LABEL: tile.kernel @reduced_0(
// CHECK-NOT: scf.if
// CHECK-NOT: nontemporal
// CHECK: tile.return
flex.kernel @reduced(%x: !flex.tensor<f32[M, 128]>) -> !flex.tensor<f32[M]> {
  %y = flex.reduce max [i < M] over [j < 128] (%a = %x[i, j] : !flex.tensor<f32[M, 128]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[M]>
}

// Such stores want aligned addresses, which only the launch knows: a partial vector comes first.
// CHECK-LABEL: tile.kernel @known_0(
// CHECK-NOT: scf.if
// CHECK: %[[LEAD:.*]] = tile.lead %arg1[%[[FIRST:.*]]] to 64 : <f32, global>
// CHECK: %[[HEAD:.*]] = arith.minsi %[[LEAD]], %{{.*}}
// CHECK: %[[ALIGNED:.*]] = arith.addi %{{.*}}
// CHECK: scf.for %{{.*}} = %[[FIRST]] to %[[ALIGNED]] step %c16
// CHECK: tile.store {{.*}} valid({{.*}}) nontemporal :
// CHECK: scf.for %{{.*}} = %[[ALIGNED]] to %{{.*}} step %c64
// CHECK: tile.store {{.*}} nontemporal :
// CHECK: tile.return
flex.kernel @known(%x: !flex.tensor<f32[1048576]>) -> !flex.tensor<f32[1048576]> {
  %y = flex.map [i < 1048576] (%a = %x[i] : !flex.tensor<f32[1048576]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[1048576]>
}

// Results that would not stay bypass the caches.
// CHECK-LABEL: tile.kernel @streamed_0(
// CHECK-NOT: tile.prefetch
// CHECK: tile.store %{{.*}} nontemporal
flex.kernel @streamed(%x: !flex.tensor<f32[4096, 4096]>) -> !flex.tensor<f32[4096, 4096]> {
  %m = flex.reduce max [i < 4096] over [j < 4096] (%a = %x[i, j] : !flex.tensor<f32[4096, 4096]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [i < 4096, j < 4096] (%a = %x[i, j] : !flex.tensor<f32[4096, 4096]>, %b = %m[i] : !flex.tensor<f32[4096]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[4096, 4096]>
}
