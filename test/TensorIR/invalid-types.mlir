// RUN: flex-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{element type 'si8' is not one of i1, i4 … i64, ui4 … ui64, f8E4M3FN, f8E5M2, bf16, f16, f32, f64}}
flex.kernel @k(%x: !flex.tensor<si8[N]>) { flex.return }

// -----

// expected-error @below {{dimension -1 is negative}}
flex.kernel @k(%x: !flex.tensor<f32[3 - 4]>) { flex.return }

// -----

// expected-error @below {{rank 17 exceeds the limit of 16}}
flex.kernel @k(%x: !flex.tensor<f32[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]>) { flex.return }

// -----

// expected-error @below {{index expression overflows 64 bits or divides by a number below 1}}
flex.kernel @k(%x: !flex.tensor<f32[9223372036854775807*N*2]>) { flex.return }

// -----

// expected-error @below {{index expression overflows 64 bits or divides by a number below 1}}
flex.kernel @k(%x: !flex.tensor<f32[mod(N, 0)]>) { flex.return }

// -----

// expected-error @below {{index expression nested too deeply}}
flex.kernel @k(%x: !flex.tensor<f32[((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((N))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))]>) { flex.return }

// -----

// expected-error @below {{expected a !flex.tensor type, found 'f32'}}
flex.kernel @k(%x: !flex.tensor<f32[N]>) { %y = flex.map [i < N] (%a = %x[i] : f32) -> f32 { flex.yield %a : f32 } flex.return }
