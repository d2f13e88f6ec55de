#!/usr/bin/env python3
"""How long flex-lsp-server takes to answer on a generated file of 2,000 lines.

Every request follows an edit at once, as while typing: it waits for the file to be read again. Prints the median and the slowest
of each kind of request, its CPU time (what is left of it on a busy machine), and the time from an edit to its diagnostics.

  benchmarks/lsp.py [--lines 2000] [--rounds 20] [--json FILE]
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "test" / "EndToEnd"))
from lsp_client import Client, place  # noqa: E402

URI = "file:///nowhere/generated.flex"
KERNEL = """
/// Layer {n}: dense, softmax, normalised; and a filter beside it.
kernel layer_{n}<T: f32>(x: T[B, K], w: T[K, N], bias: T[N], img: T[H, W], scale: f32) -> (T[B, N], T[H, W]) {{
  let y = x @ w + bias
  let h[i, j] = y[i, j] * scale + bias[j]
  let m[i] = max(j) h[i, j]
  let e[i, j] = exp(h[i, j] - m[i])
  let p = clamp(img)
  let rows[u, v] = (p[u, v-1] + 2 * p[u, v] + p[u, v+1]) / 4
  let q = clamp(rows)
  let out[i, j] = e[i, j] / sum(k) e[i, k]
  // The result.
  let g = nn.gelu(out)
  let s = nn.softmax(g)
  let n = nn.layer_norm(s, bias, bias)
  let f = image.sobel(img)
  let c[u, v] = (q[u-1, v] + 2 * q[u, v] + q[u+1, v]) / 4 + f[u, v]
  return n, c
}}
"""


def generated(lines):
    text = "import nn\nimport image\n"
    number = 0
    while text.count("\n") < lines:
        text += KERNEL.format(n=number)
        number += 1
    return text, number


def cpu(client):
    """Milliseconds the server has computed."""
    return int(Path(f"/proc/{client.process.pid}/schedstat").read_text().split()[0]) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", type=Path, help="writes the times in milliseconds there")
    options = parser.parse_args()
    text, kernels = generated(options.lines)
    head = f"kernel layer_{kernels // 2}<"
    line, _ = place(text, head + "|")
    screen = {"start": {"line": line - 20, "character": 0}, "end": {"line": line + 40, "character": 0}}
    requests = {
        "hover": lambda c: c.at("hover", URI, line + 2, 6),
        "definition": lambda c: c.at("definition", URI, line + 2, 16),
        "references": lambda c: c.at("references", URI, line + 2, 6),
        "completion": lambda c: c.at("completion", URI, line + 8, 17),
        "signatureHelp": lambda c: c.at("signatureHelp", URI, line + 12, 30),
        "documentSymbol": lambda c: c.about("documentSymbol", URI),
        "semanticTokens/full": lambda c: c.about("semanticTokens/full", URI),
        "inlayHint (a screen)": lambda c: c.about("inlayHint", URI, range=screen),
        "formatting": lambda c: c.about("formatting", URI),
        "rename": lambda c: c.at("rename", URI, line + 2, 6, newName="product"),
    }
    times = {name: [] for name in [*requests, "diagnostics of all"]}
    work = {name: [] for name in times}
    with Client() as client:
        client.open(URI, text)
        client.wait_diagnostics(URI)
        for edit in range(options.rounds):
            for name, send in requests.items():
                client.change(URI, (line + 9, 2, line + 9, 2 + (edit > 0), " "))
                begin, before = time.perf_counter(), cpu(client)
                assert send(client) is not None, name
                times[name].append(1e3 * (time.perf_counter() - begin))
                work[name].append(cpu(client) - before)
            begin, before = time.perf_counter(), cpu(client)
            client.change(URI, (line + 9, 2, line + 9, 3, " "))
            client.wait_diagnostics(URI)
            times["diagnostics of all"].append(1e3 * (time.perf_counter() - begin))
            work["diagnostics of all"].append(cpu(client) - before)
    print(f"{text.count(chr(10))} lines, {kernels} kernels, {options.rounds} rounds; milliseconds from the edit to the answer")
    print(f"{'request':24} {'median':>8} {'slowest':>8} {'CPU':>8}")
    for name, values in times.items():
        print(f"{name:24} {statistics.median(values):8.1f} {max(values):8.1f} {statistics.median(work[name]):8.1f}")
    if options.json:
        options.json.write_text(json.dumps(times, indent=1) + "\n")


if __name__ == "__main__":
    main()
