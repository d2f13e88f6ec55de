// Other instruction sets than x86's, from the same lowering: NEON, SVE of a stated length, RVV; no name of x86, no spills.
// RUN: flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:neoverse-n1 emit=true})' | FileCheck %s --check-prefixes=CHECK,NEON
// RUN: flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:neoverse-v1 emit=true})' | FileCheck %s --check-prefixes=CHECK,SVE
// RUN: flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:riscv64 emit=true})' | FileCheck %s --check-prefixes=CHECK,RVV
// RUN: flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:riscv64})' | FileCheck %s --check-prefix=MODULE

// The assembly is one attribute, so everything is on one line.
// NEON: flex.assembly = "# aarch64\0A# vector spills in loops: 0\0A
// SVE: flex.assembly = "# aarch64+sve256\0A# vector spills in loops: 0\0A
// RVV: flex.assembly = "# riscv64\0A# vector spills in loops: 0\0A
// NEON-SAME: {{.*}}fcvtl{{.*}}fmla\09v{{[0-9]+}}.4s
// SVE-SAME: {{.*}}fmla\09z{{[0-9]+}}.s, p{{[0-7]}}/m
// RVV-SAME: {{.*}}vfmacc.vf
// CHECK-NOT: {{xmm|ymm|zmm|x86|sfence|__extend|__trunc|memcpy}}

// Halves are integers on RISC-V, whose base set has no instruction for them; masks where there are such accesses.
// MODULE-LABEL: llvm.func internal @axpy.body
// MODULE-NOT: llvm.fpext
// MODULE: llvm.intr.masked.load
// MODULE: llvm.intr.fma
// MODULE: llvm.intr.masked.store
// MODULE-LABEL: llvm.func @axpy
// MODULE-NOT: llvm.call_intrinsic
tile.kernel @axpy(%a: !tile.buffer<f32, global>, %h: !tile.buffer<f16, global>, %n: index)
    attributes {dims = ["N"], items = "ceildiv(N, 8)", group_size = 1 : i64} {
  %id = tile.id
  %lanes = arith.constant 8 : index
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %at = arith.muli %id, %lanes : index
  %left = arith.subi %n, %at : index
  %x = tile.load %h[%at] valid(%left) : !tile.buffer<f16, global> -> vector<8xf16>
  %w = arith.extf %x : vector<8xf16> to vector<8xf32>
  %start = tile.load %a[%at] valid(%left) : !tile.buffer<f32, global> -> vector<8xf32>
  %sum = scf.for %i = %zero to %n step %one iter_args(%s = %start) -> vector<8xf32> {
    %f = tile.load %a[%i] : !tile.buffer<f32, global> -> f32
    %v = vector.broadcast %f : f32 to vector<8xf32>
    %next = math.fma %v, %w, %s : vector<8xf32>
    scf.yield %next : vector<8xf32>
  }
  tile.store %sum, %a[%at] valid(%left) : vector<8xf32>, !tile.buffer<f32, global>
  %stream = arith.constant dense<1.0> : vector<16xf32>
  tile.store %stream, %a[%zero] nontemporal : vector<16xf32>, !tile.buffer<f32, global>
  tile.return
}
