// RUN: flex-opt %s --lower-to-target=chip=spirv:opencl+fp16+fp64 -verify-diagnostics

tile.kernel @mm(%a: !tile.buffer<f16, global>) attributes {dims = [], items = "1", group_size = 16 : i64} {
  %z = arith.constant 0 : index
  %t = tile.lane
  %ring = tile.ring "1024" : !tile.buffer<f16, group>
  tile.copy %a[%t] to %ring[%t] lanes 8 : !tile.buffer<f16, global> to !tile.buffer<f16, group>
  tile.wait
  // expected-error@+2 {{names the matrix unit 'dpas.m8n16k16.f16', which opencl does not have}}
  // expected-error@+1 {{failed to legalize operation 'tile.frag'}}
  %a0 = tile.frag a of "dpas.m8n16k16.f16" %ring[%z] at %z, 0 layout <32, chunk 8, xor [0, 1, 2]> : !tile.buffer<f16, group> -> vector<8xf16>
  %b0 = tile.frag b of "dpas.m8n16k16.f16" %ring[%z] at %z, 0 layout <32, chunk 8, xor [0, 1, 2]> : !tile.buffer<f16, group> -> vector<16xf16>
  tile.return
}
