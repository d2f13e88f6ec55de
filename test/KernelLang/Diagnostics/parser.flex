// Syntax errors; the parser recovers at the next statement or item.
/// belongs to nothing                                   // expect E0107
let stray = 1                                            // expect E0106 hint: statements stand inside

kernal typo(x: f32[N]) -> f32[N] { return x }            // expect E0106 did you mean 'kernel'

@fast kernel attributed(x: f32[N]) -> f32[N] { return x }          // expect E0108 '@fast'
@numeric(default) kernel attributed2(x: f32[N]) -> f32[N] { return x }  // expect E0108 did you mean 'numerics'
@numerics(exact) kernel attributed3(x: f32[N]) -> f32[N] { return x }   // expect E0110 'exact'
@numerics(fast) fn attributed4(x: f32) -> f32 { x }                     // expect E0114 before the kernel
@numerics(default)
import nn                                                // expect E0109

kernel statements(x: f32[N]) -> f32[N] {
  let = x                                                // expect E0101 expected a name, found '='
  let a x                                                // expect E0101 expected '=' and a value, found 'x'
  let b = (x + 1                                         // expect E0102 to close '('
  let c = x +
  let d = x[1                                            // expect E0101 found 'let' // expect E0102 to close '['
  let e = a < b < c                                      // expect E0105 do not chain
  let f = x; let g = x                                   // expect E0104 without ';'
  let h = x y                                            // expect E0104
  let i = if x { 1 }                                     // expect E0111
  let j = x and x                                        // expect E0112 write '&&'
  let k = x or x                                         // expect E0112 write '||'
  let l = not x                                          // expect E0112 write '!'
  let m = +x                                             // expect E0101 leave out the '+'
  let n, o[i] = x                                        // expect E0116 'o'
  let p = x[..., 0, ...]                                 // expect E0115 once
  /// a doc comment inside                               // expect E0107 inside a block
  return x
}

kernel missing(x: f32[N] -> f32[N] {                     // expect E0102 to close '('
  return x
}

kernel inoutFirst(inout x: f32[N]) { x = x * 2 }         // expect E0101 'x: inout f32[N]'
kernel noarrow(x: f32[N]) { return x }                   // expect E0101 '->'
