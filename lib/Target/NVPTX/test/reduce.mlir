// RUN: flex-opt %s --lower-to-target=chip=nvptx:sm_80 --split-input-file | FileCheck %s

// Five shuffles within a warp; two warps publish through shared memory and one more shuffle combines them.
// CHECK-LABEL: llvm.func ptx_kernelcc @two_warps
// CHECK-COUNT-5: nvvm.shfl.sync bfly
// CHECK-NOT: nvvm.barrier0
// CHECK: llvm.cond_br
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<3>
// CHECK: nvvm.barrier0
// CHECK: nvvm.shfl.sync bfly
// CHECK-NOT: nvvm.shfl.sync
tile.kernel @two_warps(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 64 : i64} {
  %lane = tile.lane
  %x = tile.load %a[%lane] : !tile.buffer<f32, global> -> f32
  %s = tile.reduce sum %x group : f32 -> f32
  tile.store %s, %a[%lane] : f32, !tile.buffer<f32, global>
  tile.return
}

// -----

// A part of a warp: only the threads that exist are named, and no memory is needed.
// CHECK-LABEL: llvm.func ptx_kernelcc @part
// CHECK: %[[MEMBERS:.*]] = llvm.mlir.constant(255 : i32) : i32
// CHECK-COUNT-3: nvvm.shfl.sync bfly %[[MEMBERS]]
// CHECK-NOT: nvvm.barrier0
tile.kernel @part(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 8 : i64} {
  %lane = tile.lane
  %x = tile.load %a[%lane] : !tile.buffer<f32, global> -> f32
  %s = tile.reduce max %x group : f32 -> f32
  tile.store %s, %a[%lane] : f32, !tile.buffer<f32, global>
  tile.return
}

// -----

// In a loop, the memory may be in use from the last time.
// CHECK-LABEL: llvm.func ptx_kernelcc @again
// CHECK-COUNT-5: nvvm.shfl.sync bfly
// CHECK: nvvm.barrier0
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<3>
// CHECK: nvvm.barrier0
tile.kernel @again(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 64 : i64} {
  %lane = tile.lane
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  scf.for %i = %c0 to %c9 step %c1 {
    %x = tile.load %a[%lane] : !tile.buffer<f32, global> -> f32
    %s = tile.reduce sum %x group : f32 -> f32
    tile.store %s, %a[%lane] : f32, !tile.buffer<f32, global>
  }
  tile.return
}

// -----

// Rows of eight threads: shuffles within them, whatever the group is.
// CHECK-LABEL: llvm.func ptx_kernelcc @eights
// CHECK-COUNT-3: nvvm.shfl.sync bfly
// CHECK-NOT: nvvm.shfl
// CHECK-NOT: nvvm.barrier0
tile.kernel @eights(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 128 : i64} {
  %lane = tile.lane
  %x = tile.load %a[%lane] : !tile.buffer<f32, global> -> f32
  %s = tile.reduce sum %x group of 8 : f32 -> f32
  tile.store %s, %a[%lane] : f32, !tile.buffer<f32, global>
  tile.return
}

// -----

// The threads that differ in bits 3 and 4 of their number.
// CHECK-LABEL: llvm.func ptx_kernelcc @apart
// CHECK-DAG: %[[EIGHT:.*]] = llvm.mlir.constant(8 : i32)
// CHECK-DAG: %[[SIXTEEN:.*]] = llvm.mlir.constant(16 : i32)
// CHECK: nvvm.shfl.sync bfly {{.*}}, %[[EIGHT]],
// CHECK: nvvm.shfl.sync bfly {{.*}}, %[[SIXTEEN]],
// CHECK-NOT: nvvm.shfl
tile.kernel @apart(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 128 : i64} {
  %lane = tile.lane
  %x = tile.load %a[%lane] : !tile.buffer<f32, global> -> f32
  %s = tile.reduce sum %x group of 4 apart 8 : f32 -> f32
  tile.store %s, %a[%lane] : f32, !tile.buffer<f32, global>
  tile.return
}

// -----

// 48 threads are no whole number of warps: a tree through shared memory, 48 = 8 * 6, and all read the last six.
// CHECK-LABEL: llvm.func ptx_kernelcc @tree
// CHECK-NOT: nvvm.shfl
// CHECK-COUNT-2: nvvm.barrier0
// CHECK-NOT: nvvm.barrier0
tile.kernel @tree(%a: !tile.buffer<f64, global>) attributes {dims = [], items = "1", group_size = 48 : i64} {
  %lane = tile.lane
  %x = tile.load %a[%lane] : !tile.buffer<f64, global> -> f64
  %s = tile.reduce prod %x group : f64 -> f64
  tile.store %s, %a[%lane] : f64, !tile.buffer<f64, global>
  tile.return
}
