// var, rebinding, for, inout, defaults, overloads, rank-generic functions and schedules.
fn pair(x: f32[K]) -> (f32[K], f32) { return x, sum(x) }

kernel variables(x: f32[N], y: i32[N]) -> f32[N] {
  let a = x
  a = x + 1                                              // expect E0220 declare it with 'var' instead of 'let'
  x = a                                                  // expect E0220 declare it 'x: inout …'
  b = x                                                  // expect E0201 'var b = …'
  var c = x
  c = y                                                  // expect E0321 'c' is f32[N], but its new value is i32[N]
  c = 0                                                  // expect E0321 the value of every element: 'c[…] = …'
  c[i, j] = x[i] * x[j]                                  // expect E0321 f32[N, N]
  var s = 0
  s = 1.5                                                // expect E0321 give it a type: 'var s: f32 = …'
  let d = if N > 1 {
    c = x * 2                                            // expect E0221 choose the value
    c
  } else { x }
  for i in 0..2 {
    let e = x * i
    i = 3                                                // expect E0220 'i' is a loop counter
    return e                                             // expect E0222
  }
  for i in 0..N { c = c * 2 }
  for i in 0..i32(2) { c = c * 2 }                       // expect E0318 an end of the range
  for s in 0..3 { c = c * 2 }                            // expect E0204 's' is already defined
  c, s = pair(x)                                         // expect E0321 its new value is f32
  let f = pair(x)
  let g = f + 1                                          // expect E0313 take them apart
  let h, k, l = f                                        // expect E0314 3 names for 2 results
  let m, n = if N > 1 { pair(x) } else { x }             // expect E0320 2 and 1
  return c
}

// An error is said once: what an erroneous name is used for afterwards is not looked at.
kernel once(x: f32[N]) -> f32[N] {
  let a = x + missing                                    // expect E0201 'missing'
  let b[i] = a[i] * 2
  var c = a + b
  c = c + x
  for k in 0..3 { c = c * a }
  let d, e = pair(a)
  let f = exp(d) + e
  c = x + gone                                           // expect E0201 'gone'
  return [i] c[i] + sum(j) e[j]
}

kernel stores(p: inout f32[N], s: inout f32) { p = p * 2 }                 // expect E0223 a tensor of one element
fn storesToo(p: inout f32[N]) -> f32[N] { p }                              // expect E0223 return the new value
kernel steps(p: inout f32[N]) { p = p * 2 }
kernel callsIt(p: f32[N]) -> f32[N] { return steps(p) }                    // expect E0226 'steps' stores
kernel noResult(p: inout f32[N]) { return p }                              // expect E0312 1 results

kernel defaults(x: f32[N], a: f32 = 1, b: f32) -> f32[N] { return x * a + b }       // expect E0225 come last
kernel defaults2(x: f32[N], y: f32[N] = 1) -> f32[N] { return x + y }               // expect E0224
kernel defaults3(x: f32[N], a: i32 = 1.5) -> f32[N] { return x * f32(a) }           // expect E0306
kernel defaults4(x: f32[N], a: f32 = exp(1)) -> f32[N] { return x * a }             // expect E0318 the default of 'a'

fn over(x: float) -> float { x }
fn over(x: float, y: float) -> float { x + y }
fn over(x: int) -> int { x + 1 }
fn over(x: float[K]) -> float { sum(x) }
fn over(y: int) -> int { y }                                               // expect E0204 overloads differ
kernel over(x: f32[N]) -> f32[N] { return x }                              // expect E0204 kernels are not overloaded
fn either(x: f32) -> f32 { x }
fn either(x: f32 = 1, y: f32 = 1) -> f32 { x }
kernel calls(x: f32[N], b: bool) -> f32 {
  let c = over(b)                                        // expect E0229 no 'over' takes (bool) | over(x: float): 'x' has another type
  let d = over(x, x, x)                                  // expect E0229 over(x: float, y: float): other parameters
  let e = over(1)                                        // expect E0230 give a literal its type
  let f = either(x)                                      // expect E0230 more than one 'either' takes (f32[N])
  return over(x) + over(1.5)
}

kernel anyRank(x: f32[..., N]) -> f32[..., N] { return x }                 // expect E0427
fn noPack(x: f32[N]) -> f32[..., N] { x }                                  // expect E0428
fn noPack2(x: f32[N]) -> f32[N] { return [...] 1 }                         // expect E0428 give a parameter
fn twice(x: float[..., ..., N]) -> float { sum(x) }                        // expect E0115 once
fn twice2(x: float[..., N]) -> float[..., ..., N] {                        // expect E0115 once
  return [..., ..., i] x[..., i]
}
fn twice3(x: float[..., N]) -> float[..., N] {
  return [..., i] x[..., i] + sum(...) x[..., i]                           // expect E0413
}
fn both(x: float[..., N], y: float[..., N]) -> float[..., N] { x + y }
kernel bothCalls(x: f32[M, N], y: f32[N], z: f32) -> f32[M, N] {
  let a = both(x, y)                                     // expect E0429 '...' is [M] in 'x' but [] in 'y'
  let b = both(z, z)                                     // expect E0406 no axes, but the parameter has at least 1 axis
  return x
}

kernel scheduled(x: f32[M, N]) -> f32[M] { return [i] sum(j) x[i, j] }
schedule scheduled for cpu {
  lane i  lanes 8                                        // both on one line
  lane 4                                                 // expect E0204 'lane' is already defined
  unroll k                                               // expect E0228 'unroll' takes an index of 'scheduled', found 'k'
  row 4                                                  // expect E0227 did you mean 'rows'?
  vectors 17                                             // expect E0228 a number from 1 to 16
  item-rows none                                         // expect E0228 'item_rows' takes a number
  pack 1                                                 // expect E0228 true or false
  unit 8                                                 // expect E0228 'unit' takes a name
  strategy tiles                                         // expect E0228 did you mean 'tile'?
  tile_size 4                                            // expect E0227 keys are strategy, lane
}
schedule scheduled for cpu { rows 2 }                    // expect E0204 first defined here
schedule sheduled for cpu { rows 2 }                     // expect E0215 did you mean 'scheduled'?
schedule scheduled for gpu { rows }                      // expect E0101 the value of 'rows'
