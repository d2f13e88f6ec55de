"""Cases of the sweep: statements that share a launch, and what must not change because they do.

Each case is compared with the interpreter, which runs one statement after the other.
"""

from dataclasses import replace

from sweep import LONG, Case

VECTORS = [{"N": n} for n in (0, 1, 17, 65, *((64, 1000, 4097) if LONG else (1000,)))]
IMAGES = [{"H": h, "W": w} for h, w in ((1, 1), (3, 17), (33, 65), *(((64, 127), (2, 1000)) if LONG else ()))]
MATRICES = [{"M": m, "N": n} for m, n in ((1, 1), (3, 17), (7, 65), (0, 5), (4, 0), *(((64, 127), (2, 1000)) if LONG else ()))]
NUMBERS = ("i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f16", "bf16", "f32", "f64")


def pointwise():
    """Maps over one domain that read the same tensors."""
    for dtype in NUMBERS:
        yield Case(f"pair-{dtype}", f"kernel k(x: {dtype}[N], y: {dtype}[N]) -> ({dtype}[N], {dtype}[N], {dtype}[N]) {{ return x + y, x * y - x, max(x, y) }}", VECTORS)
    yield Case("types", "kernel k(x: f32[N]) -> (u8[N], f64[N], bool[N], f16[N]) { return u8(x * 10), f64(x) * 0.1, x > 0, f16(exp(x)) }", VECTORS)
    yield Case("nibbles", "kernel k(x: i8[N]) -> (i32[N], f32[N], i8[N]) {\n  let a = i4(x)\n  let b = u4(x >> 4)\n  return i32(a) + i32(b), f32(a), x\n}", VECTORS, values={"*": "wide"})
    yield Case("strict", "@numerics(strict) kernel k(x: f16[N], y: f16[N]) -> (f16[N], f16[N]) { return x * y + x, x * y - y }", VECTORS)
    yield Case("kept", "kernel k(x: f32[N]) -> (f32[N], f32[N], f32[N]) {\n  let e = exp(x)\n  return e, e * x, e + 1\n}", VECTORS)
    yield Case("joined", "kernel k(x: f32[N], y: f32[N]) -> (f32[N], f32[N], f32[N]) {\n  let a = exp(x)\n  let b = sin(y)\n  return a, b, a * b + a\n}", VECTORS)
    yield Case("order", "kernel k(x: f32[N], y: f32[N]) -> (f32[N], f32[N]) {\n  let a = exp(x)\n  let s = sum(a)\n  let b = y * s\n  return a + b, a * y\n}", VECTORS)
    yield Case("words", "import random\nkernel k(i: i64[N], seed: u64) -> (u32[N], u32[N], u32[N], u32[N]) { return random.bits4(seed, i) }", VECTORS, values={"*": "wide"})


def positions():
    """Maps that read nothing but positions, boundaries, rows and shapes that differ."""
    yield Case("angles", "kernel k(t: f32[N], s: f32) -> (f32[N], f32[N]) {\n  let a[i in 0..N-1] = f32(i * i % 7) * s\n  return [i] cos(a[i]), [i] sin(a[i])\n}", VECTORS)
    yield Case("sobel", "import image\nkernel k(img: f32[H, W]) -> (f32[H, W], f32[H, W]) { return image.sobel_xy(img) }", IMAGES)
    for rule in ("zero", "wrap", "mirror"):
        yield Case(f"stencils-{rule}", f"kernel k(m: i32[H, W]) -> (i32[H, W], i32[H, W]) {{\n  let p = {rule}(m)\n  return [y, x] p[y - 1, x] + p[y, x + 1], [y, x] p[y + 1, x - 2] - p[y, x]\n}}", IMAGES)
    yield Case("short-axis", "kernel k(x: f32[N, 3], s: f32[3]) -> (f32[N, 3], f32[N, 3], f32[N, 3]) { return x * 2, x * s, x + 1 }", VECTORS)
    yield Case("broadcast", "kernel k(x: f32[M, N], r: f32[M], c: f32[N]) -> (f32[M, N], f32[M, N]) { return [i, j] x[i, j] * r[i], [i, j] x[i, j] + c[j] }", MATRICES)
    yield Case("turned", "kernel k(x: f32[N, N]) -> (f32[N, N], f32[N, N]) { return [i, j] x[i, j] + x[j, i], [i, j] x[j, i] * 2 }", [{"N": n} for n in (0, 1, 17, 65)])
    yield Case("gathered", "kernel k(t: f32[M], i: i32[N]) -> (f32[N], f32[N]) where M >= 1 { return t[i], t[i + 1] * 2 }", [{"M": 5, "N": n} for n in (1, 17, 100)])
    yield Case("statistics", "kernel k(x: f32[M, N]) -> (f32[M], f32[M], f32[M, N], f32[M, N]) where N >= 1 {\n  let s[i] = sum(j) x[i, j]\n  let m[i] = max(j) x[i, j]\n  return s, m, [i, j] x[i, j] - m[i], [i, j] x[i, j] / s[i]\n}",
               [run for run in MATRICES if run["N"]])


def fusion():
    """The family, for sweep_cases."""
    for case in (*pointwise(), *positions()):
        yield case
        if LONG or case.id in ("pair-f32", "pair-i8", "types", "nibbles", "joined", "words", "sobel", "short-axis", "statistics"):
            yield replace(case, id=f"opencl-{case.id}", device="opencl:0", runs=case.runs[1:4], modes=(False,) if not LONG else case.modes)
