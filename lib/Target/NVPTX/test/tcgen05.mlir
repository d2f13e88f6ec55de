// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_100a" | FileCheck %s
// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_100a emit" | FileCheck %s --check-prefix=PTX --implicit-check-not=.local

// Two sums of 128 rows and 128 columns: all 256 columns of tensor memory belong to the kernel as long as it runs. Words of group memory: the address, a barrier.
// CHECK: llvm.mlir.global internal @ring() {addr_space = 3 : i32, alignment = 1024 : i64
// CHECK: llvm.mlir.global internal @tensor_memory() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<2 x i64>
// CHECK-LABEL: llvm.func ptx_kernelcc @product(
// The instruction: f32 sums of f16, rows of b are steps of k, 128 columns (16 << 17), 128 rows (8 << 24).
// CHECK-DAG: llvm.mlir.constant(136380432 : i32)
// Descriptors: 64-byte rows: mode 4 (4 << 29), 512 bytes (32 units); 128-byte rows: mode 2, 1024 bytes; version 1 (1 << 14).
// CHECK-DAG: dense<[0, -2147467232]> : vector<2xi32>
// CHECK-DAG: dense<[0, 1073758272]> : vector<2xi32>
// CHECK: llvm.call_intrinsic "llvm.nvvm.tcgen05.alloc.shared.cg1"(%{{.*}}, %{{.*}}) : (!llvm.ptr<3>, i32) -> ()
// CHECK: llvm.call_intrinsic "llvm.nvvm.tcgen05.relinq.alloc.permit.cg1"
// CHECK: llvm.call_intrinsic "llvm.nvvm.mbarrier.init.shared"
// CHECK: llvm.call_intrinsic "llvm.nvvm.tcgen05.fence.before.thread.sync"
// CHECK-NEXT: nvvm.barrier0
// CHECK-NEXT: llvm.call_intrinsic "llvm.nvvm.tcgen05.fence.after.thread.sync"
// Two steps of 16 of two sums.
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.nvvm.tcgen05.mma.shared"
// CHECK-NOT: tcgen05.mma
// CHECK: llvm.call_intrinsic "llvm.nvvm.tcgen05.commit.shared.cg1"
// CHECK: llvm.call_intrinsic "llvm.nvvm.mbarrier.try.wait.parity.scope.cta.space.cta"
// Columns 64 to 127 of the second one, of which each thread writes a row: 16 pieces of 16 bytes.
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.nvvm.tcgen05.wait.ld"
// CHECK-NOT: tcgen05.ld
// CHECK: llvm.call_intrinsic "llvm.nvvm.tcgen05.dealloc.cg1"

// PTX: tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 {{[^;]*}}[tensor_memory], %r
// PTX: mbarrier.init.shared.b64 {{[^;]*}}[tensor_memory+8]
tile.kernel @product(%y: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %half = arith.constant 8192 : index
  %bytes = tile.ring "32768" {tile.alignment = 1024 : i64} : !tile.buffer<i8, group>
  %a = tile.view %bytes[%zero] : !tile.buffer<i8, group> to !tile.buffer<f16, group>
  %b = tile.view %bytes[%half] : !tile.buffer<i8, group> to !tile.buffer<f16, group>
  %sums = tile.view %bytes[%zero] : !tile.buffer<i8, group> to !tile.buffer<f32, group>
  %c = arith.constant dense<0.0> : vector<1xf32>
  // PTX: cp.async.wait_group {{[^;]*}}0;
  // PTX: fence.proxy.async.shared::cta;
  // PTX: bar.sync
  tile.wait pending 0 units
  // PTX: tcgen05.fence::after_thread_sync;
  // PTX-COUNT-4: tcgen05.mma.cta_group::1.kind::f16
  // PTX: tcgen05.commit.cta_group::1.mbarrier::arrive::one.shared::cluster.b64 {{[^;]*}}[tensor_memory+8];
  %d:2 = tile.multiply "tcgen05.m128n128k16.f16" %a at %zero layout <32, chunk 8, xor [0, 1, 2]>, %b at %zero layout <64, chunk 8, xor [1, 2, 4]> across, from %zero steps 32
      to %c, %c : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<1xf32>, vector<1xf32> -> vector<1xf32>, vector<1xf32>
  // PTX: $L__[[AGAIN:BB0_7]]:
  // PTX-SAME: mbarrier.try_wait.parity.shared.b64 {{[^;]*}}[tensor_memory+8]
  // PTX-SAME: bra {{[^;]*}}$L__[[AGAIN]];
  // PTX: tcgen05.fence::after_thread_sync;
  tile.settle 0
  tile.wait
  // PTX: tcgen05.ld.sync.aligned.32x32b.x32.b32
  // PTX: tcgen05.wait::ld.sync.aligned;
  // PTX-COUNT-8: st.shared.v4.b32
  // PTX: tcgen05.ld.sync.aligned.32x32b.x32.b32
  // PTX: tcgen05.wait::ld.sync.aligned;
  // PTX-COUNT-8: st.shared.v4.b32
  tile.put %d#1 of "tcgen05.m128n128k16.f16" to %sums[%zero] at 0, -64 layout <64, chunk 4, xor [2, 4, 1]> : vector<1xf32>, !tile.buffer<f32, group>
  tile.wait
  %t = tile.lane
  %v = tile.load %sums[%t] : !tile.buffer<f32, group> -> f32
  tile.store %v, %y[%t] : f32, !tile.buffer<f32, global>
  // PTX: tcgen05.fence::before_thread_sync;
  // PTX: bar.sync
  // PTX: tcgen05.dealloc.cta_group::1.sync.aligned.b32
  tile.return
}
