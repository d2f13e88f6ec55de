"""Cases of the sweep: attention in the forms that become one launch (docs/decisions/attention.md), whatever was inlined where.

Sizes leave rests of queries, keys, depth and width; what is special in the data must show where it shows in the reference.
"""

from dataclasses import replace

from sweep import Case

FORMS = {  # parameters beside q, k and v, and the result
    "plain": ("", "return nn.attention(q, k, v)"),
    "causal": ("", "return nn.attention_causal(q, k, v)"),
    "masked": (", mask: bool[S, T]", "return nn.attention_masked(q, k, v, mask)"),
    "scaled": ("", "let a[h, s, t] = 0.125 * sum(d) q[h, s, d] * k[h, t, d]\n  return nn.softmax(a) @ v"),
    "capped": ("", "let a[h, s, t] = 5 * tanh((sum(d) q[h, s, d] * k[h, t, d]) / 4)\n  return nn.softmax(a) @ v"),
    "biased": (", b: F[H, S, T]", "let a[h, s, t] = (sum(d) q[h, s, d] * k[h, t, d]) + b[h, s, t]\n  return nn.softmax(a) @ v"),
    "window": (", w: i64", "let a[h, s, t] = if t <= s + w && t >= s - w { sum(d) q[h, s, d] * k[h, t, d] } else { -inf }\n  return nn.softmax(a) @ v"),
    "banned": (", w: i32", "let a[h, s, t] = if t != w { sum(d) q[h, s, d] * k[h, t, d] } else { -inf }\n  return nn.softmax(a) @ v"),
}
SIZES = [(1, 1, 1, 1, 1), (2, 16, 16, 8, 8), (1, 17, 130, 33, 5), (2, 33, 65, 16, 80), (1, 130, 77, 5, 33), (1, 70, 200, 64, 64), (3, 9, 5, 4, 3)]
EMPTY = [(2, 9, 0, 4, 3), (0, 9, 5, 4, 3), (1, 20, 9, 4, 0), (1, 0, 9, 4, 3)]


def runs(sizes):
    return [dict(zip("HSTDE", size)) for size in sizes]


def attention():
    """Also with 16 registers, and no masks for narrow types."""
    for case in forms():
        yield case
        if not case.id.startswith("special"):
            yield replace(case, id=f"{case.id}-avx2", target="cpu:x86-64-v3", runs=case.runs[:4])


def forms():
    for name, (more, value) in FORMS.items():
        text = f"import nn\nkernel k(q: F[H, S, D], k: F[H, T, D], v: F[H, T, E]{more}) -> F[H, S, E] {{\n  {value}\n}}"
        for dtype in ("f32", "f64", "f16", "bf16") if name in ("plain", "causal") else ("f32",):
            full = dtype == "f32"
            sizes = SIZES + (EMPTY if name in ("plain", "causal", "masked") else [(1, 20, 9, 0, 3)] if name == "scaled" else []) if full else SIZES[1:4]
            values = {"w": [40 if name == "window" else 3]}
            yield Case(f"{name}-{dtype}", text.replace("F[", dtype + "["), runs(sizes), values=values, undecided=0.5 if full else 1, extra=1)
    special = {"q": [1, -0.5, 0.25, 2, -1, 0.75, 0.5], "k": [0.5, 1, -1, 0.25, 2], "v": [1, 2, -1]}
    text = "import nn\nkernel k(q: f32[H, S, D], k: f32[H, T, D], v: f32[H, T, E]) -> f32[H, S, E] { return nn.attention%s(q, k, v) }"
    for form in ("", "_causal"):
        for name, at in {"nan": "nan", "inf": "inf", "low": "-inf"}.items():
            for tensor in "qkv":
                values = {key: list + [float(at)] if key == tensor else list for key, list in special.items()}
                yield Case(f"special{form}-{tensor}-{name}", text % form, runs([(1, 70, 70, 1, 5), (1, 33, 140, 3, 7)]), values=values, undecided=1, extra=1)
    shared = ("import nn\nkernel k(q: f32[S, H, D], k: f32[C, G, D], v: f32[C, G, E], start: i64) -> f32[S, H, E] where H % G == 0, G >= 1, H >= 1 {\n"
              "  return nn.attention_gqa(q, k, v, start)\n}")
    sizes = [{"S": 17, "H": 4, "D": 16, "C": 70, "G": 2, "E": 16}, {"S": 40, "H": 6, "D": 5, "C": 130, "G": 3, "E": 7}, {"S": 9, "H": 1, "D": 8, "C": 9, "G": 1, "E": 3}]
    for start in (0, 20, 2**63 - 1, -5):
        yield Case(f"shared-{start}", shared, sizes, values={"start": [start]}, extra=1)
    joined = ("import nn\nkernel k(q: f32[3, S, 8], k: f32[3, T, 8], v: f32[3, T, 8], w: f32[24, E]) -> f32[S, E] {\n"
              "  return reshape(transpose(nn.attention(q, k, v), 1, 0, 2), S, 24) @ w\n}")
    yield Case("joined", joined, [{"S": s, "T": t, "E": e} for s, t, e in ((40, 33, 17), (1, 70, 8), (9, 0, 3), (0, 5, 4))], undecided=0.5, extra=1)
