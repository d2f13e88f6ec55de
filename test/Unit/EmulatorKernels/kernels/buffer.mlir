// Buffer loads and stores with bounds: lanes beyond the 40 numbers read zeros and write nothing.
gpu.module @k {
  gpu.func @copy(%A: memref<40xf32>, %C: memref<40xf32>) kernel attributes {gpu.known_block_size = array<i32: 64, 1, 1>} {
    %t = gpu.thread_id x
    %i = arith.index_cast %t : index to i32
    %one = arith.constant 1.0 : f32
    %a = amdgpu.raw_buffer_load {boundsCheck = true} %A[%i] : memref<40xf32>, i32 -> f32
    %s = arith.addf %a, %one : f32
    amdgpu.raw_buffer_store {boundsCheck = true} %s -> %C[%i] : f32 -> memref<40xf32>, i32
    gpu.return
  }
}
