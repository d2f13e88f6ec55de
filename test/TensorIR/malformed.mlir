// What only the generic form can say: a diagnostic each, never a crash.
// RUN: flex-opt %s -split-input-file -verify-diagnostics

flex.kernel @no_attributes(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{requires attribute 'accesses'}}
  %y = "flex.map"(%x) ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}

// -----

flex.kernel @accesses_of_numbers(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{accesses must be arrays of strings}}
  %y = "flex.map"(%x) <{accesses = [[1]], boundaries = [#flex.boundary<none>], extents = ["N"], indices = ["i"]}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}

// -----

flex.kernel @too_few(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{needs one access and boundary per operand and one extent per index}}
  %y = "flex.map"(%x) <{accesses = [], boundaries = [], extents = ["N"], indices = ["i"]}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}

// -----

flex.kernel @boundary_is_a_number(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{boundaries must be #flex.boundary attributes}}
  %y = "flex.map"(%x) <{accesses = [["i"]], boundaries = [1], extents = ["N"], indices = ["i"]}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}

// -----

flex.kernel @clamp_with_value(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{operand 0: a fill boundary, and no other, needs a value of type 'f32'}}
  %y = "flex.map"(%x) <{accesses = [["i"]], boundaries = [#flex.boundary<clamp = 1.0 : f32>], extents = ["N"], indices = ["i"]}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}

// -----

flex.kernel @bad_access(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{reads operand 0 at 'i +* 1', which is not a canonical expression}}
  %y = "flex.map"(%x) <{accesses = [["i +* 1"]], boundaries = [#flex.boundary<none>], extents = ["N"], indices = ["i"]}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}

// -----

flex.kernel @not_canonical(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{reads operand 0 at '0 + i', which is not a canonical expression}}
  %y = "flex.map"(%x) <{accesses = [["0 + i"]], boundaries = [#flex.boundary<none>], extents = ["N"], indices = ["i"]}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}

// -----

flex.kernel @index_name(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{index 'i < N] (' is not a name}}
  %y = "flex.map"(%x) <{accesses = [["0"]], boundaries = [#flex.boundary<none>], extents = ["N"], indices = ["i < N] ("]}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}

// -----

flex.kernel @wrong_shape(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{result type '!flex.tensor<f32[M]>' does not have the parallel indices' extents}}
  %y = "flex.map"(%x) <{accesses = [["i"]], boundaries = [#flex.boundary<none>], extents = ["N"], indices = ["i"]}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[M]>
  flex.return
}

// -----

flex.kernel @no_arguments(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{needs one body argument per operand}}
  %y = "flex.map"(%x) <{accesses = [["i"]], boundaries = [#flex.boundary<none>], extents = ["N"], indices = ["i"]}>
      ({%c = arith.constant 1.0 : f32
        flex.yield %c : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}

// -----

flex.kernel @argument_type(%x: !flex.tensor<ui8[N]>) {
  // expected-error @below {{body argument 0 has type 'ui8', expected 'i8'}}
  %y = "flex.map"(%x) <{accesses = [["i"]], boundaries = [#flex.boundary<none>], extents = ["N"], indices = ["i"]}>
      ({^bb0(%a: ui8): %c = arith.constant 1 : i8
        flex.yield %c : i8}) : (!flex.tensor<ui8[N]>) -> !flex.tensor<ui8[N]>
  flex.return
}

// -----

flex.kernel @num_parallel(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{num_parallel exceeds the number of indices}}
  %y = "flex.reduce"(%x) <{accesses = [["i"]], boundaries = [#flex.boundary<none>], extents = ["N"], indices = ["i"],
      num_parallel = -1, combiner = #flex<combiner sum>}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}

// -----

flex.kernel @group_arguments(%x: !flex.tensor<f32[N]>) {
  // expected-error @below {{has no body arguments: its statements read the values around it}}
  "flex.group"() <{name = "g", outer = []}> ({^bb0(%q: f32): flex.yield}) : () -> ()
  flex.return
}

// -----

// expected-error @below {{constraint 'N is large' is not a comparison of two expressions}}
flex.kernel @constraint(%x: !flex.tensor<f32[N]>) attributes {constraints = ["N is large"]} {
  flex.return
}
