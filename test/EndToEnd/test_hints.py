"""What the compiler proposes for names of other languages is itself Flex: each proposal is put into a kernel and compiled."""

import re

from conftest import ROOT

ARRAYS = ("x: {0}[N], y: {0}[N], z: f32[N], a: f32[M, N], b: f32[M, N], c: {1}, m: i32[N], n: i32[N], ids: i32[N], "
          "lo: f32 = 0.0, hi: f32 = 1.0")
PARAMS = [ARRAYS.format(x, c) for x, c in (("f32", "bool[N]"), ("bool", "bool"), ("u32", "bool"))] + ["x: f32[N, N], a: f32[N, N], b: f32[N, N], w: f32[M]"]
CHUNK = 16  # the compiler gives up after 20 errors


def words():
    table = (ROOT / "lib/KernelLang/Hints.cpp").read_text()
    table = table[table.index("kFunctions[]") :]
    return re.findall(r'^    \{"(\w+)", "', table[: table.index("};")], re.MULTILINE)


def is_expression(text):
    """Rather than a name, an operator, a range or a piece with '…'."""
    return re.search(r"[^\w ]", text) and re.search(r"[a-z(]", text) and "…" not in text and not re.match(r"\d", text)


def errors_of(flexc, kernels):
    """What is printed for kernels of four lines each, in pieces; the numbers of those with errors."""
    printed, wrong = "", set()
    for first in range(0, len(kernels), CHUNK):
        flexc.write("k.flex", "".join(kernels[first : first + CHUNK]))
        shown = flexc.run("check", "k.flex", check=False).stderr
        assert "[E0007]" not in shown
        printed += shown
        wrong |= {first + (int(line) - 1) // 4 for line in re.findall(r"^k\.flex:(\d+):\d+: error", shown, re.MULTILINE)}
    return printed, wrong


def kernel(number, params, text):
    left, body = re.fullmatch(r"(\[[^:\]]*\])? *(.*)", text).groups()  # indices stand at the name
    return f"kernel k{number}({params}) -> i32 where M >= 1, N >= 3 {{\n  let value{left or ''} = {body}\n  return 1\n}}\n"


def test_every_proposal_compiles(flexc):
    shown, wrong = errors_of(flexc, [kernel(i, "x: f32[N], a: f32[M]", f"{word}(x)") for i, word in enumerate(words())])
    assert len(wrong) == len(words())
    hints = set(re.findall(r"^hint: (.*)", shown, re.MULTILINE))
    proposals = sorted({text for hint in hints for text in re.findall(r"(?<!\w)'([^']+)'", hint) if is_expression(text)})
    assert len(hints) > 60 and len(proposals) > 60
    for params in PARAMS:
        shown, wrong = errors_of(flexc, [kernel(i, params, text) for i, text in enumerate(proposals)])
        proposals = [text for i, text in enumerate(proposals) if i in wrong]
    assert proposals == [], shown
