// RUN: flex-opt %s --lower-to-target=chip=amdgpu:gfx942 | FileCheck %s --check-prefixes=CHECK,WAVE64
// RUN: flex-opt %s --lower-to-target=chip=amdgpu:gfx1100 | FileCheck %s --check-prefixes=CHECK,WAVE32

// Lanes of a row by data-parallel primitives, rows by a swizzle, halves of a wide wave by a permutation; then, where
// 64 threads are two waves, group memory.
// CHECK-LABEL: llvm.func amdgpu_kernelcc @k(%{{.*}}: !llvm.ptr<1> {llvm.align = 16 : i64, llvm.noalias})
// CHECK-SAME: ["amdgpu-flat-work-group-size", "64,64"]
// CHECK: rocdl.workitem.id.x range <i32, 0, 64>
// CHECK-COUNT-4: rocdl.update.dpp
// CHECK: rocdl.ds_swizzle
// WAVE64: rocdl.ds_bpermute
// WAVE64-NOT: rocdl.barrier
// WAVE32-NOT: rocdl.barrier
// WAVE32: llvm.store %{{.*}} : f32, !llvm.ptr<3>
// WAVE32: rocdl.barrier
// WAVE32: rocdl.update.dpp
tile.kernel @k(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 64 : i64} {
  %lane = tile.lane
  %x = tile.load %a[%lane] : !tile.buffer<f32, global> -> f32
  %s = tile.reduce sum %x group : f32 -> f32
  tile.store %s, %a[%lane] : f32, !tile.buffer<f32, global>
  tile.return
}

// Two lanes, 16 apart.
// CHECK-LABEL: llvm.func amdgpu_kernelcc @apart
// CHECK-NOT: rocdl.update.dpp
// CHECK: rocdl.ds_swizzle
// CHECK-NOT: rocdl.ds_bpermute
// CHECK: llvm.return
tile.kernel @apart(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 128 : i64} {
  %lane = tile.lane
  %x = tile.load %a[%lane] : !tile.buffer<f32, global> -> f32
  %s = tile.reduce max %x group of 2 apart 16 : f32 -> f32
  tile.store %s, %a[%lane] : f32, !tile.buffer<f32, global>
  tile.return
}
