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
    for rule in ("zero", "clamp", "wrap", "mirror"):
        for dtype in ("u8", "f16", "bf16"):
            yield Case(f"read-{rule}-{dtype}", f"kernel k(x: {dtype}[H, W], y: {dtype}[H, W], s: f32) -> (f32[H, W], f32[H, W]) {{\n  let p = {rule}(f32(x))\n  let q = {rule}(f32(x) * s - f32(y))\n"
                       "  return [i, j] p[i - 1, j] + p[i, j + 2], [i, j] q[i, j + 1] - q[i - 3, j]\n}", IMAGES)
    for dtype in ("f16", "i8"):
        wide = "f32" if dtype == "f16" else "i32"
        yield Case(f"window-{dtype}", f"kernel k(x: {dtype}[H, W], w: {dtype}[3, 3, 4]) -> {wide}[H, W, 4] {{\n  let p = zero({wide}(x))\n  return [i, j, c] sum(a in 0..2, b in 0..2) p[i + a - 1, j + b - 1] * {wide}(w[a, b, c])\n}}", IMAGES)
    yield Case("short-axis", "kernel k(x: f32[N, 3], s: f32[3]) -> (f32[N, 3], f32[N, 3], f32[N, 3]) { return x * 2, x * s, x + 1 }", VECTORS)
    yield Case("sum-of-own", "kernel k(x: f32[N]) -> (f32[N], f32[N]) {\n  let t[i] = x[i] * 2\n  let s[i] = sum(r in 0..N-1) (t[i] + r)\n  return t, s\n}", VECTORS)
    yield Case("broadcast", "kernel k(x: f32[M, N], r: f32[M], c: f32[N]) -> (f32[M, N], f32[M, N]) { return [i, j] x[i, j] * r[i], [i, j] x[i, j] + c[j] }", MATRICES)
    yield Case("turned", "kernel k(x: f32[N, N]) -> (f32[N, N], f32[N, N]) { return [i, j] x[i, j] + x[j, i], [i, j] x[j, i] * 2 }", [{"N": n} for n in (0, 1, 17, 65)])
    yield Case("gathered", "kernel k(t: f32[M], i: i32[N]) -> (f32[N], f32[N]) where M >= 1 { return t[i], t[i + 1] * 2 }", [{"M": 5, "N": n} for n in (1, 17, 100)])
    yield Case("statistics", "kernel k(x: f32[M, N]) -> (f32[M], f32[M], f32[M, N], f32[M, N]) where N >= 1 {\n  let s[i] = sum(j) x[i, j]\n  let m[i] = max(j) x[i, j]\n  return s, m, [i, j] x[i, j] - m[i], [i, j] x[i, j] / s[i]\n}",
               [run for run in MATRICES if run["N"]])


def layouts():
    """Contractions whose readers walk the axes in another order."""
    sizes = [{"M": m, "N": n, "K": k} for m, n, k in ((1, 1, 1), (65, 3, 17), (64, 64, 0), (70, 129, 33), (0, 5, 4))]
    for dtype, wide in (("f32", "f32"), ("f16", "f32"), ("bf16", "f32"), ("i8", "i32"), ("f64", "f64")):
        yield Case(f"transposed-{dtype}", f"kernel k(a: {dtype}[M, K], b: {dtype}[K, N]) -> {wide}[N, M] {{\n  let t[i, j] = sum(k) {wide}(a[i, k]) * {wide}(b[k, j])\n  return [j, i] t[i, j] * 2\n}}", sizes)
    yield Case("transposed-twice", "kernel k(a: f32[M, K], b: f32[K, N]) -> (f32[N, M], f32[N, M]) {\n  let t = a @ b\n  return [j, i] exp(t[i, j] / 100), [j, i] t[i, j] + 1\n}", sizes)
    heads = [{"H": h, "S": s, "T": t, "D": d, "E": e} for h, s, t, d, e in ((1, 1, 1, 1, 1), (3, 5, 7, 17, 9), (2, 0, 3, 4, 5), (4, 33, 20, 64, 70))]
    yield Case("heads", "kernel k(p: f32[H, S, T], v: f32[H, T, D], w: f32[H, D, E]) -> f32[S, E] {\n  let o[h, s, d] = sum(t) p[h, s, t] * v[h, t, d]\n  return [s, e] sum(h, d) o[h, s, d] * w[h, d, e]\n}", heads)
    yield Case("heads-map", "kernel k(p: f32[H, S, T], v: f32[H, T, D], x: f32[S, H, D]) -> f32[S, H, D] {\n  let o[h, s, d] = sum(t) p[h, s, t] * v[h, t, d]\n  return [s, h, d] o[h, s, d] + x[s, h, d]\n}",
               [{k: run[k] for k in "HSTD"} for run in heads])


def epilogues():
    """Maps around scans, sorts and scatters."""
    for dtype in ("f16", "f32", "f64", "i8", "i32", "i64", "u16"):
        for axis in (0, 1):
            yield Case(f"scan-{dtype}-{axis}", f"kernel k(x: {dtype}[M, N]) -> {dtype}[M, N] {{ return cumsum(x * 2, axis = {axis}) * 3 - x }}", MATRICES)
    yield Case("scan-kept", "kernel k(x: f32[M, N]) -> (f32[M, N], f32[N, M], f32[M, N]) {\n  let c = cummax(x, axis = 0)\n  return c, transpose(c) + 1, c * c\n}", MATRICES)
    # Blocks of rows past many columns: rows and columns that fill neither the last block, nor the last item, nor a vector.
    wide = [{"M": m, "N": n} for m, n in ((13, 600), (4, 1), (0, 300), (9, 0), (8, 512), (701, 257))]
    for dtype in ("f16", "f32", "i8", "i64"):
        yield Case(f"columns-scan-{dtype}", f"kernel k(x: {dtype}[M, N]) -> ({dtype}[M, N], {dtype}[M, N]) {{\n  let c = cummax(x, axis = 0)\n  return c, c - x\n}}", wide)
        yield Case(f"columns-reduce-{dtype}", f"kernel k(x: {dtype}[M, N], y: {dtype}[N]) -> ({dtype}[N], {dtype}[N]) {{\n  let c[j] = max(i) x[i, j]\n  return c, c - y\n}}", wide)
    yield Case("columns-position", "kernel k(x: f32[M, N]) -> i64[N] where M >= 1 { return argmax(x, axis = 0) }", [run for run in wide if run["M"]])
    yield Case("columns-strict", "@numerics(strict) kernel k(x: f32[M, N]) -> (f32[N], f32[M, N]) { return sum(x, axis = 0), cumsum(x, axis = 0) }", wide)
    yield Case("columns-batch", "kernel k(x: f32[B, M, N], v: f32[B, M]) -> (f32[B, N], f32[B, M, N], f32[N]) {\n  return [b, j] sum(i) v[b, i] * x[b, i, j], cumsum(x, axis = 1), [j] sum(b, i) x[b, i, j]\n}", [{"B": b, "M": m, "N": n} for b, m, n in ((3, 13, 600), (1, 9, 17), (2, 0, 5), (5, 130, 257))])
    yield Case("scan-twice", "kernel k(x: i64[N]) -> (i64[N], i64[N]) {\n  let c = cumsum(x)\n  let d = c * c\n  return d, d + c\n}", VECTORS)
    yield Case("scan-back", "kernel k(x: f32[N]) -> f32[N] {\n  let a[t] = scan(t) 0.5 * zero(a)[t - 1] + 0.25 * zero(a)[t - 2] + x[t]\n  return a * 2 + x\n}", VECTORS)
    yield Case("scan-each", "kernel k(x: f32[T, S], w: f32[S, S]) -> f32[T, S] {\n  let a[t, s] = scan(t) x[t, s] + max(r in 0..S-1) zero(a)[t - 1, r] * w[r, s]\n  return a / 2\n}", [{"T": t, "S": n} for t, n in ((1, 1), (5, 3), (7, 33), (0, 4))],
               values={"*": [0.5, -0.25, 0.125, 0.75, -0.5]})
    yield Case("scan-strict", "@numerics(strict) kernel k(x: f16[M, N]) -> f16[M, N] { return cumsum(x, axis = 1) * x }", MATRICES)
    yield Case("scan-costly", "kernel k(x: f32[N]) -> f32[N] { return exp(cumsum(x) / 100) }", VECTORS)
    yield Case("scan-mixed", "kernel k(x: f32[M, N]) -> (u8[M, N], f64[M, N]) {\n  let c = cumprod(x, axis = 0)\n  return u8(c > 1), f64(c)\n}", MATRICES)
    for dtype in ("f32", "i8", "u32", "f64"):
        yield Case(f"sort-{dtype}", f"kernel k(x: {dtype}[M, N]) -> {dtype}[M, N] {{ return sort(x) }}", MATRICES)
    yield Case("sort-columns", "kernel k(x: f32[M, N]) -> (f32[M, N], i64[M, N]) { return sort(x, axis = 0, descending = true), argsort(x, axis = 0, descending = true) }", MATRICES)
    yield Case("sort-scaled", "kernel k(x: i32[M, N], y: i32[M, N]) -> (i32[M, N], i32[N, M]) {\n  let p = argsort(x, axis = 1)\n  return [i, j] y[i, p[i, j]] * 2, [j, i] i32(p[i, j])\n}", [run for run in MATRICES if run["N"]])
    yield Case("top-k", "kernel k(x: f32[M, N]) -> (f32[M, 3], i64[M, 3]) where N >= 3 { return top_k(x, 3) }", [run for run in MATRICES if run["N"] >= 3])
    ids = [0, 2, -1, 1, 9, 4, 3, 100, 2, 5]
    scatters = {"add": "b + 1", "max": "b * 0 - 100", "set": "-b"}
    for name, base in scatters.items():
        yield Case(f"scatter-{name}", f"kernel k(b: f32[S, D], i: i32[K], v: f32[K, D]) -> f32[S, D] {{ return scatter_{name}({base}, i, v) * 2 }}",
                   [{"S": s, "K": k, "D": d} for s, k, d in ((5, 12, 33), (1, 1, 1), (0, 3, 4), (6, 0, 17))], values={"i": ids})
    yield Case("scatter-flat", "kernel k(i: i64[K], v: i32[K]) -> i32[20] {\n  let z[s in 0..19] = i32(s % 3)\n  return scatter_add(z, i, v)\n}", [{"K": k} for k in (0, 1, 10, 100)], values={"i": ids})


def places():
    """Temporaries over one another."""
    yield Case("narrower", "kernel k(x: f16[M]) -> f32[M / 2] where M % 2 == 0, M >= 2 {\n  let c = cumsum(x)\n  let y[i in 0..M/2-1] = exp(f32(c[i]) / 100)\n  return [i] y[M/2 - 1 - i] + sum(j) y[j]\n}", [{"M": 2}, {"M": 64}, {"M": 1000}])
    rows = "kernel k(a: f32[M, K], b: f32[K, N], c: f32[N, L]) -> f32[M, L] where N >= 1 {{\n  let x = a @ b\n{}\n  return y @ c\n}}"
    sizes = [{"M": m, "K": k, "N": n, "L": count} for m, k, n, count in ((1, 1, 1, 1), (5, 3, 17, 4), (33, 16, 65, 7), (0, 2, 3, 4))]
    softmax = "  let m[i] = max(j) x[i, j]\n  let e[i, j] = exp(x[i, j] - m[i])\n  let y[i, j] = e[i, j] / sum(k) e[i, k]"
    for name, body in {"softmax": softmax, "turned-rows": "  let m[i] = max(j) x[i, j]\n  let e[i, j] = exp(x[i, j] - m[i])\n  let y[i, j in 0..N-1] = e[i, N - 1 - j] - m[i]",
                       "shifted": "  let s[i] = sum(j) x[i, j]\n  let y[i, j] = clamp(x)[i, j + 1] - s[i]", "squares": "  let s[i] = sum(j) x[i, j] * x[i, j]\n  let y[i, j] = x[i, j] * s[i]",
                       "again": "  let m[i] = max(j) x[i, j]\n  let z[i, j] = exp(x[i, j] - m[i])\n  let n[i] = sum(j) z[i, j]\n  let y[i, j] = z[i, j] / n[i] + sin(x[i, j])"}.items():
        yield Case(f"rows-{name}", rows.format(body), sizes)
        yield Case(f"rows-{name}-opencl", rows.format(body), sizes[:3], device="opencl:0")


def fusion():
    """The family, for sweep_cases."""
    for case in (*pointwise(), *positions(), *epilogues(), *layouts(), *places()):
        yield case
        if LONG or case.id in ("pair-f32", "pair-i8", "types", "nibbles", "joined", "words", "sobel", "short-axis", "statistics", "scan-f32-0", "scan-f32-1", "scan-back", "scan-kept", "sort-f32", "transposed-f32", "transposed-f16", "heads",
                               "sort-columns", "scatter-add", "scatter-flat", "top-k"):
            yield replace(case, id=f"opencl-{case.id}", device="opencl:0", runs=case.runs[1:4], modes=(False,) if not LONG else case.modes)
