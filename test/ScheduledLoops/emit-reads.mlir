// How lanes read memory: runs, runs with a boundary rule, strides, gathers.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simd,vector-bits=512,vector-registers=32,l2=1048576,cores=2}),tile-emit-loops{device=model=simd,vector-bits=512,vector-registers=32,l2=1048576,cores=2},cse)" | FileCheck %s

// A whole run inside is one load; else each lane applies the rule.
// CHECK-LABEL: tile.kernel @clamp_0(
// CHECK-SAME: %[[X:[a-z0-9]*]]:
// CHECK: %[[INSIDE:.*]] = arith.andi
// CHECK: %[[FAST:.*]] = scf.if %[[INSIDE]]
// CHECK: tile.load %[[X]][%{{.*}}] : <f32, global> -> vector<16xf32>
// CHECK: %[[OUTSIDE:.*]] = arith.xori %[[INSIDE]]
// CHECK: scf.if %[[OUTSIDE]]
// CHECK: scf.for %[[LANE:.*]] = %c0 to %c16
// CHECK: arith.minsi
// CHECK: arith.maxsi
// CHECK: %[[V:.*]] = tile.load %[[X]][%{{.*}}] : <f32, global> -> f32
// CHECK: vector.insert %[[V]], %{{.*}} [%[[LANE]]]
// CHECK: scf.yield %[[FAST]]
flex.kernel @clamp(%x: !flex.tensor<f32[16]>) -> !flex.tensor<f32[16]> {
  %y = flex.map [j < 16] (%a = %x[j - 1] clamp : !flex.tensor<f32[16]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[16]>
}

// Modulo the extent.
// CHECK-LABEL: tile.kernel @wrap_0(
// CHECK-SAME: %[[X:[a-z0-9]*]]:
// CHECK: %[[INSIDE:.*]] = arith.andi
// CHECK: %[[FAST:.*]] = scf.if %[[INSIDE]]
// CHECK: tile.load %[[X]][%{{.*}}] : <f32, global> -> vector<16xf32>
// CHECK: %[[OUTSIDE:.*]] = arith.xori %[[INSIDE]]
// CHECK: scf.if %[[OUTSIDE]]
// CHECK: scf.for %[[LANE:.*]] = %c0 to %c16
// CHECK: arith.andi %{{.*}}, %c15
// CHECK: %[[V:.*]] = tile.load %[[X]][%{{.*}}] : <f32, global> -> f32
// CHECK: vector.insert %[[V]], %{{.*}} [%[[LANE]]]
// CHECK: scf.yield %[[FAST]]
flex.kernel @wrap(%x: !flex.tensor<f32[16]>) -> !flex.tensor<f32[16]> {
  %y = flex.map [j < 16] (%a = %x[j - 1] wrap : !flex.tensor<f32[16]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[16]>
}

// The period is 2 (n - 1), of which the second half runs backwards.
// CHECK-LABEL: tile.kernel @mirror_0(
// CHECK-SAME: %[[X:[a-z0-9]*]]:
// CHECK: %[[INSIDE:.*]] = arith.andi
// CHECK: %[[FAST:.*]] = scf.if %[[INSIDE]]
// CHECK: tile.load %[[X]][%{{.*}}] : <f32, global> -> vector<16xf32>
// CHECK: %[[OUTSIDE:.*]] = arith.xori %[[INSIDE]]
// CHECK: scf.if %[[OUTSIDE]]
// CHECK: scf.for %[[LANE:.*]] = %c0 to %c16
// CHECK: arith.minsi
// CHECK: %[[V:.*]] = tile.load %[[X]][%{{.*}}] : <f32, global> -> f32
// CHECK: vector.insert %[[V]], %{{.*}} [%[[LANE]]]
// CHECK: scf.yield %[[FAST]]
flex.kernel @mirror(%x: !flex.tensor<f32[16]>) -> !flex.tensor<f32[16]> {
  %y = flex.map [j < 16] (%a = %x[j - 1] mirror : !flex.tensor<f32[16]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[16]>
}

// Outside, nothing is read.
// CHECK-LABEL: tile.kernel @fill_0(
// CHECK-SAME: %[[X:[a-z0-9]*]]:
// CHECK: %[[INSIDE:.*]] = arith.andi
// CHECK: %[[FAST:.*]] = scf.if %[[INSIDE]]
// CHECK: tile.load %[[X]][%{{.*}}] : <f32, global> -> vector<16xf32>
// CHECK: %[[OUTSIDE:.*]] = arith.xori %[[INSIDE]]
// CHECK: scf.if %[[OUTSIDE]]
// CHECK: scf.for %[[LANE:.*]] = %c0 to %c16
// CHECK: arith.cmpi ult
// CHECK: scf.if
// CHECK: tile.load %[[X]][%{{.*}}] : <f32, global> -> f32
// CHECK: else
// CHECK-NEXT: scf.yield %cst{{.*}} : f32
flex.kernel @fill(%x: !flex.tensor<f32[16]>) -> !flex.tensor<f32[16]> {
  %y = flex.map [j < 16] (%a = %x[j - 1] fill(2.5 : f32) : !flex.tensor<f32[16]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[16]>
}

// Every other element: two runs, and shuffles that pick; the second run ends at the last element needed.
// CHECK-LABEL: tile.kernel @strided_0(
// CHECK: %[[A:.*]] = tile.load %{{.*}} : <f32, global> -> vector<16xf32>
// CHECK: %[[P:.*]] = vector.shuffle %[[A]], %[[A]] [0, 2, 4, 6, 8, 10, 12, 14, 0, 0, 0, 0, 0, 0, 0, 0]
// CHECK: %[[VALID:.*]] = arith.subi %c31, %c16
// CHECK: %[[B:.*]] = tile.load %{{.*}} valid(%[[VALID]]) : <f32, global> -> vector<16xf32>
// CHECK: vector.shuffle %[[P]], %[[B]] [0, 1, 2, 3, 4, 5, 6, 7, 16, 18, 20, 22, 24, 26, 28, 30]
flex.kernel @strided(%x: !flex.tensor<f32[32]>) -> !flex.tensor<f32[16]> {
  %y = flex.map [j < 16] (%a = %x[2*j] : !flex.tensor<f32[32]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[16]>
}

// Columns read as rows, but for every third: lane by lane.
// CHECK-LABEL: tile.kernel @gathered_0(
// CHECK: scf.for %[[LANE:.*]] = %c0 to %c16 step %c1 iter_args(%[[V:[^ ]*]] = %{{.*}}) -> (vector<16xf32>)
// CHECK: %[[E:.*]] = tile.load %{{.*}} : <f32, global> -> f32
// CHECK: vector.insert %[[E]], %[[V]] [%[[LANE]]]
flex.kernel @gathered(%x: !flex.tensor<f32[16, 48]>) -> !flex.tensor<f32[16, 16]> {
  %y = flex.map [i < 16, j < 16] (%a = %x[j, 3*i] : !flex.tensor<f32[16, 48]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[16, 16]>
}

// What does not move along the lanes is one load.
// CHECK-LABEL: tile.kernel @uniform_0(
// CHECK: tile.load %{{.*}} : <f32, global> -> f32
// CHECK: vector.broadcast
// CHECK: tile.store %{{.*}} : vector<16xf32>
flex.kernel @uniform(%x: !flex.tensor<f32[M]>, %y: !flex.tensor<f32[M, 16]>) -> !flex.tensor<f32[M, 16]> {
  %z = flex.map [i < M, j < 16] (%a = %x[i] : !flex.tensor<f32[M]>, %b = %y[i, j] : !flex.tensor<f32[M, 16]>) -> f32 {
    %0 = arith.addf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %z : !flex.tensor<f32[M, 16]>
}

// Zeros around: where not the whole run is inside, the lanes that are are read at once, and no more than the domain has.
// CHECK-LABEL: tile.kernel @zeros_0(
// CHECK: scf.if
// CHECK: tile.load %{{.*}} -> vector<16xf32>
// CHECK: scf.if
// CHECK-NOT: vector.insert
// CHECK: tile.load_window %{{.*}} from(%{{.*}}) to(%{{.*}}) : <f32, global> -> vector<16xf32>
flex.kernel @zeros(%x: !flex.tensor<f32[100]>) -> !flex.tensor<f32[100]> {
  %y = flex.map [j < 100] (%a = %x[j - 1] fill(0.0 : f32) : !flex.tensor<f32[100]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[100]>
}
