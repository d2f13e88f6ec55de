// Threads write a tile of group memory, one of them stores it by TMA: what the asynchronous proxy must be told.
!map = !nvgpu.tensormap.descriptor<tensor = memref<8x64xf16, 3>, swizzle = none, l2promo=none, oob=zero, interleave=none>
module {
  memref.global "private" @shmem : memref<8x64xf16, 3> {alignment = 128 : i64}
  func.func @host(%out : memref<8x64xf16>) {
    %c1 = arith.constant 1 : index
    %c8 = arith.constant 8 : index
    %c64 = arith.constant 64 : index
    %u = memref.cast %out : memref<8x64xf16> to memref<*xf16>
    %map = nvgpu.tma.create.descriptor %u box[%c8, %c64] : memref<*xf16> -> !map
    gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
               threads(%tx, %ty, %tz) in (%bdx = %c64, %bdy = %c1, %bdz = %c1) {
      %c0 = arith.constant 0 : index
      %k1 = arith.constant 1 : index
      %k8 = arith.constant 8 : index
      %tile = memref.get_global @shmem : memref<8x64xf16, 3>
      %ti = arith.index_cast %tx : index to i32
      %tf = arith.sitofp %ti : i32 to f16
      scf.for %r = %c0 to %k8 step %k1 {
        memref.store %tf, %tile[%r, %tx] : memref<8x64xf16, 3>
      }
      nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
      gpu.barrier
      %first = arith.cmpi eq, %tx, %c0 : index
      scf.if %first {
        nvgpu.tma.async.store %tile to %map[%c0, %c0] : memref<8x64xf16, 3> -> !map
        nvvm.cp.async.bulk.commit.group
        nvvm.cp.async.bulk.wait_group 0 {read}
      }
      gpu.terminator
    }
    return
  }
}
