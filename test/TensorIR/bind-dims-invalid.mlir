// RUN: flex-opt %s -flex-bind-dims="bindings=N=6,M=9000000000000000000" -split-input-file -verify-diagnostics

// expected-error @below {{'flex.kernel' op constraint 'N % 4 == 0' does not hold: 2 == 0}}
flex.kernel @divisible(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> attributes {constraints = ["N % 4 == 0"]} {
  flex.return %x : !flex.tensor<f32[N]>
}

// -----

// expected-error @below {{dimension -4 is negative}}
flex.kernel @negative(%x: !flex.tensor<f32[N]>, %y: !flex.tensor<f32[N - 10]>) -> !flex.tensor<f32[N]> {
  flex.return %x : !flex.tensor<f32[N]>
}

// -----

// expected-error @below {{dimension '2*M' overflows 64 bits or divides by a number below 1 once its names are bound}}
flex.kernel @overflow(%x: !flex.tensor<f32[2*M, M]>) -> !flex.tensor<f32[2*M, M]> {
  flex.return %x : !flex.tensor<f32[2*M, M]>
}

// -----

flex.kernel @overflow_in_body(%x: !flex.tensor<i64[M]>) -> !flex.tensor<i64[M]> {
  %y = flex.map [i < M] (%a = %x[i] : !flex.tensor<i64[M]>) -> i64 {
    // expected-error @below {{'M*M' overflows 64 bits or divides by a number below 1 once its names are bound}}
    %m = flex.dim "M*M" : i64
    flex.yield %m : i64
  }
  flex.return %y : !flex.tensor<i64[M]>
}

// -----

flex.kernel @divides_by_zero(%x: !flex.tensor<i64[N]>) -> !flex.tensor<i64[N]> {
  // expected-error @below {{'floordiv(i, N - 6)' overflows 64 bits or divides by a number below 1 once its names are bound}}
  %y = flex.map [i < N] (%a = %x[floordiv(i, N - 6)] : !flex.tensor<i64[N]>) -> i64 {
    flex.yield %a : i64
  }
  flex.return %y : !flex.tensor<i64[N]>
}

// -----

flex.kernel @count(%x: !flex.tensor<f32[N]>) -> !flex.tensor<i64[9]> {
  // expected-error @below {{cannot give 9 of 6 positions}}
  %y = flex.argsort ascending [] over [i < N] at [i] count 9 (%a = %x[i] : !flex.tensor<f32[N]>) -> i64 {
    flex.yield %a : f32
  }
  flex.return %y : !flex.tensor<i64[9]>
}
