// Assembly text would end the process inside LLVM.
// RUN: flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=amdgpu:gfx942 emit=true})' -verify-diagnostics
// expected-error @below {{gfx942: 'k' holds inline assembly; the compiler has no assembler}}
module {
  tile.kernel @k(%a: !tile.buffer<i32, global>) attributes {dims = [], items = "1", group_size = 64 : i64} {
    %zero = arith.constant 0 : index
    %x = tile.load %a[%zero] : !tile.buffer<i32, global> -> i32
    %r = llvm.inline_asm "v_mov_b32 $0, $1", "=v,v" %x : (i32) -> i32
    tile.store %r, %a[%zero] : i32, !tile.buffer<i32, global>
    tile.return
  }
}
