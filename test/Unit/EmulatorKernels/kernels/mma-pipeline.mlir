// C = A * B of f16 with f32 sums by two warps: 3 stages of cp.async, ldmatrix, mma.sync. Upstream's own lowering.
#wg = #gpu.address_space<workgroup>
gpu.module @kernels {
  gpu.func @gemm(%A: memref<32x80xf16>, %B: memref<80x8xf16>, %C: memref<32x8xf32>)
      workgroup(%sa : memref<3x32x16xf16, #wg> {llvm.align = 128 : i64},
                %sb : memref<3x16x8xf16, #wg> {llvm.align = 128 : i64})
      kernel attributes {gpu.known_block_size = array<i32: 64, 1, 1>} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %c3 = arith.constant 3 : index
    %c4 = arith.constant 4 : index
    %c5 = arith.constant 5 : index
    %c8 = arith.constant 8 : index
    %c16 = arith.constant 16 : index
    %c32 = arith.constant 32 : index
    %stages = arith.constant 3 : index
    %t = gpu.thread_id x
    %ar = arith.divui %t, %c2 : index
    %am = arith.remui %t, %c2 : index
    %ac = arith.muli %am, %c8 : index
    %copiesB = arith.cmpi ult, %t, %c16 : index
    %lane = arith.remui %t, %c32 : index
    %warp = arith.divui %t, %c32 : index
    %row0 = arith.muli %warp, %c16 : index
    %lr = arith.remui %lane, %c16 : index
    %lq = arith.divui %lane, %c16 : index
    %lc = arith.muli %lq, %c8 : index
    %fr = arith.addi %row0, %lr : index
    scf.for %p = %c0 to %c2 step %c1 {
      %k0 = arith.muli %p, %c16 : index
      %kc = arith.addi %k0, %ac : index
      %t0 = nvgpu.device_async_copy %A[%ar, %kc], %sa[%p, %ar, %ac], 8 : memref<32x80xf16> to memref<3x32x16xf16, #wg>
      scf.if %copiesB {
        %kr = arith.addi %k0, %t : index
        %t1 = nvgpu.device_async_copy %B[%kr, %c0], %sb[%p, %t, %c0], 8 : memref<80x8xf16> to memref<3x16x8xf16, #wg>
      }
      nvvm.cp.async.commit.group
    }
    %z = arith.constant dense<0.0> : vector<2x2xf32>
    %d = scf.for %i = %c0 to %c5 step %c1 iter_args(%acc = %z) -> (vector<2x2xf32>) {
      nvvm.cp.async.wait.group 1
      gpu.barrier
      %next = arith.addi %i, %c2 : index
      %more = arith.cmpi ult, %next, %c5 : index
      scf.if %more {
        %s2 = arith.remui %next, %stages : index
        %k0 = arith.muli %next, %c16 : index
        %kc = arith.addi %k0, %ac : index
        %t0 = nvgpu.device_async_copy %A[%ar, %kc], %sa[%s2, %ar, %ac], 8 : memref<32x80xf16> to memref<3x32x16xf16, #wg>
        scf.if %copiesB {
          %kr = arith.addi %k0, %t : index
          %t1 = nvgpu.device_async_copy %B[%kr, %c0], %sb[%s2, %t, %c0], 8 : memref<80x8xf16> to memref<3x16x8xf16, #wg>
        }
      }
      nvvm.cp.async.commit.group
      %s = arith.remui %i, %stages : index
      %fa = nvgpu.ldmatrix %sa[%s, %fr, %lc] {numTiles = 4 : i32, transpose = false} : memref<3x32x16xf16, #wg> -> vector<4x2xf16>
      %fb = nvgpu.ldmatrix %sb[%s, %lr, %c0] {numTiles = 2 : i32, transpose = true} : memref<3x16x8xf16, #wg> -> vector<2x2xf16>
      %n = nvgpu.mma.sync(%fa, %fb, %acc) {mmaShape = [16, 8, 16]} : (vector<4x2xf16>, vector<2x2xf16>, vector<2x2xf32>) -> vector<2x2xf32>
      scf.yield %n : vector<2x2xf32>
    }
    %d0 = vector.extract %d[0] : vector<2xf32> from vector<2x2xf32>
    %d1 = vector.extract %d[1] : vector<2xf32> from vector<2x2xf32>
    %gid = arith.divui %lane, %c4 : index
    %tig = arith.remui %lane, %c4 : index
    %cc = arith.muli %tig, %c2 : index
    %r0 = arith.addi %row0, %gid : index
    %r1 = arith.addi %r0, %c8 : index
    vector.store %d0, %C[%r0, %cc] : memref<32x8xf32>, vector<2xf32>
    vector.store %d1, %C[%r1, %cc] : memref<32x8xf32>, vector<2xf32>
    gpu.return
  }
}
