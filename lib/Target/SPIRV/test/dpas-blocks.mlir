// RUN: flex-opt %s "--lower-to-target=chip=spirv:intel-pvc" | FileCheck %s
// RUN: flex-opt %s "--lower-to-target=chip=spirv:intel-pvc emit" | FileCheck %s --check-prefix=SPIRV --implicit-check-not=SPV_INTEL

// A left operand whose tiles lie one row behind the other is read as blocks.
// CHECK-LABEL: llvm.func spir_kernelcc @blocks(
// CHECK-NOT: -> i16
// CHECK: %{{.*}} = llvm.call spir_funccc @_Z30intel_sub_group_block_read_us8PU3AS3Kt(%{{.*}}) {convergent} : (!llvm.ptr<3>) -> vector<8xi16>
// CHECK: llvm.call spir_funccc @_Z30intel_sub_group_block_read_us8PU3AS3Kt
// CHECK-NOT: -> i16
// CHECK: llvm.return
//
// To SPIR-V it is a function to import that may read anything, like those of DPAS not an instruction of an extension.
// SPIRV: OpDecorate %[[READ:[0-9]+]] LinkageAttributes \22_Z30intel_sub_group_block_read_us8PU3AS3Kt\22 Import
// SPIRV: %[[READ]] = OpFunction %{{[0-9]+}} None
// SPIRV-COUNT-2: OpFunctionCall %{{[0-9]+}} %[[READ]]
tile.kernel @blocks(%a: !tile.buffer<f16, global>, %c: !tile.buffer<f32, global>)
    attributes {dims = [], items = "1", group_size = 16 : i64} {
  %z = arith.constant 0 : index
  %t = tile.lane
  %ring = tile.ring "1024" : !tile.buffer<f16, group>
  %out = tile.ring "512" : !tile.buffer<f32, group>
  tile.copy %a[%t] to %ring[%t] lanes 8 : !tile.buffer<f16, global> to !tile.buffer<f16, group>
  tile.wait
  %s0 = arith.constant dense<0.0> : vector<8xf32>
  %a0:2 = tile.frag a of "dpas.m8n16k16.f16" %ring[%z] at %z, 0 layout <16, chunk 8> : !tile.buffer<f16, group> -> vector<8xf16>, vector<8xf16>
  %b0 = tile.frag b of "dpas.m8n16k16.f16" %ring[%z] at %z, 0 layout <16, chunk 8> : !tile.buffer<f16, group> -> vector<16xf16>
  %s1 = tile.contract "dpas.m8n16k16.f16" %a0#0, %b0, %s0 : vector<8xf16>, vector<16xf16>, vector<8xf32>
  %s2 = tile.contract "dpas.m8n16k16.f16" %a0#1, %b0, %s1 : vector<8xf16>, vector<16xf16>, vector<8xf32>
  tile.wait wave
  tile.put %s2 of "dpas.m8n16k16.f16" to %out[%z] at 0, 0 layout <32, chunk 4, xor [2, 4, 1]> : vector<8xf32>, !tile.buffer<f32, group>
  tile.wait wave
  %v = tile.load %out[%t] : !tile.buffer<f32, group> -> f32
  tile.store %v, %c[%t] : f32, !tile.buffer<f32, global>
  tile.return
}
