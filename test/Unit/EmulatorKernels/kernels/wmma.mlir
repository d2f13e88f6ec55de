// One WMMA of a wave of 32 (gfx11): B is stored by columns; each lane writes its own 8 sums.
gpu.module @k {
  gpu.func @wmma(%A: memref<16x16xf16>, %B: memref<16x16xf16>, %C: memref<32x8xf32>) kernel attributes {gpu.known_block_size = array<i32: 32, 1, 1>} {
    %c0 = arith.constant 0 : index
    %c16 = arith.constant 16 : index
    %t = gpu.thread_id x
    %r = arith.remui %t, %c16 : index
    %a = vector.load %A[%r, %c0] : memref<16x16xf16>, vector<16xf16>
    %b = vector.load %B[%r, %c0] : memref<16x16xf16>, vector<16xf16>
    %z = arith.constant dense<0.0> : vector<8xf32>
    %d = amdgpu.wmma 16x16x16 %a * %b + %z : vector<16xf16>, vector<16xf16>, vector<8xf32>
    vector.store %d, %C[%t, %c0] : memref<32x8xf32>, vector<8xf32>
    gpu.return
  }
}
