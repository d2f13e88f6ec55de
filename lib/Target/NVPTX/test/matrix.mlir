// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_80" | FileCheck %s

// Operand a: one ldmatrix of four matrices is a tile; of b, two neighbouring tiles. k across the rows turns them.
// CHECK-LABEL: llvm.func ptx_kernelcc @half(
// CHECK: nvvm.ldmatrix %{{.*}} {{{.*}}layout = #nvvm.mma_layout<row>, num = 4 : i32
// CHECK: nvvm.ldmatrix %{{.*}} {{{.*}}layout = #nvvm.mma_layout<col>, num = 4 : i32
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.nvvm.mma.m16n8k16.row.col.f32.f32"({{.*}}) : (vector<2xf16>, vector<2xf16>, vector<2xf16>, vector<2xf16>, vector<2xf16>, vector<2xf16>, f32, f32, f32, f32) -> !llvm.struct<(f32, f32, f32, f32)>
// Two columns of rows g and g + 8.
// CHECK-COUNT-2: llvm.store %{{.*}}, %{{.*}} {alignment = 8 : i64} : vector<2xf32>, !llvm.ptr<3>
tile.kernel @half() attributes {dims = [], items = "1", group_size = 32 : i64} {
  %zero = arith.constant 0 : index
  %bytes = tile.ring "8192" : !tile.buffer<i8, group>
  %ring = tile.view %bytes[%zero] : !tile.buffer<i8, group> to !tile.buffer<f16, group>
  %sums = tile.view %bytes[%zero] : !tile.buffer<i8, group> to !tile.buffer<f32, group>
  %a = tile.frag a of "mma.m16n8k16.f16" %ring[%zero] at %zero, 0 layout <32, chunk 8, xor [0, 1, 2]> : !tile.buffer<f16, group> -> vector<8xf16>
  %b:2 = tile.frag b of "mma.m16n8k16.f16" %ring[%zero] at %zero, 16 layout <64, chunk 8, xor [1, 2, 4]> across : !tile.buffer<f16, group> -> vector<4xf16>, vector<4xf16>
  %c = arith.constant dense<0.0> : vector<4xf32>
  %d0 = tile.contract "mma.m16n8k16.f16" %a, %b#0, %c : vector<8xf16>, vector<4xf16>, vector<4xf32>
  %d1 = tile.contract "mma.m16n8k16.f16" %a, %b#1, %d0 : vector<8xf16>, vector<4xf16>, vector<4xf32>
  tile.put %d1 of "mma.m16n8k16.f16" to %sums[%zero] at 0, 8 layout <64, chunk 4, xor [2, 4, 1]> : vector<4xf32>, !tile.buffer<f32, group>
  tile.return
}

// CHECK-LABEL: llvm.func ptx_kernelcc @copies(
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg :
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg, %{{.*}} :
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.cp.async.wait.group 1
// CHECK: nvvm.barrier0
// CHECK: nvvm.bar.warp.sync
tile.kernel @copies(%x: !tile.buffer<f16, global>, %n: index) attributes {dims = ["N"], items = "1", group_size = 32 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "64" : !tile.buffer<f16, group>
  tile.copy %x[%zero] to %ring[%zero] lanes 8 async : !tile.buffer<f16, global> to !tile.buffer<f16, group>
  tile.copy %x[%zero] to %ring[%zero] lanes 8 valid(%n) async : !tile.buffer<f16, global> to !tile.buffer<f16, group>
  tile.commit
  tile.wait pending 1
  tile.wait wave
  tile.return
}
