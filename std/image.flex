// Images, rows first: one channel img[H, W], colours img[H, W, 3], values usually in [0, 1]. Outside of an image the nearest
// pixel counts.

// Filters

/// 3x3 box filter: the mean of each pixel and its eight neighbours.
/// ```flex
/// kernel k(img: f32[H, W]) -> f32[H, W] { return image.blur3(img) }
/// ```
fn blur3(img: float[H, W]) -> float[H, W] {
  let p = clamp(img)
  let rows[y, x] = (p[y, x-1] + p[y, x] + p[y, x+1]) / 3
  let q = clamp(rows)
  return [y, x] (q[y-1, x] + q[y, x] + q[y+1, x]) / 3
}

/// 3x3 binomial filter: weights 1 2 1 along each axis.
/// ```flex
/// kernel k(img: f32[H, W]) -> f32[H, W] { return image.gauss3(img) }
/// ```
fn gauss3(img: float[H, W]) -> float[H, W] {
  let p = clamp(img)
  let rows[y, x] = (p[y, x-1] + 2 * p[y, x] + p[y, x+1]) / 4
  let q = clamp(rows)
  return [y, x] (q[y-1, x] + 2 * q[y, x] + q[y+1, x]) / 4
}

/// 5x5 binomial filter: weights 1 4 6 4 1 along each axis, close to a Gaussian of standard deviation 1.
/// ```flex
/// kernel k(img: f32[H, W]) -> f32[H, W] { return image.gauss5(img) }
/// ```
fn gauss5(img: float[H, W]) -> float[H, W] {
  let p = clamp(img)
  let rows[y, x] = (p[y, x-2] + 4 * p[y, x-1] + 6 * p[y, x] + 4 * p[y, x+1] + p[y, x+2]) / 16
  let q = clamp(rows)
  return [y, x] (q[y-2, x] + 4 * q[y-1, x] + 6 * q[y, x] + 4 * q[y+1, x] + q[y+2, x]) / 16
}

/// Derivatives along x and along y, by Sobel's weights.
/// ```flex
/// kernel k(img: f32[H, W]) -> (f32[H, W], f32[H, W]) { return image.sobel_xy(img) }
/// ```
fn sobel_xy(img: float[H, W]) -> (float[H, W], float[H, W]) {
  let p = clamp(img)
  let dx[y, x] = p[y-1, x+1] - p[y-1, x-1] + 2 * (p[y, x+1] - p[y, x-1]) + p[y+1, x+1] - p[y+1, x-1]
  let dy[y, x] = p[y+1, x-1] - p[y-1, x-1] + 2 * (p[y+1, x] - p[y-1, x]) + p[y+1, x+1] - p[y-1, x+1]
  return dx, dy
}

/// Strength of the edges: the length of Sobel's gradient.
/// ```flex
/// kernel k(img: f32[H, W]) -> f32[H, W] { return image.sobel(img) }
/// ```
fn sobel(img: float[H, W]) -> float[H, W] {
  let dx, dy = sobel_xy(img)
  return sqrt(dx ** 2 + dy ** 2)
}

/// The sum of second derivatives: four neighbours minus four times the pixel.
/// ```flex
/// kernel k(img: f32[H, W]) -> f32[H, W] { return image.laplace(img) }
/// ```
fn laplace(img: float[H, W]) -> float[H, W] {
  let p = clamp(img)
  return [y, x] p[y-1, x] + p[y+1, x] + p[y, x-1] + p[y, x+1] - 4 * p[y, x]
}

/// Any small filter (an odd number of rows and columns), as correlation: `sum(r, s) img[y + r - R / 2, x + s - S / 2] * f[r, s]`.
/// ```flex
/// kernel k(img: f32[H, W], f: f32[R, S]) -> f32[H, W] { return image.filter(img, f) }
/// ```
fn filter(img: float[H, W], f: float[R, S]) -> float[H, W] {
  let p = clamp(img)
  return [y, x] sum(r, s) p[y+r-R/2, x+s-S/2] * f[r, s]
}

// Morphology: over each pixel and its eight neighbours

/// The largest value around each pixel.
/// ```flex
/// kernel k(img: u8[H, W]) -> u8[H, W] { return image.dilate3(img) }
/// ```
fn dilate3(img: number[H, W]) -> number[H, W] {
  let p = clamp(img)
  let rows[y, x] = max(max(p[y, x-1], p[y, x]), p[y, x+1])
  let q = clamp(rows)
  return [y, x] max(max(q[y-1, x], q[y, x]), q[y+1, x])
}

/// The smallest value around each pixel.
/// ```flex
/// kernel k(img: u8[H, W]) -> u8[H, W] { return image.erode3(img) }
/// ```
fn erode3(img: number[H, W]) -> number[H, W] {
  let p = clamp(img)
  let rows[y, x] = min(min(p[y, x-1], p[y, x]), p[y, x+1])
  let q = clamp(rows)
  return [y, x] min(min(q[y-1, x], q[y, x]), q[y+1, x])
}

/// Erosion, then dilation: removes bright specks smaller than 3x3.
/// ```flex
/// kernel k(img: u8[H, W]) -> u8[H, W] { return image.open3(img) }
/// ```
fn open3(img: number[H, W]) -> number[H, W] { dilate3(erode3(img)) }

/// Dilation, then erosion: fills dark specks smaller than 3x3.
/// ```flex
/// kernel k(img: u8[H, W]) -> u8[H, W] { return image.close3(img) }
/// ```
fn close3(img: number[H, W]) -> number[H, W] { erode3(dilate3(img)) }

/// The median of each pixel and its eight neighbours, by a network of exchanges (Paeth 1990). NaN where one of the nine is NaN.
/// ```flex
/// kernel k(img: f32[H, W]) -> f32[H, W] { return image.median3(img) }
/// ```
fn median3(img: number[H, W]) -> number[H, W] {
  let p = clamp(img)
  let low[y, x] = min(min(p[y-1, x], p[y, x]), p[y+1, x])
  let mid[y, x] = max(min(p[y-1, x], p[y, x]), min(max(p[y-1, x], p[y, x]), p[y+1, x]))
  let high[y, x] = max(max(p[y-1, x], p[y, x]), p[y+1, x])
  let l = clamp(low)
  let m = clamp(mid)
  let h = clamp(high)
  let a[y, x] = max(max(l[y, x-1], l[y, x]), l[y, x+1])
  let b[y, x] = max(min(m[y, x-1], m[y, x]), min(max(m[y, x-1], m[y, x]), m[y, x+1]))
  let c[y, x] = min(min(h[y, x-1], h[y, x]), h[y, x+1])
  return max(min(a, b), min(max(a, b), c))
}

// Sizes

/// Half the size, each pixel the mean of four; an odd last row or column is left out.
/// ```flex
/// kernel k(img: f32[H, W]) -> f32[H / 2, W / 2] { return image.halve(img) }
/// ```
fn halve(img: float[H, W]) -> float[H/2, W/2] {
  [y, x] (img[2*y, 2*x] + img[2*y, 2*x+1] + img[2*y+1, 2*x] + img[2*y+1, 2*x+1]) / 4
}

/// Twice the size, each pixel four times.
/// ```flex
/// kernel k(img: f32[H, W]) -> f32[2 * H, 2 * W] { return image.double_nearest(img) }
/// ```
fn double_nearest(img: float[H, W]) -> float[2*H, 2*W] { [y, x] img[y/2, x/2] }

/// Twice the size, bilinear: each new pixel lies a quarter between two old ones.
/// ```flex
/// kernel k(img: f32[H, W]) -> f32[2 * H, 2 * W] { return image.double_bilinear(img) }
/// ```
fn double_bilinear(img: float[H, W]) -> float[2*H, 2*W] {
  let p = clamp(img)
  let wide[y, x in 0..2*W-1] = 0.75 * p[y, x/2] + 0.25 * p[y, (x+1)/2*2 - x/2 - 1]
  let q = clamp(wide)
  return [y, x] 0.75 * q[y/2, x] + 0.25 * q[(y+1)/2*2 - y/2 - 1, x]
}

// Colours

/// Luminance of a linear RGB image, by the weights of Rec. 709.
/// ```flex
/// kernel k(img: f32[H, W, 3]) -> f32[H, W] { return image.luminance(img) }
/// ```
fn luminance(img: float[H, W, 3]) -> float[H, W] {
  [y, x] 0.2126 * img[y, x, 0] + 0.7152 * img[y, x, 1] + 0.0722 * img[y, x, 2]
}

/// The linear intensity of an sRGB value in [0, 1] (IEC 61966-2-1).
/// ```flex
/// kernel k(img: f32[H, W, 3]) -> f32[H, W, 3] { return image.srgb_to_linear(img) }
/// ```
fn srgb_to_linear(v: float) -> float { if v <= 0.04045 { v / 12.92 } else { (abs(v + 0.055) / 1.055) ** 2.4 } }

/// The sRGB value of a linear intensity in [0, 1] (IEC 61966-2-1).
/// ```flex
/// kernel k(img: f32[H, W, 3]) -> f32[H, W, 3] { return image.linear_to_srgb(img) }
/// ```
fn linear_to_srgb(v: float) -> float { if v <= 0.0031308 { 12.92 * v } else { 1.055 * abs(v) ** (1 / 2.4) - 0.055 } }

/// Red, green and blue to luma and two differences of colour around 0.5, by Rec. 601 in full range, as JPEG has it.
/// ```flex
/// kernel k(img: f32[H, W, 3]) -> f32[H, W, 3] { return image.rgb_to_ycbcr(img) }
/// ```
fn rgb_to_ycbcr(img: float[H, W, 3]) -> float[H, W, 3] {
  let luma[y, x] = 0.299 * img[y, x, 0] + 0.587 * img[y, x, 1] + 0.114 * img[y, x, 2]
  return [y, x, c] if c == 0 {
    luma[y, x]
  } else if c == 1 {
    (img[y, x, 2] - luma[y, x]) / 1.772 + 0.5
  } else {
    (img[y, x, 0] - luma[y, x]) / 1.402 + 0.5
  }
}

/// The inverse of rgb_to_ycbcr.
/// ```flex
/// kernel k(img: f32[H, W, 3]) -> f32[H, W, 3] { return image.ycbcr_to_rgb(img) }
/// ```
fn ycbcr_to_rgb(img: float[H, W, 3]) -> float[H, W, 3] {
  let b[y, x] = 1.772 * (img[y, x, 1] - 0.5)
  let r[y, x] = 1.402 * (img[y, x, 2] - 0.5)
  return [y, x, c] img[y, x, 0] +
      (if c == 0 { r[y, x] } else if c == 1 { -(0.299 * r[y, x] + 0.114 * b[y, x]) / 0.587 } else { b[y, x] })
}

/// Red, green and blue to hue (0 to 1, red is 0), saturation and value (Smith 1978), as matplotlib's rgb_to_hsv.
/// ```flex
/// kernel k(img: f32[H, W, 3]) -> f32[H, W, 3] { return image.rgb_to_hsv(img) }
/// ```
fn rgb_to_hsv(img: float[H, W, 3]) -> float[H, W, 3] {
  [y, x, c] if c == 0 {
    hue(img[y, x, 0], img[y, x, 1], img[y, x, 2])
  } else {
    if c == 1 {
      saturation(img[y, x, 0], img[y, x, 1], img[y, x, 2])
    } else {
      max(max(img[y, x, 0], img[y, x, 1]), img[y, x, 2])
    }
  }
}

/// The hue of a colour, 0 to 1: red is 0, green 1/3, blue 2/3, and grey 0.
/// ```flex
/// kernel k(r: f32[N], g: f32[N], b: f32[N]) -> f32[N] { return image.hue(r, g, b) }
/// ```
fn hue(r: float, g: float, b: float) -> float {
  let high = max(max(r, g), b)
  let range = high - min(min(r, g), b)
  let d = if range > 0 { range } else { 1 }
  let sixth = if high == r { (g - b) / d % 6 } else { if high == g { (b - r) / d + 2 } else { (r - g) / d + 4 } }
  return if range > 0 { sixth / 6 } else { 0 }
}

/// The saturation of a colour: the share of its largest part that its smallest part lacks; 0 of black.
/// ```flex
/// kernel k(r: f32[N], g: f32[N], b: f32[N]) -> f32[N] { return image.saturation(r, g, b) }
/// ```
fn saturation(r: float, g: float, b: float) -> float {
  let high = max(max(r, g), b)
  return if high > 0 { (high - min(min(r, g), b)) / high } else { 0 }
}

/// The inverse of rgb_to_hsv.
/// ```flex
/// kernel k(img: f32[H, W, 3]) -> f32[H, W, 3] { return image.hsv_to_rgb(img) }
/// ```
fn hsv_to_rgb(img: float[H, W, 3]) -> float[H, W, 3] {
  let turn[y, x, c in 0..2] = (5 - 2 * c + 6 * img[y, x, 0]) % 6
  return [y, x, c] img[y, x, 2] * (1 - img[y, x, 1] * clamp(min(turn[y, x, c], 4 - turn[y, x, c]), 0, 1))
}

// Any size, histograms

/// Another size by the nearest pixel: pixel centres correspond, as PyTorch's "nearest-exact".
/// ```flex
/// kernel k(img: f32[H, W]) -> f32[100, 200] where H >= 1, W >= 1 { return image.resize_nearest(img, 100, 200) }
/// ```
fn resize_nearest(img: number[H, W], height: dim, width: dim) -> number[height, width]
    where H >= 1, W >= 1, height >= 1, width >= 1 {
  let p = clamp(img)
  return [y, x] p[(2*y+1)*H/(2*height), (2*x+1)*W/(2*width)]
}

/// Another size, bilinear: pixel centres correspond, as PyTorch's interpolate(align_corners=False). Rows first, then columns; of a
/// much taller image only the two rows about each of the result's.
/// ```flex
/// kernel k(img: f32[H, W]) -> f32[100, 200] where H >= 1, W >= 1 { return image.resize_bilinear(img, 100, 200) }
/// ```
fn resize_bilinear(img: float[H, W], height: dim, width: dim) -> float[height, width]
    where H >= 1, W >= 1, height >= 1, width >= 1 {
  let p = clamp(img)
  let fx[x in 0..width-1] = float(((2 * x + 1) * W - width) % (2 * width)) / (2 * width)
  let fy[y in 0..height-1] = float(((2 * y + 1) * H - height) % (2 * height)) / (2 * height)
  let above[y in 0..height-1] = i64(((2 * y + 1) * H - height) / (2 * height))
  let row[r in 0..min(H, 2*height)-1] = if 2 * height < H { above[r/2] + r % 2 } else { i64(r) }
  let wide[r, x in 0..width-1] = (1 - fx[x]) * p[row[r], ((2*x+1)*W - width)/(2*width)] +
      fx[x] * p[row[r], ((2*x+1)*W - width)/(2*width) + 1]
  let q = clamp(wide)
  let at[y] = if 2 * height < H { i64(2 * y) } else { above[y] }
  return [y, x] (1 - fy[y]) * q[at[y], x] + fy[y] * q[at[y]+1, x]
}

/// Keys' cubic weight (1981) with a = -0.75 at the distance t, as OpenCV and PyTorch have it.
/// ```flex
/// kernel k(t: f32[N]) -> f32[N] { return image.cubic_weight(t) }
/// ```
fn cubic_weight(t: float) -> float {
  let d = abs(t)
  return if d <= 1 { (1.25 * d - 2.25) * d * d + 1 } else if d < 2 { ((-0.75 * d + 3.75) * d - 6) * d + 3 } else { 0 }
}

/// Another size, bicubic by Keys' weights over 4 x 4 pixels, as PyTorch's interpolate(mode="bicubic", align_corners=False). Rows first,
/// as in resize_bilinear.
/// ```flex
/// kernel k(img: f32[H, W]) -> f32[100, 200] where H >= 1, W >= 1 { return image.resize_bicubic(img, 100, 200) }
/// ```
fn resize_bicubic(img: float[H, W], height: dim, width: dim) -> float[height, width]
    where H >= 1, W >= 1, height >= 1, width >= 1 {
  let p = clamp(img)
  let wx[x in 0..width-1, i in 0..3] = cubic_weight(
    float(((2 * x + 1) * W - width) % (2 * width)) / (2 * width) + 1 - i
  )
  let wy[y in 0..height-1, i in 0..3] = cubic_weight(
    float(((2 * y + 1) * H - height) % (2 * height)) / (2 * height) + 1 - i
  )
  let first[y in 0..height-1] = i64(((2 * y + 1) * H - height) / (2 * height) - 1)
  let row[r in 0..min(H, 4*height)-1] = if 4 * height < H { first[r/4] + r % 4 } else { i64(r) }
  let wide[r, x in 0..width-1] = sum(i) wx[x, i] * p[row[r], ((2*x+1)*W - width)/(2*width) + i - 1]
  let q = clamp(wide)
  let at[y] = if 4 * height < H { i64(4 * y) } else { first[y] }
  return [y, x] sum(i) wy[y, i] * q[at[y]+i, x]
}

/// How many pixels fall into each of `bins` equal parts of [0, 1); what lies outside counts nowhere.
/// ```flex
/// kernel k(img: f32[H, W]) -> i32[256] { return image.histogram(img, 256) }
/// ```
fn histogram(img: float[H, W], bins: dim) -> i32[bins] {
  let none[b in 0..bins-1] = i32(0)
  let bin[i in 0..H*W-1] = i64(floor(reshape(img, H * W)[i] * bins))
  let one[i in 0..H*W-1] = i32(1)
  return scatter_add(none, bin, one)
}

/// The mean of the (2 radius + 1)^2 pixels around each, rows and columns apart.
/// ```flex
/// kernel k(img: f32[H, W]) -> f32[H, W] { return image.box(img, 3) }
/// ```
fn box(img: float[H, W], radius: dim) -> float[H, W] {
  let p = clamp(img)
  let rows[y, x in 0..W-1] = sum(s in 0..2*radius) p[y, x+s-radius]
  let q = clamp(rows)
  return [y, x] (sum(r in 0..2*radius) q[y+r-radius, x]) / ((2 * radius + 1) * (2 * radius + 1))
}

/// Blurred by a Gaussian of standard deviation sigma, cut off at `radius` pixels; rows and columns apart.
/// ```flex
/// kernel k(img: f32[H, W], sigma: f32) -> f32[H, W] { return image.gaussian(img, sigma, 6) }
/// ```
fn gaussian(img: float[H, W], sigma: float, radius: dim) -> float[H, W] {
  let w[i in 0..2*radius] = exp(-((float(i) - radius) / sigma) ** 2 / 2)
  let total = sum(w)
  let p = clamp(img)
  let rows[y, x in 0..W-1] = (sum(s) w[s] * p[y, x+s-radius]) / total
  let q = clamp(rows)
  return [y, x] (sum(r) w[r] * q[y+r-radius, x]) / total
}
