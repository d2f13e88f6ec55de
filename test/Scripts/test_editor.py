"""The editor extension: its files fit together, its grammar colours kernel text, and the docs' lexer follows it.

That the grammar's word lists are the compiler's is checked by test/Unit/KernelLang/GrammarTest.cpp.
"""

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "editors/vscode"
GRAMMAR = json.loads((EXTENSION / "syntaxes/flex.tmLanguage.json").read_text())


def flat(patterns):
    """The patterns in order of precedence: (scope, compiled expression, scopes of its groups)."""
    for pattern in patterns:
        if "include" in pattern:
            inner = GRAMMAR["repository"][pattern["include"].lstrip("#")]
            yield from flat(inner.get("patterns", [inner]))
        else:
            groups = {int(number): capture["name"] for number, capture in pattern.get("captures", {}).items()}
            yield pattern.get("name"), re.compile(pattern["match"]), groups


def colours(line):
    """Word or operator -> scope, as an editor applies the patterns: the earliest match, then the order of the patterns."""
    found, at, patterns = {}, 0, list(flat(GRAMMAR["patterns"]))
    while at < len(line):
        matches = [(match.start(), order, match, scope, groups) for order, (scope, expression, groups) in enumerate(patterns)
                   if (match := expression.search(line, at)) and match.end() > match.start()]
        if not matches:
            break
        _, _, match, scope, groups = min(matches, key=lambda each: each[:2])
        if scope:
            found[match.group().strip()] = scope
        for number, inner in groups.items():
            if match.group(number):
                found[match.group(number)] = inner
        at = match.end()
    return found


@pytest.mark.parametrize("line, word, scope", [
    ("kernel softmax<T: f16 | f32>(x: T[M, N]) -> T[M, N] {", "kernel", "storage.type.function"),
    ("kernel softmax<T: f16 | f32>(x: T[M, N]) -> T[M, N] {", "softmax", "entity.name.function"),
    ("kernel softmax<T: f16 | f32>(x: T[M, N]) -> T[M, N] {", "f16", "support.type"),
    ("  let m[i] = max(j) x[i, j]  // the largest", "let", "keyword.control"),
    ("  let m[i] = max(j) x[i, j]  // the largest", "max", "support.function"),
    ("  let m[i] = max(j) x[i, j]  // the largest", "// the largest", "comment.line.double-slash"),
    ("/// Documentation.", "/// Documentation.", "comment.line.documentation"),
    ("import image.filters as f", "image.filters", "entity.name.namespace"),
    ("import image.filters as f", "as", "keyword.control.import"),
    ("  let y = nn.relu(x)", "relu", "entity.name.function.call"),
    ("  let y = nn.relu(x)", "nn", "entity.name.namespace"),
    ("  var y = 1.5e-3 * 0xFF", "var", "storage.type"),
    ("  var y = 1.5e-3 * 0xFF", "1.5e-3", "constant.numeric"),
    ("  var y = 1.5e-3 * 0xFF", "0xFF", "constant.numeric.hex"),
    ("kernel f(p: inout f32[N]) -> f32", "inout", "storage.modifier"),
    ("  let s[t] = scan(t) zero(s)[t-1]", "scan", "keyword.control"),
    ("  return [i in 0..N-1] x[i]", "..", "keyword.operator.range"),
    ("  return [i in 0..N-1] x[i]", "0", "constant.numeric"),
    ("  if x == inf { true } else { false }", "inf", "constant.language"),
    ("  if x == inf { true } else { false }", "true", "constant.language.boolean"),
    ("  if x == inf { true } else { false }", "==", "keyword.operator.comparison"),
    ("@numerics(strict) kernel f(x: f32) -> f32 { x }", "strict", "constant.language"),
    ("schedule dense for cpu { rows 8 }", "cpu", "entity.name.type"),
])
def test_colours(line, word, scope):
    assert colours(line).get(word, "").startswith(scope), colours(line)


@pytest.mark.parametrize("line, word", [("  let kernels = letter + variable", "let"), ("  x.shape // summary", "sum"), ("  variable = 1", "var")])
def test_words_inside_of_words(line, word):
    assert word not in {found for found in colours(line) if found != "let" or "let " not in line}


def test_files_fit_together():
    package = json.loads((EXTENSION / "package.json").read_text())
    contributes = package["contributes"]
    paths = [package["main"], *(grammar["path"] for grammar in contributes["grammars"]),
             *(language["configuration"] for language in contributes["languages"])]
    for path in paths:
        assert (EXTENSION / path).is_file(), path
    for grammar in contributes["grammars"]:
        assert json.loads((EXTENSION / grammar["path"]).read_text())["scopeName"] == grammar["scopeName"]
    settings = set(contributes["configuration"]["properties"])
    used = set(re.findall(r'\.get\("([\w.]+)"', (EXTENSION / package["main"]).read_text()))
    assert {f"flex.{name}" for name in used} == settings


def test_every_included_group_exists():
    included = set(re.findall(r'"include": "#(\w+)"', json.dumps(GRAMMAR)))
    assert included == set(GRAMMAR["repository"])


@pytest.mark.skipif(not shutil.which("node"), reason="no node")
def test_the_client_is_javascript():
    done = subprocess.run(["node", "--check", EXTENSION / "src/extension.js"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


CLIENT = """
const Module = require("module"), calls = [], listeners = [];
const settings = { "server.path": "/opt/flex-lsp-server", importPaths: ["a", "b"], "trace.server": "messages" };
const vscode = {
  workspace: {
    getConfiguration: () => ({ get: (name, otherwise) => settings[name] ?? otherwise }),
    createFileSystemWatcher: (glob) => ({ glob }),
    onDidChangeConfiguration: (listener) => listeners.push(listener),
  },
  window: { showErrorMessage: (text) => calls.push(["error", text]) },
  commands: { registerCommand: (name, run) => { calls.push(["command", name]); listeners.push(run); } },
};
class LanguageClient {
  constructor(id, name, server, client) { calls.push(["new", id, server, client.documentSelector.map((each) => each.language)]); }
  async start() { calls.push(["start"]); if (settings.fail) throw new Error("no such file"); }
  async stop() { calls.push(["stop"]); }
  async setTrace(trace) { calls.push(["trace", trace]); }
}
const load = Module._load;
Module._load = (name, ...rest) => name === "vscode" ? vscode
  : name === "vscode-languageclient/node" ? { LanguageClient, Trace: { fromString: (text) => text } } : load(name, ...rest);
const extension = require(process.argv[1]);
(async () => {
  await extension.activate({ subscriptions: [] });
  await listeners[0]();
  settings.fail = true;
  await listeners[0]();
  await extension.deactivate();
  console.log(JSON.stringify(calls));
})();
"""


@pytest.mark.skipif(not shutil.which("node"), reason="no node")
def test_the_client_starts_and_restarts_the_server():
    done = subprocess.run(["node", "-e", CLIENT, EXTENSION / "src/extension.js"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    calls = json.loads(done.stdout)
    server = {"command": "/opt/flex-lsp-server", "args": ["--import-path", "a", "--import-path", "b"]}
    started = [["new", "flex", server, ["flex", "flex"]], ["start"]]
    assert calls[0] == ["command", "flex.restartServer"]
    assert calls[1:8] == [*started, ["trace", "messages"], ["stop"], *started, ["trace", "messages"]]
    assert calls[8:11] == [["stop"], *started] and calls[11][0] == "error" and "no such file" in calls[11][1]


def test_the_lexer_of_the_docs():
    pytest.importorskip("pygments")
    spec = importlib.util.spec_from_file_location("flex_lexer", ROOT / "scripts/site/flex_lexer.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = "/// Doc\nkernel f(x: f32[N]) -> f32[N] {\n  return scatter_add(x, i, sum(j) x[j]) // why\n}\n"
    tokens = list(module.FlexLexer().get_tokens(text))
    assert "".join(value for _, value in tokens) == text
    kinds = {value: str(kind) for kind, value in tokens}
    assert kinds["kernel"].startswith("Token.Keyword") and kinds["f32"] == "Token.Keyword.Type"
    assert kinds["sum"] == kinds["scatter_add"] == "Token.Name.Builtin" and kinds["// why"].startswith("Token.Comment")
