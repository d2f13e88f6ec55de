// RUN: flex-opt %s "--lower-to-target=chip=amdgpu:gfx1100 emit" | FileCheck %s

// CHECK-LABEL: mm:\0A
// CHECK: s_barrier
// CHECK-COUNT-8: ds_load_b128
// CHECK-COUNT-4: v_wmma_f32_16x16x16_f16
// CHECK-NOT: s_barrier
// CHECK-COUNT-2: ds_store_b128
// CHECK: .sgpr_spill_count: 0
// CHECK: .vgpr_spill_count: 0
tile.kernel @mm(%a: !tile.buffer<f16, global>, %c: !tile.buffer<f32, global>)
    attributes {dims = [], items = "1", group_size = 128 : i64} {
  %z = arith.constant 0 : index
  %t = tile.lane
  %w = tile.wave of 32
  %ring = tile.ring "4096" : !tile.buffer<f16, group>
  %out = tile.ring "2048" : !tile.buffer<f32, group>
  tile.copy %a[%t] to %ring[%t] lanes 8 : !tile.buffer<f16, global> to !tile.buffer<f16, group>
  tile.wait pending 0
  %s0 = arith.constant dense<0.0> : vector<8xf32>
  %a0:2 = tile.frag a of "wmma.m16n16k16.f16" %ring[%z] at %z, 0 layout <32, chunk 8, xor [0, 1, 2]> : !tile.buffer<f16, group> -> vector<16xf16>, vector<16xf16>
  %b0:2 = tile.frag b of "wmma.m16n16k16.f16" %ring[%z] at %z, 0 layout <32, chunk 8, xor [0, 1, 2]> : !tile.buffer<f16, group> -> vector<16xf16>, vector<16xf16>
  %a1:2 = tile.frag a of "wmma.m16n16k16.f16" %ring[%z] at %z, 16 layout <32, chunk 8, xor [0, 1, 2]> : !tile.buffer<f16, group> -> vector<16xf16>, vector<16xf16>
  %b1:2 = tile.frag b of "wmma.m16n16k16.f16" %ring[%z] at %z, 16 layout <32, chunk 8, xor [0, 1, 2]> : !tile.buffer<f16, group> -> vector<16xf16>, vector<16xf16>
  %s1 = tile.contract "wmma.m16n16k16.f16" %a0#0, %b0#0, %s0 : vector<16xf16>, vector<16xf16>, vector<8xf32>
  %s2 = tile.contract "wmma.m16n16k16.f16" %a1#0, %b1#0, %s1 : vector<16xf16>, vector<16xf16>, vector<8xf32>
  %s3 = tile.contract "wmma.m16n16k16.f16" %a0#1, %b0#1, %s2 : vector<16xf16>, vector<16xf16>, vector<8xf32>
  %s4 = tile.contract "wmma.m16n16k16.f16" %a1#1, %b1#1, %s3 : vector<16xf16>, vector<16xf16>, vector<8xf32>
  tile.wait wave
  tile.put %s4 of "wmma.m16n16k16.f16" to %out[%z] at 0, 0 layout <32, chunk 4, xor [2, 4, 1]> : vector<8xf32>, !tile.buffer<f32, group>
  tile.wait wave
  %v = tile.load %out[%t] : !tile.buffer<f32, group> -> f32
  tile.store %v, %c[%t] : f32, !tile.buffer<f32, global>
  tile.return
}
