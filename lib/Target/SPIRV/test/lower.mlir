// RUN: flex-opt %s --lower-to-target=chip=spirv:opencl | FileCheck %s

// Ids and barriers are calls of OpenCL's builtins, the barrier one that must not be moved into a branch.
// CHECK: llvm.func spir_funccc @_Z7barrierj(i32) attributes {passthrough = ["convergent", "nounwind"]}
// CHECK: llvm.mlir.global internal @ring() {addr_space = 3 : i32, alignment = 128 : i64} : !llvm.array<64 x f32>
// CHECK: llvm.func spir_kernelcc @k(
// CHECK: llvm.call spir_funccc @_Z12get_local_idj
// CHECK: llvm.call spir_funccc @_Z7barrierj(%{{.*}}) {convergent}
tile.kernel @k(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 64 : i64} {
  %lane = tile.lane
  %c63 = arith.constant 63 : index
  %ring = tile.ring "64" : !tile.buffer<f32, group>
  tile.copy %a[%lane] to %ring[%lane] lanes 1 : !tile.buffer<f32, global> to !tile.buffer<f32, group>
  tile.wait
  %other = arith.subi %c63, %lane : index
  %x = tile.load %ring[%other] : !tile.buffer<f32, group> -> f32
  tile.store %x, %a[%lane] : f32, !tile.buffer<f32, global>
  tile.return
}

// The maximum of arith passes NaN on and orders zeros: fmax does neither.
// CHECK: llvm.func spir_kernelcc @maximum(
// CHECK-NOT: llvm.intr.maximum
// CHECK: llvm.fcmp "uno"
// CHECK: llvm.select
tile.kernel @maximum(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 64 : i64} {
  %lane = tile.lane
  %c1 = arith.constant 1 : index
  %next = arith.addi %lane, %c1 : index
  %x = tile.load %a[%lane] : !tile.buffer<f32, global> -> f32
  %y = tile.load %a[%next] : !tile.buffer<f32, global> -> f32
  %m = arith.maximumf %x, %y : f32
  tile.store %m, %a[%lane] : f32, !tile.buffer<f32, global>
  tile.return
}
