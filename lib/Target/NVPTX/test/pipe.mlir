// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_90a" | FileCheck %s
// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_90a emit" | FileCheck %s --check-prefix=PTX
// RUN: not flex-opt %s "--lower-to-target=chip=nvptx:sm_80" 2>&1 | FileCheck %s --check-prefix=OLD

// One map for both boxes of %x, another for %w; both are arguments behind the dims, and launches are told.
// CHECK: flex.tensor_maps = {copies = [{box = array<i64: 64, 8>, buffer = 0 : i64, element_bytes = 2 : i64, offset = "0", pitches = ["2*K"], sizes = ["K", "M"], swizzle = 128 : i64},
// CHECK-SAME: {box = array<i64: 64, 64, 1>, buffer = 1 : i64, element_bytes = 2 : i64, offset = "32", pitches = ["256", "4096"], sizes = ["128", "K", "3"], swizzle = 128 : i64}]}
// CHECK: llvm.mlir.global internal @pipe() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<4 x i64>
// CHECK: llvm.func ptx_kernelcc @copies({{.*}}: i64, %[[X:[^:]*]]: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant},
// CHECK-SAME: %[[W:[^:]*]]: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant})
// CHECK: llvm.call_intrinsic "llvm.nvvm.cp.async.bulk.tensor.g2s.tile.2d"(%{{[^,]*}}, %{{[^,]*}}, %[[X]],
// CHECK: llvm.call_intrinsic "llvm.nvvm.cp.async.bulk.tensor.g2s.tile.2d"(%{{[^,]*}}, %{{[^,]*}}, %[[X]],
// CHECK: llvm.call_intrinsic "llvm.nvvm.cp.async.bulk.tensor.g2s.tile.3d"(%{{[^,]*}}, %{{[^,]*}}, %[[W]],

// PTX: .param .align 64 .b8 copies_param_4[128],
// PTX: .param .align 64 .b8 copies_param_5[128]
// PTX-COUNT-4: mbarrier.init.shared.b64
// PTX: fence.mbarrier_init.release.cluster;
// PTX: bar.sync {{[^;]*}}0;
// PTX: mbarrier.try_wait.parity.shared.b64
// PTX: mbarrier.arrive.expect_tx.shared.b64
// PTX-COUNT-2: cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes
// PTX: cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes
// PTX: mbarrier.try_wait.parity.shared.b64
// PTX: mbarrier.arrive.shared.b64
// PTX: bar.sync {{[^;]*}}1, 64;
// OLD: failed to legalize operation 'tile.pipe'
tile.kernel @copies(%x: !tile.buffer<f16, global>, %w: !tile.buffer<f16, global>, %m: index, %k: index) attributes {dims = ["M", "K"], items = "1", group_size = 96 : i64} {
  %ring = tile.ring "10240" {tile.alignment = 1024 : i64} : !tile.buffer<f16, group>
  %pipe = tile.pipe stages 2 bytes 10240 readers 2 : !tile.buffer<i64, group>
  %zero = arith.constant 0 : index
  %next = arith.constant 512 : index
  %second = arith.constant 1024 : index
  %eight = arith.constant 8 : index
  %readers = arith.constant 64 : index
  %stage = arith.constant 0 : i32
  %t = tile.lane
  %reads = arith.cmpi ult, %t, %readers : index
  %copies = arith.cmpi eq, %t, %readers : index
  scf.if %copies {
    tile.pipe_fill %pipe[%stage] round %stage : !tile.buffer<i64, group>
    tile.copy_box %x[%zero, %zero] of ["K", "M"] by ["2*K"] box [64, 8] swizzle 128 to %ring[%zero] on %pipe[%stage]
        : !tile.buffer<f16, global> to !tile.buffer<f16, group>, !tile.buffer<i64, group>
    tile.copy_box %x[%zero, %eight] of ["K", "M"] by ["2*K"] box [64, 8] swizzle 128 to %ring[%next] on %pipe[%stage]
        : !tile.buffer<f16, global> to !tile.buffer<f16, group>, !tile.buffer<i64, group>
    tile.copy_box %w[%zero, %zero, %zero] of ["128", "K", "3"] by ["256", "4096"] box [64, 64, 1] swizzle 128 to %ring[%second] on %pipe[%stage] {offset = "32"}
        : !tile.buffer<f16, global> to !tile.buffer<f16, group>, !tile.buffer<i64, group>
  }
  scf.if %reads {
    tile.pipe_await %pipe[%stage] round %stage : !tile.buffer<i64, group>
    tile.pipe_release %pipe[%stage] : !tile.buffer<i64, group>
    tile.wait threads 64
  }
  tile.return
}
