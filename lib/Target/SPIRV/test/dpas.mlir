// RUN: flex-opt %s "--lower-to-target=chip=spirv:intel-pvc" | FileCheck %s
// RUN: flex-opt %s "--lower-to-target=chip=spirv:intel-pvc emit" | FileCheck %s --check-prefix=SPIRV

// CHECK: llvm.func spir_funccc @_Z22__spirv_ControlBarrierjjj(i32, i32, i32) attributes {passthrough = ["convergent", "nounwind"]}
// CHECK: llvm.func spir_funccc @_Z38intel_sub_group_f16_f16_matrix_mad_k16Dv8_sDv8_iDv8_f(vector<8xi16>, vector<8xi32>, vector<8xf32>) -> vector<8xf32> attributes {memory_effects = #llvm.memory_effects<other = none,
// CHECK-SAME: passthrough = ["convergent", "nounwind", "willreturn"]

// Of a (8 rows, 16 steps) a lane reads one step of each row; of b (16 columns) 16 steps of its own, in two chunks; of the result it has a column.
// CHECK-LABEL: llvm.func spir_kernelcc @mm(
// CHECK: llvm.call spir_funccc @_Z16get_sub_group_idv()
// CHECK: llvm.call spir_funccc @_Z7barrierj
// CHECK-COUNT-16: llvm.load %{{.*}} {alignment = 2 : i64} : !llvm.ptr<3> -> i16
// CHECK-NOT: -> i16
// CHECK-COUNT-4: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
// CHECK-COUNT-2: llvm.call spir_funccc @_Z38intel_sub_group_f16_f16_matrix_mad_k16Dv8_sDv8_iDv8_f({{.*}}) {convergent}
// CHECK: llvm.call spir_funccc @_Z22__spirv_ControlBarrierjjj
// CHECK-COUNT-8: llvm.store %{{.*}} {alignment = 4 : i64} : f32, !llvm.ptr<3>

// The kernel asks for sub-groups of 16, the one without matrix units does not.
// SPIRV: OpCapability SubgroupDispatch
// SPIRV: OpEntryPoint Kernel %[[MM:[0-9]+]] \22mm\22
// SPIRV: OpExecutionMode %[[MM]] SubgroupSize 16
// SPIRV-NOT: SubgroupSize
// SPIRV: OpDecorate %[[DPAS:[0-9]+]] LinkageAttributes \22_Z38intel_sub_group_f16_f16_matrix_mad_k16Dv8_sDv8_iDv8_f\22 Import
// SPIRV: %[[DPAS]] = OpFunction %{{[0-9]+}} Pure
// SPIRV: %[[MM]] = OpFunction
// SPIRV-COUNT-16: OpLoad %{{[0-9]+}} %{{[0-9]+}} Aligned 2\0A
// SPIRV-COUNT-2: OpFunctionCall %{{[0-9]+}} %[[DPAS]]
// SPIRV-NOT: OpFunctionCall
// SPIRV: OpControlBarrier
// SPIRV-NOT: OpFunctionCall
// SPIRV: OpControlBarrier
// SPIRV-NOT: OpFunctionCall
// SPIRV: OpFunctionEnd
tile.kernel @mm(%a: !tile.buffer<f16, global>, %c: !tile.buffer<f32, global>)
    attributes {dims = [], items = "1", group_size = 32 : i64} {
  %z = arith.constant 0 : index
  %t = tile.lane
  %w = tile.wave of 16
  %c256 = arith.constant 256 : index
  %base = arith.muli %w, %c256 : index
  %ring = tile.ring "2048" : !tile.buffer<f16, group>
  %out = tile.ring "1024" : !tile.buffer<f32, group>
  tile.copy %a[%t] to %ring[%t] lanes 8 : !tile.buffer<f16, global> to !tile.buffer<f16, group>
  tile.wait
  %s0 = arith.constant dense<0.0> : vector<8xf32>
  %a0:2 = tile.frag a of "dpas.m8n16k16.f16" %ring[%z] at %z, 16 layout <32, chunk 8, xor [0, 1, 2]> : !tile.buffer<f16, group> -> vector<8xf16>, vector<8xf16>
  %b0:2 = tile.frag b of "dpas.m8n16k16.f16" %ring[%z] at %z, 16 layout <32, chunk 8, xor [0, 1, 2]> : !tile.buffer<f16, group> -> vector<16xf16>, vector<16xf16>
  %s1 = tile.contract "dpas.m8n16k16.f16" %a0#0, %b0#0, %s0 : vector<8xf16>, vector<16xf16>, vector<8xf32>
  %s2 = tile.contract "dpas.m8n16k16.f16" %a0#1, %b0#1, %s1 : vector<8xf16>, vector<16xf16>, vector<8xf32>
  tile.wait wave
  tile.put %s2 of "dpas.m8n16k16.f16" to %out[%base] at 0, 0 layout <32, chunk 4, xor [2, 4, 1]> : vector<8xf32>, !tile.buffer<f32, group>
  tile.wait wave
  %v = tile.load %out[%t] : !tile.buffer<f32, group> -> f32
  tile.store %v, %c[%t] : f32, !tile.buffer<f32, global>
  tile.return
}

tile.kernel @plain(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 32 : i64} {
  %t = tile.lane
  %x = tile.load %a[%t] : !tile.buffer<f32, global> -> f32
  %y = arith.addf %x, %x : f32
  tile.store %y, %a[%t] : f32, !tile.buffer<f32, global>
  tile.return
}
