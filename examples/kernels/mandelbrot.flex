// The Mandelbrot set: how many of 64 steps of z = z^2 + c stay within a circle of radius 2.

fn steps_inside(cx: f32, cy: f32) -> i32 {
  var x = cx
  var y = cy
  var count: i32 = 0
  for k in 0..63 {
    let xx = x * x
    let yy = y * y
    count = count + (if xx + yy <= 4 { 1 } else { 0 })
    y = 2 * x * y + cy
    x = xx - yy + cx
  }
  return count
}

/// Real parts of the columns and imaginary parts of the rows. Strict, because a point near the edge is decided by the last bit.
@numerics(strict) kernel mandelbrot(re: f32[W], im: f32[H]) -> i32[H, W] { return [y, x] steps_inside(re[x], im[y]) }
