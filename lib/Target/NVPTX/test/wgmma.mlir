// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_90a" | FileCheck %s
// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_90a emit" | FileCheck %s --check-prefix=PTX

// Two tiles of 64 rows of a, whose rows run along k, and one of b, whose rows are steps of k: two panels of 64 columns. The start of a descriptor is 14 bits of the
// address in units of 16 bytes, the high word the distance of groups of 8 rows and the swizzle.
// CHECK-DAG: llvm.func @flex.wgmma.m64n64k16.bf16.r1(vector<32xf32>, vector<4xi32>, i64) -> vector<32xf32>
// CHECK-DAG: llvm.func @flex.wgmma.m64n64k16.bf16.00z(i64, i64) -> vector<32xf32>
// CHECK-DAG: llvm.func @flex.wgmma.m64n128k16.f16.01(vector<64xf32>, i64, i64) -> vector<64xf32>
// CHECK: llvm.mlir.global internal @ring() {addr_space = 3 : i32, alignment = 1024 : i64
// CHECK-LABEL: llvm.func ptx_kernelcc @product(
// 64-byte rows: mode 2, 512 bytes; 128-byte rows: mode 1, 1024 bytes, panels of 4096 bytes.
// CHECK-DAG: dense<[0, -2147483616]> : vector<2xi32>
// CHECK-DAG: dense<[0, 1073741888]> : vector<2xi32>
// CHECK-DAG: llvm.mlir.constant(16777216 : i32)
// CHECK: llvm.call_intrinsic "llvm.nvvm.wgmma.fence.sync.aligned"
// CHECK-COUNT-4: llvm.call @flex.wgmma.m64n128k16.f16.01(
// CHECK: llvm.call_intrinsic "llvm.nvvm.wgmma.commit_group.sync.aligned"
// CHECK: llvm.call_intrinsic "llvm.nvvm.wgmma.wait_group.sync.aligned"
// CHECK-COUNT-64: llvm.store %{{.*}}, %{{.*}} {alignment = 8 : i64} : vector<2xf32>, !llvm.ptr<3>
tile.kernel @product(%y: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %half = arith.constant 8192 : index
  %bytes = tile.ring "32768" {tile.alignment = 1024 : i64} : !tile.buffer<i8, group>
  %a = tile.view %bytes[%zero] : !tile.buffer<i8, group> to !tile.buffer<f16, group>
  %b = tile.view %bytes[%half] : !tile.buffer<i8, group> to !tile.buffer<f16, group>
  %sums = tile.view %bytes[%zero] : !tile.buffer<i8, group> to !tile.buffer<f32, group>
  %c = arith.constant dense<0.0> : vector<64xf32>
  // PTX: cp.async.wait_group {{[^;]*}}0;
  // PTX: fence.proxy.async.shared::cta;
  // PTX: bar.sync
  tile.wait pending 0 units
  // PTX: wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 {{.*}}, p, 1, 1, 0, 1; }
  %d:2 = tile.multiply "wgmma.m64n128k16.f16" %a at %zero layout <32, chunk 8, xor [0, 1, 2]>, %b at %zero layout <64, chunk 8, xor [1, 2, 4]> across, from %zero steps 32
      to %c, %c : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<64xf32>, vector<64xf32> -> vector<64xf32>, vector<64xf32>
  tile.settle 0
  tile.wait
  tile.put %d#0 of "wgmma.m64n128k16.f16" to %sums[%zero] at 0, 0 layout <128, chunk 4, xor [2, 4, 1]> : vector<64xf32>, !tile.buffer<f32, group>
  tile.put %d#1 of "wgmma.m64n128k16.f16" to %sums[%zero] at 0, 0 layout <128, chunk 4, xor [2, 4, 1]> : vector<64xf32>, !tile.buffer<f32, group>
  tile.wait
  %t = tile.lane
  %v = tile.load %sums[%t] : !tile.buffer<f32, group> -> f32
  tile.store %v, %y[%t] : f32, !tile.buffer<f32, global>
  tile.return
}

// Operand a in registers, two steps of two tiles, b's rows steps of k; and sums that begin at zero, of a block of a that stays where it is.
// CHECK-LABEL: llvm.func ptx_kernelcc @held(
// CHECK: wgmma.fence
// CHECK-COUNT-2: llvm.call @flex.wgmma.m64n64k16.bf16.00z(
// CHECK-COUNT-2: llvm.call @flex.wgmma.m64n64k16.bf16.00(
// CHECK: wgmma.commit_group
// CHECK: wgmma.fence
// CHECK-COUNT-4: llvm.call @flex.wgmma.m64n64k16.bf16.r1(
// CHECK: wgmma.commit_group
tile.kernel @held(%x: !tile.buffer<bf16, global>, %y: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %t = tile.lane
  %bytes = tile.ring "32768" {tile.alignment = 1024 : i64} : !tile.buffer<i8, group>
  %ring = tile.view %bytes[%zero] : !tile.buffer<i8, group> to !tile.buffer<bf16, group>
  %sums = tile.view %bytes[%zero] : !tile.buffer<i8, group> to !tile.buffer<f32, group>
  %f = tile.load %x[%t] : !tile.buffer<bf16, global> -> vector<8xbf16>
  tile.wait pending 0 units
  // PTX: .entry held(
  // PTX-COUNT-2: { .reg .pred p; setp.ne.b32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {{[^;]*}}, p, 1, 1, 0, 0; }
  // PTX-COUNT-2: { .reg .pred p; setp.ne.b32 p, 1, 0; wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {{[^;]*}}, p, 1, 1, 0, 0; }
  // PTX-COUNT-4: { .reg .pred p; setp.ne.b32 p, 1, 0; wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {{{[^}]*}}}, {{{%r[0-9]+, %r[0-9]+, %r[0-9]+, %r[0-9]+}}}, {{%rd[0-9]+}}, p, 1, 1, 1; }
  %z:2 = tile.multiply "wgmma.m64n64k16.bf16" %ring at %zero layout <32, chunk 8, xor [0, 1, 2]> fixed, %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, from %zero steps 32
      : !tile.buffer<bf16, group>, !tile.buffer<bf16, group> -> vector<32xf32>, vector<32xf32>
  %d:2 = tile.multiply_held "wgmma.m64n64k16.bf16"(%f, %f, %f, %f), %ring at %zero layout <64, chunk 8, xor [1, 2, 4]> across, from %zero to %z#0, %z#1
      : (vector<8xbf16>, vector<8xbf16>, vector<8xbf16>, vector<8xbf16>), !tile.buffer<bf16, group>, vector<32xf32>, vector<32xf32> -> vector<32xf32>, vector<32xf32>
  tile.settle 0
  tile.wait
  tile.put %d#0 of "wgmma.m64n64k16.bf16" to %sums[%zero] at 0, 0 layout <64, chunk 4, xor [2, 4, 1]> : vector<32xf32>, !tile.buffer<f32, group>
  tile.put %d#1 of "wgmma.m64n64k16.bf16" to %sums[%zero] at 64, 0 layout <64, chunk 4, xor [2, 4, 1]> : vector<32xf32>, !tile.buffer<f32, group>
  tile.wait
  %v = tile.load %sums[%t] : !tile.buffer<f32, group> -> f32
  tile.store %v, %y[%t] : f32, !tile.buffer<f32, global>
  tile.return
}
