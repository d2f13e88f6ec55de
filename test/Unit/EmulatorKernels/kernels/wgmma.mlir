// C = A * B, 128 x 128 x 64, f16 with f32 sums, by one warpgroup: TMA with 128-byte swizzles, mbarrier, wgmma. Upstream's own
// lowering; the shape of its test on sm_90 hardware. waitGroup = 0: see the test on what it does without.
!lhsTM = !nvgpu.tensormap.descriptor<tensor = memref<128x64xf16, 3>, swizzle = swizzle_128b, l2promo=none, oob=zero, interleave=none>
!rhsTM = !nvgpu.tensormap.descriptor<tensor = memref<64x64xf16, 3>, swizzle = swizzle_128b, l2promo=none, oob=zero, interleave=none>
module {
  memref.global "private" @shmem : memref<16384xf16, 3> {alignment = 1024 : i64}
 func.func @host(%ga : memref<128x64xf16>, %gb : memref<64x128xf16>, %C: memref<128x128xf32>) {
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    %c128 = arith.constant 128 : index
    %ua = memref.cast %ga : memref<128x64xf16> to memref<*xf16>
    %ub = memref.cast %gb : memref<64x128xf16> to memref<*xf16>
    %ta = nvgpu.tma.create.descriptor %ua box[%c128, %c64] : memref<*xf16> -> !lhsTM
    %tb = nvgpu.tma.create.descriptor %ub box[%c64, %c64] : memref<*xf16> -> !rhsTM
    gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
               threads(%tx, %ty, %tz) in (%bdx = %c128, %bdy = %c1, %bdz = %c1) {
    %c0 = arith.constant 0 : index
    %k1 = arith.constant 1 : index
    %dyn = memref.get_global @shmem : memref<16384xf16, 3>
    %sa = memref.reinterpret_cast %dyn to offset: [0], sizes: [128, 64], strides: [64, 1] : memref<16384xf16, 3> to memref<128x64xf16, 3>
    %sb0 = memref.reinterpret_cast %dyn to offset: [8192], sizes: [64, 64], strides: [64, 1] : memref<16384xf16, 3> to memref<64x64xf16, strided<[64, 1], offset: 8192>, 3>
    %sb = memref.cast %sb0 : memref<64x64xf16, strided<[64, 1], offset: 8192>, 3> to memref<64x64xf16, strided<[64, 1], offset: ?>, 3>
    %k64 = arith.constant 64 : index
    %sb1 = memref.reinterpret_cast %dyn to offset: [12288], sizes: [64, 64], strides: [64, 1] : memref<16384xf16, 3> to memref<64x64xf16, strided<[64, 1], offset: 12288>, 3>
    %bar = nvgpu.mbarrier.create -> !nvgpu.mbarrier.group<memorySpace = #gpu.address_space<workgroup>>
    %p = arith.cmpi eq, %tx, %c0 : index
    nvgpu.mbarrier.init %bar[%c0], %k1 : !nvgpu.mbarrier.group<memorySpace = #gpu.address_space<workgroup>>
    nvvm.fence.mbarrier.init
    gpu.barrier
    %bytes = arith.constant 32768 : index
    scf.if %p {
      nvgpu.mbarrier.arrive.expect_tx %bar[%c0], %bytes : !nvgpu.mbarrier.group<memorySpace = #gpu.address_space<workgroup>>
      nvgpu.tma.async.load %ta[%c0, %c0], %bar[%c0] to %sa : !lhsTM, !nvgpu.mbarrier.group<memorySpace = #gpu.address_space<workgroup>> -> memref<128x64xf16, 3>
      nvgpu.tma.async.load %tb[%c0, %c0], %bar[%c0] to %sb0 : !rhsTM, !nvgpu.mbarrier.group<memorySpace = #gpu.address_space<workgroup>> -> memref<64x64xf16, strided<[64, 1], offset: 8192>, 3>
      nvgpu.tma.async.load %tb[%k64, %c0], %bar[%c0] to %sb1 : !rhsTM, !nvgpu.mbarrier.group<memorySpace = #gpu.address_space<workgroup>> -> memref<64x64xf16, strided<[64, 1], offset: 12288>, 3>
    }
    %ph = arith.constant 0 : i1
    %ticks = arith.constant 10000000 : index
    nvgpu.mbarrier.try_wait.parity %bar[%c0], %ph, %ticks : !nvgpu.mbarrier.group<memorySpace = #gpu.address_space<workgroup>>
    %da = nvgpu.warpgroup.generate.descriptor %sa, %ta : memref<128x64xf16, 3>, !lhsTM -> !nvgpu.warpgroup.descriptor<tensor=memref<128x64xf16, 3>>
    %sbb = memref.reinterpret_cast %dyn to offset: [8192], sizes: [64, 128], strides: [128, 1] : memref<16384xf16, 3> to memref<64x128xf16, strided<[128, 1], offset: 8192>, 3>
    %db = nvgpu.warpgroup.generate.descriptor %sbb, %tb : memref<64x128xf16, strided<[128, 1], offset: 8192>, 3>, !rhsTM -> !nvgpu.warpgroup.descriptor<tensor=memref<64x128xf16, 3>>
    %acc = nvgpu.warpgroup.mma.init.accumulator -> !nvgpu.warpgroup.accumulator<fragmented = vector<128x128xf32>>
    %r = nvgpu.warpgroup.mma %da, %db, %acc {transposeB, waitGroup = 0 : i64} : !nvgpu.warpgroup.descriptor<tensor=memref<128x64xf16, 3>>, !nvgpu.warpgroup.descriptor<tensor=memref<64x128xf16, 3>>, !nvgpu.warpgroup.accumulator<fragmented = vector<128x128xf32>> -> !nvgpu.warpgroup.accumulator<fragmented = vector<128x128xf32>>
    nvgpu.warpgroup.mma.store %r, %C : !nvgpu.warpgroup.accumulator<fragmented = vector<128x128xf32>> to memref<128x128xf32>
    gpu.terminator
    }
    return
  }
}
