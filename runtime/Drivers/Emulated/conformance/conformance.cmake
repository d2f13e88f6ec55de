# One chip of every family: the rest differ in the compiler, not here.
set(environment "FLEX_EMULATED_CHIPS=sm_80,gfx942,gfx1100,opencl+fp16+fp64")
