// One MFMA of a wave of 64: B is stored by columns, C comes out transposed.
gpu.module @k {
  gpu.func @mfma(%A: memref<16x16xf16>, %B: memref<16x16xf16>, %C: memref<16x16xf32>) kernel attributes {gpu.known_block_size = array<i32: 64, 1, 1>} {
    %c4 = arith.constant 4 : index
    %c16 = arith.constant 16 : index
    %t = gpu.thread_id x
    %r = arith.remui %t, %c16 : index
    %q = arith.divui %t, %c16 : index
    %k = arith.muli %q, %c4 : index
    %a = vector.load %A[%r, %k] : memref<16x16xf16>, vector<4xf16>
    %b = vector.load %B[%r, %k] : memref<16x16xf16>, vector<4xf16>
    %z = arith.constant dense<0.0> : vector<4xf32>
    %d = amdgpu.mfma 16x16x16 %a * %b + %z blgp = none : vector<4xf16>, vector<4xf16>, vector<4xf32>
    vector.store %d, %C[%r, %k] : memref<16x16xf32>, vector<4xf32>
    gpu.return
  }
}
