// The verifiers of loads, folds, scans, scatters and sorts.
// RUN: flex-opt %s -split-input-file -verify-diagnostics

flex.kernel @no_rule(%x: !flex.tensor<f32[N]>, %i: !flex.tensor<i64[M]>) {
  %y = flex.map [i < M] (%t = %x whole : !flex.tensor<f32[N]>, %n = %i[i] : !flex.tensor<i64[M]>) -> f32 {
    // expected-error @below {{needs a boundary rule: clamp, wrap, mirror or fill}}
    %v = flex.load %t["$0"] (%n) : !flex.tensor<f32[N]>
    flex.yield %v : f32
  }
  flex.return
}

// -----

flex.kernel @no_value(%x: !flex.tensor<f32[N]>, %i: !flex.tensor<i64[M]>) {
  %y = flex.map [i < M] (%t = %x whole : !flex.tensor<f32[N]>, %n = %i[i] : !flex.tensor<i64[M]>) -> f32 {
    // expected-error @below {{uses '$1', but there are 1 index values}}
    %v = flex.load %t["$1"] clamp (%n) : !flex.tensor<f32[N]>
    flex.yield %v : f32
  }
  flex.return
}

// -----

flex.kernel @not_whole(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{'$0 +' is not an expression: expected a number, a name or '('}}
  %y = flex.map [i < N] (%a = %x["$0 +"] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}

// -----

flex.kernel @value_in_access(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{uses '$0', but there are 0 index values}}
  %y = flex.map [i < N] (%a = %x["$0"] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}

// -----

flex.kernel @used_otherwise(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{body argument 0 is a whole tensor: only flex.load may use it}}
  %y = flex.map [i < N] (%t = %x whole : !flex.tensor<f32[N]>) -> f32 {
    flex.yield %t : !flex.tensor<f32[N]>
  }
  flex.return
}

// -----

flex.kernel @load_outside(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{reads a tensor that is no argument of a statement's body: take the operand whole}}
  %v = flex.load %x[0] clamp : !flex.tensor<f32[N]>
  flex.return
}

// -----

flex.kernel @load_rank(%x: !flex.tensor<f32[N, N]>) {
  %y = flex.map [i < N] (%t = %x whole : !flex.tensor<f32[N, N]>) -> f32 {
    // expected-error @below {{has 1 indices, but the rank is 2}}
    %v = flex.load %t[i] clamp : !flex.tensor<f32[N, N]>
    flex.yield %v : f32
  }
  flex.return
}

// -----

flex.kernel @load_far(%x: !flex.tensor<f32[N, 4]>) {
  %y = flex.map [i < N] (%t = %x whole : !flex.tensor<f32[N, 4]>) -> f32 {
    // expected-error @below {{reads so far away that 64 bits do not hold the offset}}
    %v = flex.load %t[4611686018427387904, 0] clamp : !flex.tensor<f32[N, 4]>
    flex.yield %v : f32
  }
  flex.return
}

// -----

flex.kernel @read_far(%x: !flex.tensor<f32[N, 4]>) {
  // expected-error @below {{reads operand 0 so far away that 64 bits do not hold the offset}}
  %y = flex.map [i < N] (%a = %x[i - 4611686018427387904, 0] clamp : !flex.tensor<f32[N, 4]>) -> f32 {
    flex.yield %a : f32
  }
  flex.return
}

// -----

flex.kernel @fold_hides(%x: !flex.tensor<f32[N]>) {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    // expected-error @below {{declares index 'i' twice}}
    %m = flex.fold sum [i < N] -> f32 { flex.yield %a : f32 }
    flex.yield %m : f32
  }
  flex.return
}

// -----

flex.kernel @fold_type(%x: !flex.tensor<f32[N]>) {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    // expected-error @below {{must yield one value of type 'i32'}}
    %m = flex.fold argmax [r < N] -> i32 { flex.yield %a : f32 }
    flex.yield %a : f32
  }
  flex.return
}

// -----

flex.kernel @fold_outside() {
  // expected-error @below {{is for the bodies of statements}}
  %m = flex.fold sum [r < 3] -> i64 {
    %r = arith.constant 1 : i64
    flex.yield %r : i64
  }
  flex.return
}

// -----

flex.kernel @later(%x: !flex.tensor<f32[N]>) {
  %y = flex.scan [] over [i < N] at [i] (%a = %x[i] : !flex.tensor<f32[N]>) self %s -> f32 {
    // expected-error @below {{reads the scan around it, but not surely an earlier point}}
    %p = flex.load %s[i] fill(0.0 : f32) : !flex.tensor<f32[N]>
    flex.yield %p : f32
  }
  flex.return
}

// -----

flex.kernel @later_fold(%x: !flex.tensor<f32[N]>) {
  %y = flex.scan [] over [i < N] at [i] (%a = %x[i] : !flex.tensor<f32[N]>) self %s -> f32 {
    %f = flex.fold sum [r < 2] -> f32 {
      // expected-error @below {{reads the scan around it, but not surely an earlier point}}
      %p = flex.load %s[i + r - 1] fill(0.0 : f32) : !flex.tensor<f32[N]>
      flex.yield %p : f32
    }
    flex.yield %f : f32
  }
  flex.return
}

// -----

flex.kernel @self_rule(%x: !flex.tensor<f32[N]>) {
  %y = flex.scan [] over [i < N] at [i] (%a = %x[i] : !flex.tensor<f32[N]>) self %s -> f32 {
    // expected-error @below {{reads the scan around it: its boundary rule must be fill}}
    %p = flex.load %s[i - 1] clamp : !flex.tensor<f32[N]>
    flex.yield %p : f32
  }
  flex.return
}

// -----

flex.kernel @other_parallel(%x: !flex.tensor<f32[M, N]>) {
  %y = flex.scan [j < N] over [i < M] at [i, j] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) self %s -> f32 {
    // expected-error @below {{reads the scan around it at another 'j': only an index after 'over' may differ}}
    %p = flex.load %s[i - 1, j - 1] fill(0.0 : f32) : !flex.tensor<f32[M, N]>
    flex.yield %p : f32
  }
  flex.return
}

// -----

flex.kernel @axes(%x: !flex.tensor<f32[N, N]>) {
  // expected-error @below {{'at' must list each index once}}
  %y = flex.scan [j < N] over [i < N] at [i, i] (%a = %x[i, j] : !flex.tensor<f32[N, N]>) self %s -> f32 {
    flex.yield %a : f32
  }
  flex.return
}

// -----

flex.kernel @no_axis(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{'k' of 'at' is not an index}}
  %y = flex.scan [] over [i < N] at [k] (%a = %x[i] : !flex.tensor<f32[N]>) self %s -> f32 {
    flex.yield %a : f32
  }
  flex.return
}

// -----

flex.kernel @base(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{takes its base, the first operand, whole}}
  %y = flex.scatter sum [] over [i < N] at [i] (%a = %x[i] : !flex.tensor<f32[N]>) { flex.yield %a : f32 }
  flex.return
}

// -----

flex.kernel @no_base() {
  // expected-error @below {{needs the tensor it starts from as its first operand}}
  %y = flex.scatter sum [] over [i < 3] at [i] () {
    %i = flex.index "i" : i64
    flex.yield %i : i64
  }
  flex.return
}

// -----

flex.kernel @partial(%x: !flex.tensor<f32[N]>, %v: !flex.tensor<f32[M]>) {
  // expected-error @below {{parallel index 'i' must be an axis of the result, over its whole extent}}
  %y = flex.scatter sum [i < M] over [] at [i] (%b = %x whole : !flex.tensor<f32[N]>, %a = %v[i] : !flex.tensor<f32[M]>) {
    flex.yield %a : f32
  }
  flex.return
}

// -----

flex.kernel @place(%x: !flex.tensor<f32[N]>, %v: !flex.tensor<f32[M]>, %i: !flex.tensor<i32[M]>) {
  // expected-error @below {{body must yield i64 values after the first}}
  %y = flex.scatter max [] over [k < M] at ["$0"] (%b = %x whole : !flex.tensor<f32[N]>, %a = %v[k] : !flex.tensor<f32[M]>,
      %n = %i[k] : !flex.tensor<i32[M]>) {
    flex.yield %a, %n : f32, i32
  }
  flex.return
}

// -----

flex.kernel @scatter_position(%x: !flex.tensor<i64[N]>) {
  // expected-error @below {{expected sum, prod, min, max, umin, umax, any, all or set, found 'argmax'}}
  %y = flex.scatter argmax [] over [i < N] at [i] (%b = %x whole : !flex.tensor<i64[N]>) {
    %i = flex.index "i" : i64
    flex.yield %i : i64
  }
  flex.return
}

// -----

flex.kernel @count(%x: !flex.tensor<f32[4]>) {
  // expected-error @below {{cannot give 5 of 4 positions}}
  %y = flex.argsort ascending [] over [i < 4] at [i] count 5 (%a = %x[i] : !flex.tensor<f32[4]>) -> i64 {
    flex.yield %a : f32
  }
  flex.return
}

// -----

flex.kernel @order(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{expected ascending or descending}}
  %y = flex.argsort upwards [] over [i < N] at [i] count N (%a = %x[i] : !flex.tensor<f32[N]>) -> i64 {
    flex.yield %a : f32
  }
  flex.return
}

// -----

flex.kernel @two_keys(%x: !flex.tensor<f32[N, N]>) {
  // expected-error @below {{sorts along one index}}
  %y = flex.argsort ascending [] over [i < N, j < N] at [i, j] count N (%a = %x[i, j] : !flex.tensor<f32[N, N]>) -> i64 {
    flex.yield %a : f32
  }
  flex.return
}

// -----

flex.kernel @unsigned_float(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{unsigned is for integers}}
  %y = flex.argsort unsigned ascending [] over [i < N] at [i] count N (%a = %x[i] : !flex.tensor<f32[N]>) -> i64 {
    flex.yield %a : f32
  }
  flex.return
}

// -----

flex.kernel @position_type(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{gives positions: its element type must be i64, not 'f32'}}
  %y = flex.reduce argmax [] over [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}

// -----

flex.kernel @narrow_sum(%x: !flex.tensor<f8E5M2[N]>) {
  // expected-error @below {{there is no arithmetic on 'f8E5M2': combine in a wider type}}
  %y = flex.reduce sum [] over [i < N] (%a = %x[i] : !flex.tensor<f8E5M2[N]>) -> f8E5M2 { flex.yield %a : f8E5M2 }
  flex.return
}

// -----

flex.kernel @narrow_max(%x: !flex.tensor<i4[N]>) {
  // expected-error @below {{there is no arithmetic on 'i4': combine in a wider type}}
  %y = flex.reduce max [] over [i < N] (%a = %x[i] : !flex.tensor<i4[N]>) -> i4 { flex.yield %a : i4 }
  flex.return
}

// -----

// expected-error @below {{numerics must be strict, default or fast, not 'loose'}}
flex.kernel @numerics() attributes {numerics = "loose"} { flex.return }

// -----

// expected-error @below {{result_aliases: 1 is no argument, or named twice}}
flex.kernel @alias(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> attributes {result_aliases = array<i64: 1>} {
  flex.return %x : !flex.tensor<f32[N]>
}

// -----

// expected-error @below {{result 0 cannot overwrite argument 0 of type '!flex.tensor<f32[M]>'}}
flex.kernel @alias_type(%x: !flex.tensor<f32[M]>, %y: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> attributes {result_aliases = array<i64: 0>} {
  flex.return %y : !flex.tensor<f32[N]>
}

// -----

// expected-error @below {{arg_defaults: argument 0 of type '!flex.tensor<f32[N]>' cannot have the default 1.000000e+00 : f32}}
flex.kernel @default(%x: !flex.tensor<f32[N]>) attributes {arg_defaults = [1.0 : f32]} { flex.return }

// -----

// expected-error @below {{each of schedules needs the name of its target}}
flex.kernel @schedule() attributes {schedules = [{lanes = 4}]} { flex.return }
