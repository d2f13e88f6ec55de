"""The kernels and sizes of the sweep, by family."""

from dataclasses import replace

from attention_cases import attention
from data_cases import data
from fusion_cases import fusion
from statement_cases import statements
from sweep import DEVICE, LONG, Case
from thread_cases import threads

FLOATS = ("f16", "bf16", "f32", "f64")
SIGNED = ("i8", "i16", "i32", "i64")
UNSIGNED = ("u8", "u16", "u32", "u64")
INTEGERS = SIGNED + UNSIGNED
NUMBERS = INTEGERS + FLOATS
ALL = ("bool", *NUMBERS)
SHORT = (0, 1, 2, 3, 7, 15, 16, 17, 31, 33, 63, 64, 65, 100, 127)
LENGTHS = (1, 3, 17, 64, 65, 127, 1000) if not LONG else (*SHORT, 255, 511, 1000, 1023, 4097)
MATRICES = [(1, 1), (3, 17), (7, 64), (33, 65), (2, 1000)]
if LONG:
    MATRICES += [(1, 1023), (1023, 1), (16, 16), (17, 15), (64, 127), (100, 100), (511, 33), (5, 0), (0, 5)]
SOFTMAX = """kernel k(x: f32[M, N]) -> f32[M, N] {
  let m[i] = max(j) x[i, j]
  let e[i, j] = exp(x[i, j] - m[i])
  return [i, j] e[i, j] / sum(k) e[i, k]
}"""


def vector(lengths=LENGTHS):
    return [{"N": n} for n in lengths]


def matrix(shapes=MATRICES):
    return [{"M": m, "N": n} for m, n in shapes]


def map1(expression, dtype, result=None):
    return f"kernel k(x: {dtype}[N]) -> {result or dtype}[N] {{ {expression} }}"


def map2(expression, dtype, result=None, second=None):
    return f"kernel k(x: {dtype}[N], y: {second or dtype}[N]) -> {result or dtype}[N] {{ {expression} }}"


# ---------------------------------------------------------------------------------------------------------------------
# Elementwise
# ---------------------------------------------------------------------------------------------------------------------

MATH = ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "tanh", "erf", "sqrt", "rsqrt", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh",
        "cbrt")
ROUNDING = ("floor", "ceil", "round", "trunc", "abs", "sign")
OPERATORS = {"add": "x + y", "sub": "x - y", "mul": "x * y", "div": "x / y", "mod": "x % y", "min": "min(x, y)", "max": "max(x, y)"}
BITS = {"and": "x & y", "or": "x | y", "xor": "x ^ y", "shl": "x << y", "shr": "x >> y"}
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
CHAINS = {
    "gelu": "0.5 * x * (1 + erf(x * 0.7071067811865476))",
    "gelu_tanh": "0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x ** 3)))",
    "sigmoid": "1 / (1 + exp(-x))",
    "softplus": "max(x, 0) + log1p(exp(-abs(x)))",
    "nested_if": "if x > 1 { x * 2 } else { if x < -1 { -x } else { x / 4 } }",
    "select": "select(x > 0, sqrt(abs(x)), exp(x))",
    "clamp": "clamp(x, -1, 1) + clamp(x * 2, -0.5, 0.5)",
    "powers": "x ** 2 + x ** 3 - x ** 4 + abs(x) ** 0.5 + x ** -1 + x ** 0",
}
SPECIALS = ["nan", "inf", "-inf", 0.0, -0.0, 1e-40, -1e-40, 1.5, -2.5, 0.5, -0.5, 1.0, -1.0, 3e38, -3e38, 6e4, 1e-7, 2.0, 100.0, -100.0]


def elementwise():
    small = vector(LENGTHS if LONG else (1, 17, 127))
    for dtype in FLOATS:
        for name in MATH:
            positive = name in ("log", "log2", "log10", "sqrt", "rsqrt", "log1p")
            yield Case(f"{name}-{dtype}", map1(f"{name}(x)", dtype), small, values={"*": "positive"} if positive else {})
            trigonometric = name in ("sin", "cos", "tan")  # of f64 beyond 2^45: NaN (docs/numerics.md)
            special = [v for v in SPECIALS if not (trigonometric and isinstance(v, float) and abs(v) > 1e9)]
            yield Case(f"{name}-{dtype}-special", map1(f"{name}(x)", dtype), vector((40,)), values={"*": special}, modes=(False,), undecided=1)
        for name in ROUNDING:
            yield Case(f"{name}-{dtype}", map1(f"{name}(x * 3)", dtype), small, undecided=1)
            yield Case(f"{name}-{dtype}-special", map1(f"{name}(x)", dtype), vector((40,)), values={"*": SPECIALS}, modes=(False,))
        for name in ("atan2", "hypot", "copysign"):
            yield Case(f"{name}-{dtype}", map2(f"{name}(x, y)", dtype), small)
            yield Case(f"{name}-{dtype}-special", map2(f"{name}(x, y)", dtype), vector((400,)), values={"x": SPECIALS, "y": [v for v in SPECIALS if v != "nan" for _ in SPECIALS]}, modes=(False,), undecided=1)
        for name in ("isnan", "isinf", "isfinite"):
            yield Case(f"{name}-{dtype}", map1(f"{name}(x)", dtype, "bool"), small, values={"*": SPECIALS})
        for name, text in CHAINS.items():
            yield Case(f"{name}-{dtype}", map1(text, dtype), small)
        yield Case(f"pow-{dtype}", map2("abs(x) ** y", dtype), small)
        yield Case(f"pow-{dtype}-special", map2("x ** y", dtype), vector((400,)), values={"x": SPECIALS, "y": [v for v in SPECIALS for _ in SPECIALS]}, modes=(False,), undecided=1)
        for name, text in OPERATORS.items():
            yield Case(f"{name}-{dtype}-special", map2(text, dtype), vector((400,)), values={"x": SPECIALS, "y": [v for v in SPECIALS for _ in SPECIALS]}, modes=(False,), undecided=1)
    for dtype in NUMBERS:
        lengths = vector(LENGTHS if LONG else (1, 7, 33, 65, 127))
        for name, text in OPERATORS.items():
            yield Case(f"{name}-{dtype}", map2(text, dtype), lengths, undecided=1)
        for text in COMPARISONS:
            yield Case(f"compare{text}-{dtype}", map2(f"x {text} y", dtype, "bool"), small)
        yield Case(f"neg-{dtype}", map1("-x" if dtype[0] != "u" else "0 - x", dtype), small)
        yield Case(f"abs-sign-{dtype}", map1("abs(x) + sign(x)", dtype), small)
    for dtype in INTEGERS:
        bits = int(dtype[1:])
        edge = [0, 1, -1, 2, -2, 3, 7, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), 2 ** (bits - 1) + 1, bits - 1, bits, bits + 1]
        pairs = {"x": edge, "y": [v for v in edge for _ in edge]}
        for name, text in (OPERATORS | BITS).items():
            yield Case(f"{name}-{dtype}-edge", map2(text, dtype), vector((len(edge) ** 2,)), values=pairs)
        for text in COMPARISONS:
            yield Case(f"compare{text}-{dtype}-edge", map2(f"x {text} y", dtype, "bool"), vector((len(edge) ** 2,)), values=pairs)
        for divisor in (-1, 1, 3, 0, 64) if dtype[0] == "i" else (1, 3, 0, 64):
            yield Case(f"divmod{divisor}-{dtype}", map1(f"x / {divisor} + x % {divisor}", dtype), vector((100,)), values={"*": "wide"})
        yield Case(f"neg-{dtype}-edge", map1("(0 - x) ^ ~x", dtype), vector((13,)), values=pairs)
        yield Case(f"bits-{dtype}-wide", map2("(x & y) | (x ^ ~y)", dtype), small, values={"*": "wide"})
    for name, text in {"and": "x && y", "or": "x || y", "not": "!x", "xor": "x != y", "select": "select(x, y, !y)"}.items():
        yield Case(f"bool-{name}", map2(text, "bool"), vector(LENGTHS))


def casts():
    """All pairs of dtypes, over values that fit and values that do not."""
    for source in ALL:
        for target in ALL:
            text = map1(f"{target}(x)", source, target)
            yield Case(f"cast-{source}-{target}", text, vector((1, 31, 100)), values={"*": "wide"}, cast=target)
            if source in FLOATS:
                values = [*SPECIALS, 127.0, 128.0, -128.0, -129.0, 255.0, 256.0, 32767.5, 65535.0, 65536.0, 2147483647.0, 2147483648.0, -2147483648.0,
                          4294967295.0, 4294967296.0, 9.2e18, 9.3e18, -9.3e18, 1.8e19, 1.9e19, 65504.0, 65519.9, 65520.0, 0.1, 1e-8]
                yield Case(f"cast-{source}-{target}-edge", text, vector((80,)), values={"*": values}, modes=(False,), cast=target)
            elif source != "bool":
                bits = int(source[1:])
                values = [0, 1, -1, 2 ** (bits - 1) - 1, 2 ** (bits - 1), *(2**i + d for i in range(bits) for d in (-1, 1)), *(-(2**i) + 1 for i in range(bits))]
                yield Case(f"cast-{source}-{target}-edge", text, vector((len(values),)), values={"*": values}, modes=(False,), cast=target)
    yield Case("cast-chain", "kernel k(x: f32[N]) -> u64[N] { u64(f32(i8(f16(x * 100)))) }", vector((65,)), undecided=1)


# ---------------------------------------------------------------------------------------------------------------------
# Moving data
# ---------------------------------------------------------------------------------------------------------------------

MOVES = {
    "identity": "kernel k(x: T[M, N]) -> T[M, N] { return x }",
    "transpose": "kernel k(x: T[M, N]) -> T[N, M] { [j, i] x[i, j] }",
    "twice": "kernel k(x: T[M, N]) -> (T[M, N], T[M, N]) { return x, x }",
    "transposed_pair": "kernel k(x: T[M, N]) -> (T[N, M], T[M, N]) { return [j, i] x[i, j], x }",
    "row": "kernel k(x: T[M, N], y: T[N]) -> T[M, N] { return [i, j] select(i % 2 == 0, x[i, j], y[j]) }",
    "column": "kernel k(x: T[M, N], y: T[M]) -> T[M, N] { return [i, j] select(j % 3 == 1, x[i, j], y[i]) }",
    "scalar": "kernel k(x: T[M, N], y: T) -> T[M, N] { return [i, j] select((i + j) % 2 == 0, x[i, j], y) }",
    "spread": "kernel k(x: T[M], y: T[N]) -> T[M, N] { return [i, j] select(j > i, x[i], y[j]) }",
    "reversed": "kernel k(x: T[M, N]) -> T[M, N] { return [i, j] x[M - 1 - i, N - 1 - j] }",
    "stride2": "kernel k(x: T[M, N]) -> T[M / 2, N / 2] { return [i, j] x[2 * i, 2 * j + 1] }",
    "interleave": "kernel k(x: T[M, N]) -> T[M, 2 * N] { return [i, j] x[i, j / 2] }",
    "repeat": "kernel k(x: T[M, N]) -> T[M, 3 * N] { let p = wrap(x)\n return [i, j] p[i, j] }",
    "diagonal": "kernel k(x: T[N, N]) -> T[N] { return [i] x[i, i] }",
    "transpose3": "kernel k(x: T[A, M, N]) -> T[N, A, M] { [k, i, j] x[i, j, k] }",
    "rank5": "kernel k(x: T[A, M, 3, N, 2]) -> T[2, N, A, 3, M] { [e, d, a, c, b] x[a, b, c, d, e] }",
    "sum_of_shifts": "kernel k(x: T[M, N]) -> T[M, N] { let p = clamp(x)\n let q = wrap(x)\n return [i, j] select(i > j, p[i + 1, j - 2], q[i - 3, j + 5]) }",
    "scalar_result": "kernel k(x: T[M, N]) -> T { let p = clamp(x)\n return p[M / 2, N / 2] }",
    "fill_zero": "kernel k(x: T[M, N]) -> T[M, N + 4] { let p = zero(x)\n return [i, j] p[i, j - 2] }",
}


def moves():
    for name, text in MOVES.items():
        for dtype in ALL if LONG or name in ("identity", "transpose", "row", "reversed", "interleave", "sum_of_shifts", "scalar_result", "fill_zero") else ("bool", "i8", "f16", "f32", "i64"):
            runs = [{"M": 3, "N": 17}, {"M": 65, "N": 33}, {"M": 1, "N": 1}, {"M": 2, "N": 127}]
            if name == "transpose" and dtype == "f32":
                runs = [{"M": m, "N": n} for m, n in MATRICES] + [{"M": 0, "N": 3}, {"M": 3, "N": 0}]
            runs = [dict(run, A=2) if " A," in text or "[A," in text else run for run in runs]
            if "N, N" in text:
                runs = [{"N": run["N"]} for run in runs]
            yield Case(f"{name}-{dtype}", text.replace("T[", dtype + "[").replace("y: T)", f"y: {dtype})").replace("-> T {", f"-> {dtype} {{"), runs, values={"*": "wide"} if dtype in INTEGERS else {})
    for layout in ("transposed", "sliced", "reversed", "broadcast"):
        for dtype in ("bool", "i16", "f32", "f64"):
            yield Case(f"layout-{layout}-{dtype}", f"kernel k(x: {dtype}[M, N], y: {dtype}[N, M]) -> ({dtype}[N, M], {dtype}[M, N]) {{ return [j, i] x[i, j], [i, j] y[j, i] }}", matrix(), layout=layout)
        yield Case(f"layout-{layout}-rank3", "kernel k(x: f32[A, B, C]) -> f32[A, B, C] { return x * 2 }", [{"A": 3, "B": 4, "C": 5}, {"A": 1, "B": 7, "C": 33}], layout=layout)


def names_and_lets():
    """What the emitter could confuse: names, many readers of one value, several results."""
    yield Case("index_like_result", "kernel k(i: f32[M, N]) -> f32[M, N] { let j[a, b] = i[a, b] * 2\n return [a, b] j[a, b] + i[a, b] }", matrix())
    yield Case("same_index_twice", "kernel k(x: f32[M, N]) -> f32[M] { let a[i] = sum(j) x[i, j]\n let b[j] = sum(i) x[j, i] * x[j, i]\n return [i] a[i] + b[i] }", matrix())
    yield Case("swapped_names", "kernel k(x: f32[M, N], y: f32[N, M]) -> f32[M, N] { let t[j, i] = x[j, i] + 1\n return [i, j] t[i, j] * y[j, i] }", matrix())
    yield Case("item_names", "kernel k(item: f32[row, l], u: f32[l]) -> f32[row, l] { return [k, m] item[k, m] + u[m] }", [{"row": 3, "l": 17}, {"row": 20, "l": 64}])
    chain = "\n".join(f"let a{i} = a{i - 1} * 0.5 + x" for i in range(1, 40))
    yield Case("deep_lets", f"kernel k(x: f32[N]) -> f32[N] {{\nlet a0 = x\n{chain}\nreturn a39\n}}", vector())
    yield Case("unused_let", "kernel k(x: f32[N]) -> f32[N] {\nlet y = exp(x)\nlet s = sum(y)\nreturn x + 1\n}", vector())
    yield Case("one_let_many_readers", "kernel k(x: f32[M, N]) -> (f32[M, N], f32[M], f32[N], f32) {\nlet y = x * x + 1\nreturn y, sum(y, axis = 1), max(y, axis = 0), sum(y)\n}", matrix())
    yield Case("reduction_read_twice", "kernel k(x: f32[M, N]) -> (f32[M, N], f32[M, N]) {\nlet s = sum(x, axis = 1)\nreturn [i, j] x[i, j] - s[i], [i, j] x[i, j] * s[i]\n}", matrix())
    yield Case("operand_read_many_ways", "kernel k(x: f32[N, N]) -> f32[N, N] { return [i, j] x[i, j] + x[j, i] * x[i, i] - x[N - 1 - j, i] }", vector((1, 3, 17, 65)))
    yield Case("siblings", "kernel k(x: f32[M, N]) -> (f32[M], f32[M], f32[M]) { return sum(x, axis = 1), max(x, axis = 1), sum(x * x, axis = 1) }", matrix())
    yield Case("siblings_other_axis", "kernel k(x: f32[M, N]) -> (f32[M], f32[N]) { return sum(x, axis = 1), sum(x, axis = 0) }", matrix())
    yield Case("siblings_dtypes", "kernel k(x: f16[M, N]) -> (f32[M], f16[M], i32[M]) { return [i] sum(j) f32(x[i, j]), [i] max(j) x[i, j], [i] sum(j) i32(x[i, j]) }", matrix())
    yield Case("result_used_again", "kernel k(x: f32[M, N]) -> (f32[M, N], f32[M, N]) {\nlet e = exp(x)\nlet f[i, j] = e[i, j] / sum(k) e[i, k]\nreturn e, f\n}", matrix())
    yield Case("same_result_twice", "kernel k(x: f32[N]) -> (f32[N], f32[N], f32) {\nlet y = x + 1\nlet s = sum(y)\nreturn y, y, s\n}", vector())
    yield Case("argument_and_result", "kernel k(x: f32[M, N], y: f32[N]) -> (f32[N], f32[M, N], f32[M]) { return y, x, sum(x, axis = 1) }", matrix())
    yield Case("two_kernels", "kernel other(x: f32[N]) -> f32[N] { return x - 1 }\nkernel k(x: f32[N]) -> f32[N] { return x + 1 }", vector())
    yield Case("constants", "kernel k(x: f32[N]) -> (f32[N], i32[N], f32) { return [i in 0..N-1] 2.5, [i in 0..N-1] 7, 3 }", vector())
    yield Case("iota", "kernel k(x: u8[M, N]) -> (i64[M, N], f32[M, N], i8[M, N]) { return [i, j] i64(x[i, j]) * 0 + i * N + j, [i, j] f32(x[i, j]) + i - 2 * j, [i, j] i8(i + j) + i8(x[i, j]) }", matrix())
    yield Case("iota_divmod", "kernel k(x: i32[N]) -> i32[N] { return [i] x[i] + i32(i / 3) * 10 + i32((7 * i + 2) % 5) }", vector())
    yield Case("dims", "kernel k(x: f32[M, N]) -> f32[M, N] { return [i, j] x[i, j] / N + M - (M * N + 3) / 4 }", matrix())
    yield Case("scalars", "kernel k(a: f32, b: i32, c: bool, d: f64) -> (f32, i32, bool, f64) { return a * 2, b + 3, !c, d / 3 }")
    yield Case("scalars_narrow", "kernel k(a: f16, b: i8, c: u8, d: bf16) -> (f16, i8, u8, bf16) { return a * 2, b + 3, c / 2, d / 3 }")
    yield Case("generic", "kernel k<T: f16 | bf16 | f32>(x: T[M, N], y: T[N]) -> T[M, N] { return T(f32(x) * f32(y)) }", matrix(), types={"T": "bf16"})
    yield Case("five_axes", "kernel k(x: f32[A, B, C, D, E]) -> f32[A, B, C, D, E] { return [a, b, c, d, e] x[a, b, c, d, e] * 2 + e - a }", [{"A": 2, "B": 3, "C": 1, "D": 5, "E": 7}, {"A": 1, "B": 1, "C": 4, "D": 2, "E": 33}])
    yield Case("empty", "kernel k(x: f32[M, N], y: f32[N]) -> (f32[M, N], f32[M], f32) { return x + y, sum(x, axis = 1), sum(x) }", [{"M": 0, "N": 5}, {"M": 5, "N": 0}, {"M": 0, "N": 0}])
    yield Case("threads2", "kernel k(x: f32[N]) -> f32[N] { return x * x }", vector((1, 16383, 16384, 16385, 100000)), threads=2)
    yield Case("threads2_rows", SOFTMAX, matrix([(37, 999), (1, 5), (301, 64)]), threads=2)


# ---------------------------------------------------------------------------------------------------------------------
# Reductions
# ---------------------------------------------------------------------------------------------------------------------


def reductions():
    shapes = matrix()
    for dtype in NUMBERS:
        for name in ("sum", "max", "min", "prod"):
            values = {} if name != "prod" else {"*": [1, 1, -1 if dtype[0] != "u" else 1, 1, 1.25 if dtype in FLOATS else 3, 1, 0.8 if dtype in FLOATS else 1]}
            for where, form in {"last": "[M] { x_ = 1", "first": "[N] { x_ = 0"}.items():
                axis = 1 if where == "last" else 0
                runs = shapes if LONG or dtype in ("f32", "i8", "f16") else shapes[1:4]
                yield Case(f"{name}-{where}-{dtype}", f"kernel k(x: {dtype}[M, N]) -> {dtype}[{'M' if axis else 'N'}] {{ {name}(x, axis = {axis}) }}", runs, values=values, undecided=1 if name == "prod" else 0.5)
            yield Case(f"{name}-all-{dtype}", f"kernel k(x: {dtype}[M, N]) -> {dtype} {{ {name}(x) }}", shapes[:4], values=values, undecided=1)
        if dtype in INTEGERS:
            yield Case(f"extremes-{dtype}", f"kernel k(x: {dtype}[M, N]) -> ({dtype}[M], {dtype}[M], {dtype}[N], {dtype}[N]) {{ return max(x, axis = 1), min(x, axis = 1), max(x, axis = 0), sum(x, axis = 0) }}", shapes, values={"*": "wide"})
    for name in ("any", "all"):
        for axis in (0, 1):
            yield Case(f"{name}-{axis}", f"kernel k(x: f32[M, N]) -> bool[{'M' if axis else 'N'}] {{ {name}(x > {0.3 if name == 'all' else 1.9}, axis = {axis}) }}", shapes)
            yield Case(f"{name}-{axis}-bool", f"kernel k(x: bool[M, N]) -> bool[{'M' if axis else 'N'}] {{ {name}(x, axis = {axis}) }}", shapes, values={"*": "wide"})
        yield Case(f"{name}-scalar", f"kernel k(x: bool[N]) -> bool {{ {name}(x) }}", vector((1, 3, 65)))
    empty = [{"M": 3, "N": 0}, {"M": 0, "N": 3}, {"M": 0, "N": 0}]
    for dtype in ("i8", "u16", "i64", "f16", "f32", "f64"):
        yield Case(f"empty-{dtype}", f"kernel k(x: {dtype}[M, N]) -> ({dtype}[M], {dtype}[M], {dtype}[M], {dtype}[M], {dtype}[N], {dtype}) {{ return sum(x, axis = 1), prod(x, axis = 1), max(x, axis = 1), min(x, axis = 1), max(x, axis = 0), min(x) }}", empty)
    yield Case("empty-bool", "kernel k(x: bool[M, N]) -> (bool[M], bool[M], bool) { return any(x, axis = 1), all(x, axis = 1), all(x) }", empty)
    yield Case("empty-mean", "kernel k(x: f32[M, N]) -> f32[M] { mean(x, axis = 1) }", empty)
    for dtype in FLOATS:
        yield Case(f"mean-{dtype}", f"kernel k(x: {dtype}[M, N]) -> {dtype}[M] {{ mean(x, axis = 1) }}", shapes)
        yield Case(f"special-{dtype}", f"kernel k(x: {dtype}[M, N]) -> ({dtype}[M], {dtype}[M], {dtype}[M]) {{ return max(x, axis = 1), min(x, axis = 1), sum(x, axis = 1) }}", matrix([(40, 3), (7, 33)]), values={"*": SPECIALS}, undecided=1)
    cube = [{"A": 3, "B": 5, "C": 17}, {"A": 1, "B": 33, "C": 4}, {"A": 7, "B": 1, "C": 65}]
    for name in ("sum", "max"):
        yield Case(f"{name}-middle", f"kernel k(x: f32[A, B, C]) -> f32[A, C] {{ {name}(x, axis = 1) }}", cube)
        yield Case(f"{name}-outer_two", f"kernel k(x: f32[A, B, C]) -> f32[C] {{ return [k] {name}(i, j) x[i, j, k] }}", cube)
        yield Case(f"{name}-inner_two", f"kernel k(x: f32[A, B, C]) -> f32[A] {{ return [i] {name}(j, k) x[i, j, k] }}", cube)
        yield Case(f"{name}-ends", f"kernel k(x: f32[A, B, C]) -> f32[B] {{ return [j] {name}(i, k) x[i, j, k] }}", cube)
        yield Case(f"{name}-swapped", f"kernel k(x: f32[A, B, C]) -> f32[B, A] {{ return [j, i] {name}(k) x[i, j, k] }}", cube)
        yield Case(f"{name}-keepdims", f"kernel k(x: f32[A, B, C]) -> f32[A, B, C] {{ x - {name}(x, axis = 1, keepdims = true) }}", cube)
    yield Case("sum-index", "kernel k(x: f32[M, N]) -> (f32[M], i64[M], i8[M]) { return [i] sum(j) x[i, j] * j, [i] sum(j) (i64(x[i, j]) * 0 + j * j + i), [i] max(j) i8(j % 100) * i8(x[i, j]) }", shapes)
    yield Case("sum-triangle", "kernel k(x: f32[N, N]) -> f32[N] { return [i] sum(j) (if j <= i { x[i, j] } else { 0 }) }", vector((1, 3, 33, 65)))
    yield Case("trace", "kernel k(x: f32[N, N]) -> f32 { return sum(i) x[i, i] }", vector((1, 3, 33, 65)))
    yield Case("column_total", "kernel k(x: f32[M, N]) -> f32[N] { let s[j] = sum(i) x[i, j]\n return [j] s[j] / sum(k) abs(s[k]) }", shapes)
    yield Case("division_by_row", "kernel k(x: f32[M, N], s: f32[M]) -> f32[M, N] { return [i, j] x[i, j] / s[i] }", matrix([(20, 17), (20, 40)]), values={"*": SPECIALS}, undecided=1)
    yield Case("division_by_large_row", "kernel k(x: f32[M, N], s: f32[M]) -> f32[M, N] { return [i, j] x[i, j] / s[i] }", matrix([(4, 65)]), values={"*": [1e38, 2.5e38, 3.3e38, 1.1e38, 3e-38]})
    yield Case("sum_of_max", "kernel k(x: f32[M, N]) -> f32 { return sum(i) (max(j) x[i, j]) }", shapes)
    yield Case("variance", "kernel k(x: f32[M, N]) -> f32[M] { let mu = mean(x, axis = 1)\n return [i] (sum(j) (x[i, j] - mu[i]) ** 2) / N }", shapes)


ROWS = {
    "softmax": ("x: T[M, N]", "T[M, N]", "let m[i] = max(j) x[i, j]\nlet e[i, j] = exp(x[i, j] - m[i])\nreturn [i, j] e[i, j] / sum(k) e[i, k]"),
    "log_softmax": ("x: T[M, N]", "T[M, N]", "let m[i] = max(j) x[i, j]\nlet s[i] = sum(j) exp(x[i, j] - m[i])\nreturn [i, j] x[i, j] - m[i] - log(s[i])"),
    "layer_norm": ("x: T[M, N], g: T[N], b: T[N]", "T[M, N]", "let mu[i] = mean(j) x[i, j]\nlet v[i] = mean(j) ((x[i, j] - mu[i]) ** 2)\nlet s[i] = rsqrt(v[i] + 0.01)\nreturn [i, j] (x[i, j] - mu[i]) * s[i] * g[j] + b[j]"),
    "rms_norm": ("x: T[M, N], g: T[N]", "T[M, N]", "let q[i] = mean(j) (x[i, j] ** 2)\nreturn [i, j] x[i, j] * rsqrt(q[i] + 0.01) * g[j]"),
    "column_softmax": ("x: T[M, N]", "T[M, N]", "let m[j] = max(i) x[i, j]\nlet e[i, j] = exp(x[i, j] - m[j])\nreturn [i, j] e[i, j] / sum(k) e[k, j]"),
    "softmax_both": ("x: T[M, N]", "T[M, N]", "let m = max(x)\nlet e = exp(x - m)\nreturn e / sum(e)"),
    "softmax_and_parts": ("x: T[M, N]", "(T[M, N], T[M, N], T[M])", "let m[i] = max(j) x[i, j]\nlet e[i, j] = exp(x[i, j] - m[i])\nlet s[i] = sum(j) e[i, j]\nreturn [i, j] e[i, j] / s[i], e, s"),
    "cross_entropy": ("x: T[M, N], t: T[M, N]", "T", "let m[i] = max(j) x[i, j]\nlet s[i] = sum(j) exp(x[i, j] - m[i])\nlet l[i, j] = x[i, j] - m[i] - log(s[i])\nreturn -sum(l * t) / M"),
    "normalise_twice": ("x: T[M, N]", "T[M, N]", "let a[i, j] = x[i, j] / sum(k) abs(x[i, k])\nlet b[i, j] = a[i, j] / max(k) abs(a[i, k])\nreturn exp(b)"),
    "prefix_weights": ("x: T[M, N]", "T[M]", "let s[i] = sum(j) x[i, j] * x[i, j]\nlet t[i] = sum(j) x[i, j] / (1 + s[i])\nreturn [i] s[i] + t[i]"),
}


def row_chains():
    for name, (parameters, result, body) in ROWS.items():
        for dtype in ("f32", "f64", "f16", "bf16"):
            shapes = matrix(MATRICES + ([(0, 5)] if name in ("softmax", "layer_norm") else [])) if dtype == "f32" or LONG else matrix([(3, 17), (5, 127)] if dtype != "bf16" else [(3, 17), (4, 8)])  # wider sums of bf16 are undecided
            text = f"kernel k({parameters}) -> {result} {{\n{body}\n}}".replace("T[", dtype + "[").replace("-> T ", f"-> {dtype} ")
            yield Case(f"{name}-{dtype}", text, shapes, undecided=1 if LONG and dtype in ("f16", "bf16") else 0.5)
    batch = "kernel k(x: f32[A, M, N]) -> f32[A, M, N] {\nlet m[a, i] = max(j) x[a, i, j]\nlet e[a, i, j] = exp(x[a, i, j] - m[a, i])\nreturn [a, i, j] e[a, i, j] / sum(k) e[a, i, k]\n}"
    yield Case("batched_softmax", batch, [{"A": 2, "M": 3, "N": 17}, {"A": 3, "M": 1, "N": 64}, {"A": 1, "M": 5, "N": 1}])
    yield Case("middle_softmax", batch.replace("max(j) x[a, i, j]", "max(i) x[a, i, j]").replace("m[a, i]", "m[a, j]").replace("sum(k) e[a, i, k]", "sum(k) e[a, k, j]"), [{"A": 2, "M": 3, "N": 17}, {"A": 3, "M": 33, "N": 5}])
    yield Case("norm_two_axes", "kernel k(x: f32[A, M, N]) -> f32[A, M, N] {\nlet s[a] = sum(i, j) x[a, i, j] ** 2\nreturn [a, i, j] x[a, i, j] * rsqrt(s[a] + 1)\n}", [{"A": 2, "M": 3, "N": 17}, {"A": 3, "M": 33, "N": 5}, {"A": 1, "M": 1, "N": 127}])
    yield Case("norm_two_axes_exp", "kernel k(x: f32[A, M, N]) -> f32[A, M, N] {\nlet e = exp(x)\nlet s[a] = sum(i, j) e[a, i, j]\nreturn [a, i, j] e[a, i, j] / s[a]\n}", [{"A": 2, "M": 3, "N": 17}, {"A": 3, "M": 33, "N": 5}, {"A": 1, "M": 1, "N": 127}])
    yield Case("attention", """kernel k(q: f32[S, D], k: f32[T, D], v: f32[T, E]) -> f32[S, E] {
  let scores[s, t] = (sum(d) q[s, d] * k[t, d]) / sqrt(f32(D))
  let m[s] = max(t) scores[s, t]
  let e[s, t] = exp(scores[s, t] - m[s])
  let p[s, t] = e[s, t] / sum(u) e[s, u]
  return p @ v
}""", [{"S": 5, "D": 8, "T": 7, "E": 3}, {"S": 17, "D": 33, "T": 65, "E": 16}, {"S": 1, "D": 1, "T": 1, "E": 1}])


# ---------------------------------------------------------------------------------------------------------------------
# Contractions
# ---------------------------------------------------------------------------------------------------------------------

PRODUCTS = [(1, 1, 1), (3, 5, 7), (16, 16, 16), (17, 31, 33), (65, 127, 63), (1, 64, 100), (100, 64, 1), (8, 0, 5), (0, 3, 4), (4, 3, 0)]
if LONG:
    PRODUCTS += [(127, 511, 65), (64, 64, 64), (2, 1000, 3), (200, 33, 300), (33, 1, 65), (1, 1, 127)]
MATMULS = {
    "plain": ("a: T[M, K], b: T[K, N]", "T[M, N]", "a @ b"),
    "indexed": ("a: T[M, K], b: T[K, N]", "T[M, N]", "return [i, j] sum(k) a[i, k] * b[k, j]"),
    "left_transposed": ("a: T[K, M], b: T[K, N]", "T[M, N]", "return [i, j] sum(k) a[k, i] * b[k, j]"),
    "right_transposed": ("a: T[M, K], b: T[N, K]", "T[M, N]", "return [i, j] sum(k) a[i, k] * b[j, k]"),
    "both_transposed": ("a: T[K, M], b: T[N, K]", "T[M, N]", "return [i, j] sum(k) a[k, i] * b[j, k]"),
    "result_transposed": ("a: T[M, K], b: T[K, N]", "T[N, M]", "return [j, i] sum(k) a[i, k] * b[k, j]"),
    "bias_relu": ("a: T[M, K], b: T[K, N], c: T[N]", "T[M, N]", "max(a @ b + c, 0)"),
    "row_scale": ("a: T[M, K], b: T[K, N], c: T[M]", "T[M, N]", "let p = a @ b\nreturn [i, j] p[i, j] * c[i] + j"),
}
EPILOGUES = {
    "gelu": ("a: f32[M, K], b: f32[K, N], c: f32[N]", "f32[M, N]", "let y = a @ b + c\nreturn 0.5 * y * (1 + erf(y * 0.7071067811865476))"),
    "mlp": ("a: f32[M, K], b: f32[K, N], c: f32[N, K]", "f32[M, K]", "max(a @ b, 0) @ c"),
    "mlp_three": ("a: f32[M, K], b: f32[K, N], c: f32[N, M]", "f32[M, M]", "tanh(tanh(a @ b) @ c)"),
    "and_row_sum": ("a: f32[M, K], b: f32[K, N]", "(f32[M, N], f32[M])", "let p = a @ b\nreturn p, sum(p, axis = 1)"),
    "softmax_of": ("a: f32[M, K], b: f32[K, N]", "f32[M, N]", "let p = a @ b\nlet m[i] = max(j) p[i, j]\nlet e[i, j] = exp(p[i, j] - m[i])\nreturn [i, j] e[i, j] / sum(k) e[i, k]"),
    "prologue": ("a: f32[M, K], b: f32[K, N], c: f32[K]", "f32[M, N]", "return [i, j] sum(k) (a[i, k] * c[k] + 1) * exp(b[k, j])"),
    "two_products": ("a: f32[M, K], b: f32[K, N], c: f32[K, N]", "f32[M, N]", "(a @ b) * (a @ c)"),
    "difference": ("a: f32[M, K], b: f32[K, N]", "f32[M, N]", "return [i, j] sum(k) (a[i, k] - b[k, j]) ** 2"),
    "l1": ("a: f32[M, K], b: f32[N, K]", "f32[M, N]", "return [i, j] max(k) abs(a[i, k] - b[j, k])"),
    "accumulate": ("a: f32[M, K], b: f32[K, N], c: f32[M, N]", "f32[M, N]", "0.5 * (a @ b) + c"),
    "square": ("a: f32[M, K]", "f32[M, M]", "return [i, j] sum(k) a[i, k] * a[j, k]"),
    "transpose_of": ("a: f32[M, K], b: f32[K, N]", "f32[N, M]", "let p = a @ b\nreturn [j, i] p[i, j] + 1"),
    "weights": ("a: f32[M, K], b: f32[K, N], c: f32[K]", "f32[M, N]", "return [i, j] sum(k) a[i, k] * b[k, j] * c[k]"),
    "masked": ("a: f32[M, K], b: f32[K, N]", "f32[M, N]", "return [i, j] sum(k) (if k <= i { a[i, k] } else { 0 }) * b[k, j]"),
}


def contractions():
    runs = [{"M": m, "K": k, "N": n} for m, k, n in PRODUCTS]
    for name, (parameters, result, body) in MATMULS.items():
        for dtype in ("f32", "f64", "i32", "i8", "u16", "i64", "f16", "bf16") if name in ("plain", "right_transposed") else ("f32", "i32"):
            text = f"kernel k({parameters}) -> {result} {{\n{body}\n}}".replace("T[", dtype + "[")
            some = runs if dtype == "f32" or LONG else runs[1:6]
            if name == "row_scale" and dtype == "i32":
                text = text.replace("+ j", "+ i32(j)")
            yield Case(f"{name}-{dtype}", text, some)
    for name, (parameters, result, body) in EPILOGUES.items():
        yield Case(name, f"kernel k({parameters}) -> {result} {{\n{body}\n}}", runs)
    for dtype in ("f16", "bf16", "i8", "u8"):
        wide = "f32" if dtype in FLOATS else "i32"
        text = f"kernel k(a: {dtype}[M, K], b: {dtype}[K, N], c: {wide}[N]) -> {dtype}[M, N] {{ return {dtype}({wide}(a) @ {wide}(b) + c) }}"
        yield Case(f"widened-{dtype}", text, runs, undecided=1 if wide == "i32" else 0.5)
        yield Case(f"widened_transposed-{dtype}", f"kernel k(a: {dtype}[M, K], b: {dtype}[N, K]) -> {wide}[M, N] {{ return [i, j] sum(k) {wide}(a[i, k]) * {wide}(b[j, k]) }}", runs)
    batch = [{"A": 3, "M": 5, "K": 7, "N": 17}, {"A": 1, "M": 33, "K": 16, "N": 64}, {"A": 2, "M": 1, "K": 65, "N": 1}, {"A": 0, "M": 2, "K": 2, "N": 2}]
    yield Case("batched", "kernel k(a: f32[A, M, K], b: f32[A, K, N]) -> f32[A, M, N] { a @ b }", batch)
    yield Case("batched_transposed", "kernel k(a: f32[A, M, K], b: f32[A, N, K]) -> f32[A, M, N] { return [b_, i, j] sum(k) a[b_, i, k] * b[b_, j, k] }", batch)
    yield Case("batch_last", "kernel k(a: f32[M, K, A], b: f32[K, N, A]) -> f32[M, N, A] { return [i, j, c] sum(k) a[i, k, c] * b[k, j, c] }", batch)
    yield Case("batch_summed", "kernel k(a: f32[A, M, K], b: f32[A, K, N]) -> f32[M, N] { return [i, j] sum(c, k) a[c, i, k] * b[c, k, j] }", batch)
    yield Case("heads", "kernel k(a: f32[M, A, K], b: f32[N, A, K]) -> f32[A, M, N] { return [h, i, j] sum(k) a[i, h, k] * b[j, h, k] }", batch)
    lines = [{"M": m, "N": n} for m, n in [*MATRICES, (5, 0), (0, 5)]]
    yield Case("matvec", "kernel k(a: f32[M, N], x: f32[N]) -> f32[M] { a @ x }", lines)
    yield Case("vecmat", "kernel k(a: f32[M, N], x: f32[M]) -> f32[N] { x @ a }", lines)
    yield Case("matvec-f16", "kernel k(a: f16[M, N], x: f32[N]) -> f32[M] { f32(a) @ x }", lines)
    yield Case("outer", "kernel k(a: f32[M], b: f32[N]) -> f32[M, N] { return [i, j] a[i] * b[j] }", lines)
    yield Case("dot", "kernel k(a: f32[N], b: f32[N]) -> f32 { a @ b }", vector([0, *LENGTHS]))
    yield Case("dot-f64", "kernel k(a: f64[N], b: f64[N]) -> f64 { a @ b }", vector([0, *LENGTHS]))
    yield Case("dot-i8", "kernel k(a: i8[N], b: i8[N]) -> i32 { return sum(i) i32(a[i]) * i32(b[i]) }", vector([0, *LENGTHS]), values={"*": "wide"})
    yield Case("bilinear", "kernel k(a: f32[M], w: f32[M, N], b: f32[N]) -> f32 { return sum(i, j) a[i] * w[i, j] * b[j] }", lines)
    for m, k, n in [(97, 300, 400), (64, 1030, 130), (33, 257, 1025)]:
        sized = [{"M": m, "K": k, "N": n}]
        yield Case(f"packed-{m}x{k}x{n}", "kernel k(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { a @ b }", sized, threads=2)
        yield Case(f"packed_transposed-{m}x{k}x{n}", "kernel k(a: f32[M, K], b: f32[N, K], c: f32[N]) -> f32[M, N] { return [i, j] max((sum(k) a[i, k] * b[j, k]) + c[j], 0) }", sized, threads=2)
        yield Case(f"packed_i32-{m}x{k}x{n}", "kernel k(a: i32[M, K], b: i32[N, K]) -> i32[M, N] { return [i, j] sum(k) a[i, k] * b[j, k] }", sized)
        yield Case(f"packed_bf16-{m}x{k}x{n}", "kernel k(a: bf16[M, K], b: bf16[K, N]) -> bf16[M, N] { return bf16(f32(a) @ f32(b)) }", sized)
    yield from few_rows()
    for m, k, n in [(130, 257, 400), (64, 200, 1), (97, 300, 321)]:
        sized = [{"M": m, "K": k, "N": n}]
        yield Case(f"turned-{m}x{k}x{n}", "kernel k(a: f32[K, M], b: f32[K, N]) -> f32[M, N] { return transpose(a) @ b }", sized, threads=2)
        yield Case(f"turned_both-{m}x{k}x{n}", "kernel k(a: f16[K, M], b: f16[N, K]) -> f32[M, N] { return [i, j] sum(k) f32(a[k, i]) * f32(b[j, k]) }", sized)
        yield Case(f"turned_squares-{m}x{k}x{n}", "kernel k(a: f32[K, M]) -> f32[M, M] { return [i, j] sum(k) a[k, i] * a[k, j] }", [{"M": n, "K": k}])
        yield Case(f"turned_batched-{m}x{k}x{n}", "kernel k(a: f32[K, A, M], b: f32[A, K, N]) -> f32[A, M, N] { return [c, i, j] sum(k) a[k, c, i] * b[c, k, j] }", [{"A": 2, "M": m, "K": k, "N": n}])


def few_rows():
    """Products whose right side is most of what is read: in place, by long runs or by dot products."""
    for m, k, n in [(1, 1031, 777), (3, 640, 1025), (9, 333, 900), (32, 400, 704), (1, 600000, 1)]:
        sized = [{"M": m, "K": k, "N": n}]
        yield Case(f"skinny-{m}x{k}x{n}", "kernel k(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { a @ b }", sized, threads=2)
        yield Case(f"skinny_epilogue-{m}x{k}x{n}", "kernel k(a: f32[M, K], b: f32[K, N], c: f32[N]) -> f32[M, N] { return [i, j] tanh((sum(k) a[i, k] * b[k, j]) + c[j]) }", sized)
        yield Case(f"skinny_i32-{m}x{k}x{n}", "kernel k(a: i32[K, M], b: i32[K, N]) -> i32[M, N] { return [i, j] sum(k) a[k, i] * b[k, j] }", sized)
    yield Case("skinny_batched", "kernel k(a: f64[A, M, K], b: f64[A, K, N]) -> f64[A, M, N] { a @ b }", [{"A": 3, "M": 2, "K": 510, "N": 515}], threads=2)
    sizes = [{"M": m, "K": k, "N": n} for m, k, n in [(1, 64, 1), (1, 257, 37), (2, 100, 24), (5, 1030, 19), (9, 64, 65), (32, 131, 50), (0, 64, 4), (4, 64, 0)]]
    for dtype in ("f32", "f64", "f16", "i32", "u8"):
        wide = {"f16": "f32", "u8": "u32"}.get(dtype, dtype)
        yield Case(f"dots-{dtype}", f"kernel k(a: {dtype}[M, K], b: {dtype}[N, K]) -> {wide}[M, N] {{ return [i, j] sum(k) {wide}(a[i, k]) * {wide}(b[j, k]) }}", sizes, threads=2)
    yield Case("dots_epilogue", "kernel k(a: f32[M, K], b: f32[N, K], c: f32[N]) -> f32[M, N] { return [i, j] max((sum(k) a[i, k] * b[j, k]) + c[j], 0) }", sizes)
    yield Case("dots_nearest", "kernel k(a: f32[M, K], b: f32[N, K]) -> f32[M, N] { return [i, j] sum(k) (a[i, k] - b[j, k]) * (a[i, k] - b[j, k]) }", sizes)
    heads = [{"A": 3, "M": 5, "K": 70, "N": 17}, {"A": 2, "M": 1, "K": 128, "N": 33}]
    yield Case("dots_heads", "kernel k(a: f32[M, A, K], b: f32[N, A, K]) -> f32[A, M, N] { return [h, i, j] sum(k) a[i, h, k] * b[j, h, k] }", heads)
    yield Case("dots_two_sums", "kernel k(a: f32[A, M, K], b: f32[A, N, K]) -> f32[M, N] { return [i, j] sum(c, k) a[c, i, k] * b[c, j, k] }", heads)
    yield Case("dots_inside", "kernel k(a: f32[M, A], b: f32[N, A]) -> f32[M, N] { return [i, j] sum(k in 0..A - 3) a[i, k + 1] * b[j, k + 2] }", [{"M": 3, "A": 130, "N": 21}])


# ---------------------------------------------------------------------------------------------------------------------
# Windows
# ---------------------------------------------------------------------------------------------------------------------

RULES = {"clamp": "clamp(x)", "wrap": "wrap(x)", "mirror": "mirror(x)", "zero": "zero(x)", "fill": "fill(x, 2.5)", "fill_neg": "fill(x, -1)"}


def windows():
    shapes = matrix([(1, 1), (1, 2), (2, 1), (3, 3), (5, 17), (33, 65), (2, 100)])
    for name, rule in RULES.items():
        for dtype in ("f32", "i8", "f16", "u16", "f64"):
            if name == "fill" and dtype not in FLOATS or name == "fill_neg" and dtype[0] == "u":
                continue
            text = f"kernel k(x: {dtype}[M, N]) -> {dtype}[M, N] {{\nlet p = {rule}\n"
            some = shapes if dtype == "f32" or LONG else shapes[3:6]
            yield Case(f"cross-{name}-{dtype}", text + "return [y, x_] p[y, x_ - 1] + p[y - 1, x_] * 2 - p[y + 1, x_] + p[y, x_ + 1]\n}", some)
            if dtype in ("f32", "i8"):
                yield Case(f"far-{name}-{dtype}", text + "return [y, x_] p[y - 7, x_ + 11] - p[y + 40, x_ - 9]\n}", some)
                yield Case(f"diagonal-{name}-{dtype}", text + "return [y, x_] p[x_ - 1, y + 2]\n}", some)
        yield Case(f"reversed-{name}", f"kernel k(x: f32[N]) -> f32[N] {{\nlet p = {rule}\nreturn [i] p[N - i] + p[2 * i - 3] - p[i / 2 - 1]\n}}", vector((1, 2, 3, 17, 65, 127)))
        yield Case(f"separable-{name}", f"kernel k(x: f32[M, N]) -> f32[M, N] {{\nlet p = {rule}\nlet r[y, c] = (p[y, c - 1] + p[y, c] + p[y, c + 1]) / 3\nlet q = {rule.replace('x', 'r')}\nreturn [y, c] (q[y - 1, c] + q[y, c] + q[y + 1, c]) / 3\n}}", shapes)
        yield Case(f"window_sum-{name}", f"kernel k(x: f32[N], w: f32[K]) -> f32[N] {{\nlet p = {rule}\nreturn [i] sum(k) p[i + k - 2] * w[k]\n}}", [{"N": 1, "K": 5}, {"N": 17, "K": 3}, {"N": 100, "K": 7}, {"N": 3, "K": 11}])
        yield Case(f"bool-{name}", f"kernel k(x: bool[M, N]) -> bool[M, N] {{\nlet p = {rule.replace('2.5', 'true').replace('-1', 'false')}\nreturn [y, c] p[y - 1, c + 1] && !p[y, c - 2]\n}}", shapes)
    yield Case("conv1d", "kernel k(x: f32[N], w: f32[K]) -> f32[N - K + 1] { return [i] sum(k) x[i + k] * w[k] }", [{"N": 17, "K": 3}, {"N": 5, "K": 5}, {"N": 100, "K": 1}])
    images = [{"N": 1, "H": 5, "W": 6, "C": 3, "R": 3, "S": 3, "K": 4}, {"N": 2, "H": 9, "W": 8, "C": 1, "R": 2, "S": 5, "K": 17}, {"N": 1, "H": 3, "W": 3, "C": 5, "R": 3, "S": 3, "K": 33}, {"N": 1, "H": 1, "W": 20, "C": 16, "R": 1, "S": 1, "K": 16}]
    for dtype in ("f32", "i32"):
        yield Case(f"conv2d-{dtype}", f"kernel k(x: {dtype}[N, H, W, C], f: {dtype}[R, S, C, K]) -> {dtype}[N, H-R+1, W-S+1, K] {{ return [n, h, w, k] sum(r, s, c) x[n, h+r, w+s, c] * f[r, s, c, k] }}", images)
    yield Case("conv2d_same", "kernel k(x: f32[N, H, W, C], f: f32[R, S, C, K], b: f32[K]) -> f32[N, H, W, K] {\nlet p = zero(x)\nreturn [n, h, w, k] max((sum(r, s, c) p[n, h+r-1, w+s-1, c] * f[r, s, c, k]) + b[k], 0)\n}", images)
    yield Case("conv2d_nchw", "kernel k(x: f32[N, C, H, W], f: f32[K, C, R, S]) -> f32[N, K, H-R+1, W-S+1] { return [n, k, h, w] sum(c, r, s) x[n, c, h+r, w+s] * f[k, c, r, s] }", images)
    yield Case("conv2d_stride2", "kernel k(x: f32[N, H, W, C], f: f32[3, 3, C, K]) -> f32[N, (H - 1) / 2, (W - 1) / 2, K] { return [n, h, w, k] sum(r, s, c) x[n, 2*h+r, 2*w+s, c] * f[r, s, c, k] }", [{"N": 1, "H": 7, "W": 12, "C": 3, "K": 4}, {"N": 2, "H": 3, "W": 35, "C": 2, "K": 17}])
    yield Case("depthwise", "kernel k(x: f32[H, W, C], f: f32[R, S, C]) -> f32[H-R+1, W-S+1, C] { return [h, w, c] sum(r, s) x[h+r, w+s, c] * f[r, s, c] }", [{"H": 5, "W": 7, "C": 17, "R": 3, "S": 3}, {"H": 4, "W": 4, "C": 1, "R": 2, "S": 4}])
    for dtype in ("f32", "u8"):
        yield Case(f"max_pool-{dtype}", f"kernel k(x: {dtype}[M, N]) -> {dtype}[M / 2, N / 2] {{ return [i, j] max(r in 0..1, s in 0..1) x[2 * i + r, 2 * j + s] }}", shapes)
    yield Case("average_pool", "kernel k(x: f32[M, N]) -> f32[M / 3, N / 3] { return [i, j] (sum(r in 0..2, s in 0..2) x[3 * i + r, 3 * j + s]) / 9 }", shapes)
    yield Case("halve", "kernel k(x: f32[M, N]) -> f32[M / 2, N / 2] { return [y, c] (x[2 * y, 2 * c] + x[2 * y, 2 * c + 1] + x[2 * y + 1, 2 * c] + x[2 * y + 1, 2 * c + 1]) / 4 }", shapes)
    yield Case("double_bilinear", "kernel k(x: f32[M, N]) -> f32[2 * M, 2 * N] {\nlet p = clamp(x)\nlet wide[y, c in 0..2 * N - 1] = 0.75 * p[y, c / 2] + 0.25 * p[y, (c + 1) / 2 * 2 - c / 2 - 1]\nlet q = clamp(wide)\nreturn [y, c] 0.75 * q[y / 2, c] + 0.25 * q[(y + 1) / 2 * 2 - y / 2 - 1, c]\n}", shapes)
    yield Case("resize", "kernel k(x: f32[M, N]) -> f32[3 * M, 5 * N] {\nlet p = clamp(x)\nreturn [y, c] p[(y * 2 + 1) / 6, (c * 2 + 1) / 10] + p[y / 3 - 1, c / 5 + 1]\n}", shapes)
    yield Case("cumulative", "kernel k(x: f32[N]) -> f32[N] {\nlet p = zero(x)\nreturn [i] sum(j in 0..N-1) p[i - j]\n}", vector((1, 3, 17, 65)))


def nothing_to_read():
    """Extents of 0 where something must be read or divided by."""
    empty, beside = [{"N": 0}], [{"M": 3, "N": 0}]
    for rule in ("clamp", "wrap", "mirror"):
        yield Case(rule, f"kernel k(x: f32[N]) -> f32[N + 2] {{\nlet p = {rule}(x)\nreturn [i] p[i - 1]\n}}", empty, error="requires 1 <= N")
        yield Case(f"{rule}-unread", f"kernel k(x: f32[M, N]) -> f32[M, N] {{\nlet p = {rule}(x)\nreturn [i, j] p[i - 1, j + 2]\n}}", [{"M": 0, "N": 5}, {"M": 5, "N": 0}])
    yield Case("zero", "kernel k(x: f32[N]) -> f32[N + 2] {\nlet p = zero(x)\nreturn [i] p[i - 1]\n}", empty)
    yield Case("index_mod", "kernel k(x: f32[M, N], y: f32[M]) -> f32[M] {\nlet p = clamp(y)\nreturn [i] p[i % N]\n}", beside, error="<= N")
    yield Case("index_div", "kernel k(x: f32[M, N], y: f32[M]) -> f32[M] {\nlet p = zero(y)\nreturn [i] p[i / N]\n}", beside, error="<= N")
    for dtype in ("f32", "i64"):
        yield Case(f"value_mod-{dtype}", f"kernel k(x: {dtype}[M, N], y: {dtype}[M]) -> {dtype}[M] {{ return [i] y[i] + i % N }}", beside)
        yield Case(f"value_div-{dtype}", f"kernel k(x: {dtype}[M, N], y: {dtype}[M]) -> {dtype}[M] {{ return [i] y[i] + (i + 5) / N }}", beside)


# ---------------------------------------------------------------------------------------------------------------------
# Sizes for NumPy, and another device
# ---------------------------------------------------------------------------------------------------------------------


def large():
    """Sizes with many work items; static only, on two threads."""

    def case(name, text, sizes, numpy, **more):
        return Case(name, text, [sizes], numpy=numpy, threads=2, modes=(False,), **more)

    yield case("elementwise_16M", map1("x * 2 + 1", "f32"), {"N": 16 * 2**20 + 5}, "x * 2 + 1")
    yield case("cast_4M", "kernel k(x: f32[N]) -> f16[N] { f16(x) }", {"N": 4 * 2**20 + 3}, "x", rtol=1e-3)
    yield case("sum_4M", "kernel k(x: f32[N]) -> f32 { sum(abs(x)) }", {"N": 4 * 2**20 + 3}, "np.abs(x).sum()", rtol=1e-4)
    yield case("transpose", "kernel k(x: f32[M, N]) -> f32[N, M] { [j, i] x[i, j] }", {"M": 1023, "N": 2050}, "x.T")
    yield case("matmul", "kernel k(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { a @ b }", {"M": 127, "K": 511, "N": 1023}, "a @ b")
    yield case("matmul_bt", "kernel k(a: f32[M, K], b: f32[N, K]) -> f32[M, N] { return [i, j] sum(k) a[i, k] * b[j, k] }", {"M": 513, "K": 129, "N": 1000}, "a @ b.T")
    yield case("matmul_f64", "kernel k(a: f64[M, K], b: f64[K, N]) -> f64[M, N] { a @ b }", {"M": 300, "K": 301, "N": 302}, "a @ b", rtol=1e-13)
    yield case("softmax", SOFTMAX, {"M": 1000, "N": 1023}, "np.exp(x) / np.exp(x).sum(1, keepdims=True)")
    yield case("column_sum", "kernel k(x: f32[M, N]) -> f32[N] { sum(abs(x), axis = 0) }", {"M": 3001, "N": 1001}, "np.abs(x).sum(0)", rtol=1e-4)


PART = {
    "elementwise": ("gelu", "sigmoid", "softplus", "nested_if", "clamp", "add", "div", "mod", "shr", "compare<", "divmod3", "bool-"),
    "casts": ("cast-f32-", "cast-i32-", "cast-u8-", "cast-f16-f32", "cast-bool-"),
    "moves": ("identity", "transpose", "reversed", "repeat", "layout-sliced"),
    "names_and_lets": ("",),
    "reductions": ("sum-", "max-", "any", "all", "empty", "mean", "column_total", "variance"),
    "row_chains": ("softmax", "layer_norm", "rms_norm", "column_softmax", "attention", "batched"),
    "contractions": ("plain-", "right_transposed-f32", "gelu", "mlp", "softmax_of", "batched", "matvec", "outer", "dot", "widened-"),
    "windows": ("cross-", "separable", "conv2d", "max_pool", "resize"),
}


def part(**changes):
    """A part of everything, at two sizes, with changes to each case."""
    for family in (elementwise, casts, moves, names_and_lets, reductions, row_chains, contractions, windows):
        for case in family():
            if case.id.startswith(PART[family.__name__]) and (LONG or not case.id.endswith(("f64", "i64", "u64", "u32", "i16", "special", "edge"))):
                yield replace(case, id=f"{family.__name__}/{case.id}", runs=case.runs if LONG else case.runs[1:3] or case.runs,
                              modes=(False,) if not LONG else case.modes, **changes)


def opencl():
    yield from part(device=DEVICE)


def avx2():
    """Without masks for narrow types, and with 16 registers."""
    yield from part(target="cpu:x86-64-v3")


FAMILIES = (elementwise, casts, moves, names_and_lets, reductions, row_chains, attention, contractions, windows, nothing_to_read, data, statements, fusion, threads, large, opencl, avx2)
