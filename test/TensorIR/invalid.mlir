// Every message of the verifiers that text can reach.
// RUN: flex-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{argument or result type 'tensor<4xf32>' is not a !flex.tensor}}
flex.kernel @builtin_tensor(%x: tensor<4xf32>) {
  flex.return
}

// -----

// expected-error @below {{arg_names must name each argument}}
flex.kernel @names(%x: !flex.tensor<f32[N]>) attributes {arg_names = ["x", "y"]} {
  flex.return
}

// -----

// expected-error @below {{result_names must name each result}}
flex.kernel @results(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> attributes {result_names = []} {
  flex.return %x : !flex.tensor<f32[N]>
}

// -----

flex.kernel @returned(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[M]> {
  // expected-error @below {{operand types differ from the results of 'returned'}}
  flex.return %x : !flex.tensor<f32[N]>
}

// -----

flex.kernel @unknown_name(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{uses 'k', which is neither an index nor a dimension of the arguments of 'unknown_name'}}
  %y = flex.map [i < N] (%a = %x[i + k] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}

// -----

flex.kernel @unknown_extent(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{uses 'M', which is neither an index nor a dimension of the arguments of 'unknown_extent'}}
  %y = flex.map [i < M] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}

// -----

flex.kernel @unknown_dim(%x: !flex.tensor<i64[N]>) {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<i64[N]>) -> i64 {
    // expected-error @below {{uses 'i', which is neither an index nor a dimension of the arguments of 'unknown_dim'}}
    %d = flex.dim "N + i" : i64
    flex.yield %d : i64
  }
  flex.return
}

// -----

flex.kernel @canonical(%x: !flex.tensor<i64[N]>) {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<i64[N]>) -> i64 {
    // expected-error @below {{'1 + N' is not a canonical expression}}
    %d = flex.dim "1 + N" : i64
    flex.yield %d : i64
  }
  flex.return
}

// -----

flex.kernel @no_such_index(%x: !flex.tensor<i64[N]>) {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<i64[N]>) -> i64 {
    // expected-error @below {{names 'j', which is not an index of the enclosing statement}}
    %d = flex.index "j" : i64
    flex.yield %d : i64
  }
  flex.return
}

// -----

flex.kernel @constant() {
  // expected-error @below {{value of type 'tensor<3xf32>' does not match result type '!flex.tensor<f32[4]>'}}
  %c = flex.constant dense<1.0> : tensor<3xf32> : !flex.tensor<f32[4]>
  flex.return
}

// -----

flex.kernel @rank(%x: !flex.tensor<f32[N, N]>) {
  // expected-error @below {{reads operand 0 at 1 indices, but its rank is 2}}
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N, N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}

// -----

flex.kernel @twice(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{declares index 'i' twice}}
  %y = flex.map [i < N, i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}

// -----

flex.kernel @extent(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{extent 'i' is malformed or uses an index}}
  %y = flex.reduce sum [] over [i < N, j < i] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}

// -----

flex.kernel @yields(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{body must yield one value of type 'f16'}}
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f16 { flex.yield %a : f32 }
  flex.return
}

// -----

flex.kernel @fill(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{operand 0: a fill boundary, and no other, needs a value of type 'f32'}}
  %y = flex.map [i < N] (%a = %x[i - 1] fill(1 : i32) : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}

// -----

flex.kernel @any(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{combiner any does not fit element type 'f32'}}
  %y = flex.reduce any [] over [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}

// -----

flex.kernel @umin(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{umin and umax are for integers}}
  %y = flex.reduce umin [] over [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}

// -----

flex.kernel @combiner(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{expected sum, prod, min, max, umin, umax, any, all, argmin, argmax, uargmin or uargmax, found 'mean'}}
  %y = flex.reduce mean [] over [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}

// -----

flex.kernel @group(%x: !flex.tensor<f32[N]>) {
  flex.group "g" outer [] {
    // expected-error @below {{is not a statement: a flex.group holds nothing else}}
    %c = flex.constant dense<1.0> : tensor<4xf32> : !flex.tensor<f32[4]>
    flex.yield
  }
  flex.return
}

// -----

flex.kernel @outer(%x: !flex.tensor<f32[N]>) {
  flex.group "g" outer ["j"] {
    // expected-error @below {{does not begin with the group's outer indices}}
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield
  }
  flex.return
}

// -----

flex.kernel @group_results(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{must yield values of its result types}}
  %r = flex.group "g" outer ["i"] -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield
  }
  flex.return
}
