"""flex-lsp-server, driven over stdio by a scripted client."""

import json
from random import Random

import pytest
from lsp_client import SERVER, Client, Failure, apply_edits, place

pytestmark = pytest.mark.skipif(not SERVER.exists(), reason="flex-lsp-server is not built")

URI = "file:///nowhere/k.flex"
TEXT = """import nn

/// Twice the input.
fn twice(x: float, by: float = 2) -> float { x * by }

/// A layer; each row is normalised.
kernel layer<T: f16 | f32>(x: T[M, K], w: T[K, N], bias: T[N]) -> T[M, N] {
  let y = x @ w + bias // πr²: 𝛼 takes two units
  let s[i] = sum(j) y[i, j]
  var z = nn.relu(y)
  z = twice(z, by = 3)
  return [i, j] z[i, j] / s[i]
}
"""


@pytest.fixture
def client():
    with Client() as made:
        yield made


@pytest.fixture
def opened(client):
    client.open(URI, TEXT)
    return client


def at(client, method, marked, text=TEXT, **more):
    return client.at(method, URI, *place(text, marked), **more)


def hover(client, marked, text=TEXT):
    found = at(client, "hover", marked, text)
    return found and found["contents"]["value"]


def texts(client, ranges, text=TEXT):
    lines = text.split("\n")
    return [lines[each["start"]["line"]].encode("utf-16-le")[2 * each["start"]["character"]:2 * each["end"]["character"]]
            .decode("utf-16-le") for each in ranges]


def test_capabilities(client):
    offered = client.capabilities
    for name in ("hover", "definition", "references", "rename", "completion", "signatureHelp", "documentSymbol", "semanticTokens",
                 "documentFormatting", "inlayHint"):
        assert offered[name + "Provider"], name
    assert offered["textDocumentSync"]["change"] == 2


def test_diagnostics_follow_the_buffer(opened):
    assert opened.wait_diagnostics(URI) == []
    line, start = place(TEXT, "|twice(z, by = 3)")
    opened.change(URI, (line, start, line, start + 5, "twixe"))
    (found,) = opened.wait_diagnostics(URI)
    assert found["code"] == "E0202" and found["severity"] == 1 and "did you mean 'twice'?" in found["message"]
    assert texts(opened, [found["range"]], TEXT.replace("twice(z", "twixe(z")) == ["twixe"]
    opened.change(URI, (line, start, line, start + 5, "twice"))
    assert opened.wait_diagnostics(URI) == []


def test_diagnostics_name_all_places(client):
    client.open(URI, "kernel k(x: f32[M, K], w: f32[K, N]) -> f32[M, N] {\n  return [i, j] x[i, j] + w[i, j]\n}\n")
    found = client.wait_diagnostics(URI)
    assert any(each["relatedInformation"][0]["location"]["uri"] == URI for each in found if "relatedInformation" in each)


def test_edits_count_utf16_units(opened):
    line, behind = place(TEXT, "takes two units|")
    opened.change(URI, (line, behind - len("units"), line, behind, "𝛼𝛼"), (line, 0, line, 2, "   "))
    text = TEXT.replace("two units", "two 𝛼𝛼").replace("  let y", "   let y")
    assert hover(opened, "let |s[i]", text)
    formatted = apply_edits(text, opened.about("formatting", URI))
    assert "\n  let y = x @ w + bias  // πr²: 𝛼 takes two 𝛼𝛼\n" in formatted


def test_hover(opened):
    assert hover(opened, "let |y =") == "```flex\nlet y: T[M, N]\n```"
    assert hover(opened, "let s|[i]") == "```flex\nlet s: T[M]\n```"
    assert "var z: T[M, N]" in hover(opened, "z = |twice(z".replace("|", "").replace("z = ", "|z = "))
    assert "j in 0..N-1" in hover(opened, "sum(j) y[i, |j]").replace(" - ", "-")
    assert "parameter of `layer`" in hover(opened, "x @ |w") and "w: T[K, N]" in hover(opened, "x @ |w")
    assert "dimension of `layer`" in hover(opened, "x: T[|M, K]")
    assert "f16 | f32" in hover(opened, "bias: |T[N]")
    assert hover(opened, "|twice(z") == "```flex\nfn twice(x: float, by: float = 2) -> float\n```\n\nTwice the input."
    assert "fn relu(x: float) -> float" in hover(opened, "nn.|relu") and "max(x, 0)" in hover(opened, "nn.|relu")
    assert "import nn" in hover(opened, "|nn.relu")
    assert "sum(j) x[i, j]" in hover(opened, "|sum(j)")
    assert hover(opened, "return [i, j] z[i, j] |/ s") is None
    assert hover(opened, "// |πr²") is None


def test_hover_without_saving(opened):
    line, start = place(TEXT, "|sum(j) y")
    opened.change(URI, (line, start, line, start + 3, "max"))
    text = TEXT.replace("sum(j) y", "max(j) y")
    assert "largest" in hover(opened, "|max(j) y", text)


def test_definition(opened):
    found = at(opened, "definition", "z = |twice(")
    assert found["uri"] == URI and texts(opened, [found["range"]]) == ["twice"] and found["range"]["start"]["line"] == 3
    assert at(opened, "definition", "y[i, |j]")["range"]["start"]["character"] == place(TEXT, "sum(|j)")[1]
    assert at(opened, "definition", "by |= 3".replace("by |", "|by "))["range"]["start"]["line"] == 3
    assert at(opened, "definition", "|sum(j)") is None


def test_definition_in_the_library(tmp_path):
    with Client(env={"XDG_CACHE_HOME": str(tmp_path)}) as client:
        client.open(URI, TEXT)
        found = client.at("definition", URI, *place(TEXT, "nn.|relu"))
    assert found["uri"] == f"file://{tmp_path}/flex/std/nn.flex"
    line = (tmp_path / "flex/std/nn.flex").read_text().split("\n")[found["range"]["start"]["line"]]
    assert line.startswith("fn relu(")


def test_references(opened):
    found = at(opened, "references", "let |y", context={"includeDeclaration": True})
    assert len(found) == 3 and texts(opened, [each["range"] for each in found]) == ["y"] * 3
    assert len(at(opened, "references", "let |y", context={"includeDeclaration": False})) == 2
    assert len(at(opened, "references", "T[|N]", context={"includeDeclaration": True})) == 3  # w, bias, the result
    assert len(at(opened, "documentHighlight", "var |z")) == 4


def test_rename(opened):
    edits = at(opened, "rename", "let |y", newName="product")["changes"][URI]
    text = apply_edits(TEXT, edits)
    assert text == TEXT.replace("let y", "let product").replace(" y[i", " product[i").replace("relu(y)", "relu(product)")
    opened.change(URI, text)
    assert opened.wait_diagnostics(URI) == []
    edits = at(opened, "rename", "float, |by", text=text, newName="factor")["changes"][URI]
    text = apply_edits(text, edits)
    assert "x * factor }" in text and "twice(z, factor = 3)" in text
    opened.change(URI, text)
    assert opened.wait_diagnostics(URI) == []


@pytest.mark.parametrize("marked, name, why", [
    ("let |y", "s", "already defined"), ("let |y", "let", "part of the language"), ("let |y", "2y", "is not a name"),
    ("let |y", "exp", "part of the language"), ("nn.|relu", "other", "another file"), ("|sum(j)", "other", "part of the language"),
    ("|twice(z", "layer", "already defined"), ("y[i, j] z[i, j] |/", "x", "no name here"),
])
def test_rename_refused(opened, marked, name, why):
    if "|/" in marked:
        marked = "z[i, j] |/ s"
    with pytest.raises(Failure, match=why):
        at(opened, "rename", marked, newName=name)


def test_prepare_rename(opened):
    assert at(opened, "prepareRename", "let |y")["placeholder"] == "y"
    assert at(opened, "prepareRename", "nn.|relu") is None


def labels(found):
    return {item["label"]: item for item in found["items"]}


def test_completion(opened):
    line, start = place(TEXT, "|return [i, j] z")
    opened.change(URI, (line, start, line, start, "let q = \n  "))
    text = TEXT.replace("  return", "  let q = \n  return")
    found = labels(at(opened, "completion", "let q = |", text))
    assert {"x", "w", "bias", "y", "s", "z", "M", "N", "T", "twice", "relu", "nn", "sum", "exp", "f32", "inf", "if"} <= set(found)
    assert found["y"]["detail"] == "T[M, N]" and found["twice"]["documentation"]["value"] == "Twice the input."
    assert "q" not in found and "i" not in found
    found = labels(at(opened, "completion", "y[i, |j]", text))
    assert "j" in found and "i" in found


def test_completion_of_members_modules_types_and_items(opened):
    line, start = place(TEXT, "|var z")
    opened.change(URI, (line, start, line, start, "let q = nn.\n  "))
    text = TEXT.replace("  var z", "  let q = nn.\n  var z")
    found = labels(at(opened, "completion", "let q = nn.|", text))
    assert {"relu", "softmax"} <= set(found) and "exp" not in found and "y" not in found
    opened.change(URI, "import \n" + TEXT)
    assert {"nn", "image", "linalg"} <= set(labels(opened.at("completion", URI, 0, 7)))
    opened.change(URI, TEXT)
    assert {"f32", "T"} <= set(labels(at(opened, "completion", "bias: |T[N]"))) and "y" not in labels(
        at(opened, "completion", "bias: |T[N]"))
    assert set(labels(opened.at("completion", URI, 1, 0))) == {"kernel", "fn", "import", "schedule"}
    assert labels(at(opened, "completion", "/// Twice| the")) == {}


def test_completion_of_argument_names(opened):
    assert "by =" in labels(at(opened, "completion", "twice(z, |by"))


def test_signature_help(opened):
    found = at(opened, "signatureHelp", "twice(|z")
    assert found["signatures"][0]["label"] == "fn twice(x: float, by: float = 2) -> float" and found["activeParameter"] == 0
    assert at(opened, "signatureHelp", "twice(z, |by")["activeParameter"] == 1
    line, start = place(TEXT, "|sum(j) y")
    opened.change(URI, (line, start, line, start + 6, "pad(y, axis = 0, "))
    text = TEXT.replace("sum(j) y", "pad(y, axis = 0,  y")
    found = at(opened, "signatureHelp", "axis = 0, | y", text)
    assert found["signatures"][0]["label"].startswith("pad(x, axis") and found["activeParameter"] == 2
    assert at(opened, "signatureHelp", "re|turn", text) is None


def test_signature_help_of_overloads(client):
    text = "fn f(a: float) -> float { a }\nfn f(a: float, b: float) -> float { a * b }\nkernel k(x: f32[N]) -> f32[N] { f(x, x) }\n"
    client.open(URI, text)
    found = client.at("signatureHelp", URI, *place(text, "f(x, |x)"))
    assert len(found["signatures"]) == 2 and found["activeSignature"] == 1 and found["activeParameter"] == 1


def test_document_symbols(opened):
    found = opened.about("documentSymbol", URI)
    assert [each["name"] for each in found] == ["twice", "layer"]
    assert [each["name"] for each in found[1]["children"]] == ["x", "w", "bias", "y", "s", "z"]
    assert found[1]["children"][0]["detail"] == "T[M, K]"
    assert found[1]["range"]["start"]["line"] == 6 and found[1]["range"]["end"]["line"] == 12


def decode(client, data):
    legend = client.capabilities["semanticTokensProvider"]["legend"]
    line = start = 0
    tokens = []
    for i in range(0, len(data), 5):
        line, start = line + data[i], data[i + 1] + (0 if data[i] else start)
        names = {name for bit, name in enumerate(legend["tokenModifiers"]) if data[i + 4] >> bit & 1}
        tokens.append((TEXT.split("\n")[line].encode("utf-16-le")[2 * start:2 * (start + data[i + 2])].decode("utf-16-le"),
                       legend["tokenTypes"][data[i + 3]], names))
    return tokens


def test_semantic_tokens(opened):
    tokens = decode(opened, opened.about("semanticTokens/full", URI)["data"])
    assert ("kernel", "keyword", set()) in tokens and ("var", "keyword", set()) in tokens
    assert ("layer", "function", {"declaration"}) in tokens and ("sum", "function", {"defaultLibrary"}) in tokens
    assert ("x", "parameter", set()) in tokens and ("T", "typeParameter", set()) in tokens and ("M", "enumMember", set()) in tokens
    assert ("nn", "namespace", set()) in tokens and ("f16", "type", {"defaultLibrary"}) in tokens
    assert ("// πr²: 𝛼 takes two units", "comment", set()) in tokens and ("2", "number", set()) in tokens
    part = {"start": {"line": 3, "character": 0}, "end": {"line": 4, "character": 0}}
    some = decode(opened, opened.about("semanticTokens/range", URI, range=part)["data"])
    assert some[0][0] == "fn" and len(some) < len(tokens)


def test_inlay_hints(opened):
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    found = {(each["position"]["line"], each["position"]["character"]): each["label"] for each in
             opened.about("inlayHint", URI, range=whole)}
    assert found[place(TEXT, "let y|")] == ": T[M, N]" and found[place(TEXT, "let s[i]|")] == ": T[M]"
    assert found[place(TEXT, "let s[i|]")] in (" in 0..M - 1", " in 0..M-1")
    assert place(TEXT, "sum(j|)") in found and place(TEXT, "return [i|, j]") in found
    one = {"start": {"line": 8, "character": 0}, "end": {"line": 8, "character": 99}}
    assert len(opened.about("inlayHint", URI, range=one)) == 3


def test_formatting(opened):
    opened.change(URI, TEXT.replace("let y = x @ w", "let   y=x@w").replace("z, by = 3", "z,by=3"))
    text = TEXT.replace("let y = x @ w", "let   y=x@w").replace("z, by = 3", "z,by=3")
    edits = opened.about("formatting", URI, options={"tabSize": 8, "insertSpaces": False})
    assert apply_edits(text, edits) == TEXT.replace("bias //", "bias  //")
    opened.change(URI, text + "kernel broken(")
    assert opened.about("formatting", URI) == []


def test_unsaved_import(client, tmp_path):
    other, main = (tmp_path / "other.flex").as_uri(), (tmp_path / "main.flex").as_uri()
    (tmp_path / "other.flex").write_text("fn old(x: float) -> float { x }\n")
    text = "import other\nkernel k(x: f32[N]) -> f32[N] { other.fresh(x) }\n"
    client.open(main, text)
    assert client.wait_diagnostics(main)[0]["code"] == "E0206"
    client.open(other, "fn fresh(x: float) -> float { x }\n")
    client.diagnostics.clear()
    client.wait_diagnostics(main)
    while client.diagnostics[main][1]:
        client.receive()
    changes = client.at("rename", other, 0, 3, newName="newer")["changes"]
    assert set(changes) == {main, other} and apply_edits(text, changes[main]) == text.replace("fresh", "newer")
    client.notify("textDocument/didClose", {"textDocument": {"uri": other}})
    client.diagnostics.clear()
    while not client.diagnostics.get(main, (0, []))[1]:
        client.receive()
    assert client.diagnostics[other] == (None, [])


def test_errors_of_an_imported_file(client, tmp_path):
    (tmp_path / "broken.flex").write_text("fn f(x: float) -> float { x +\n")
    (tmp_path / "wrong.flex").write_text("fn g(x: float) -> float { undefined }\n")
    main = (tmp_path / "main.flex").as_uri()
    client.open(main, "import broken\nimport wrong\nkernel k(x: f32[N]) -> f32[N] { wrong.g(x) }\n")
    found = {each["code"]: each for each in client.wait_diagnostics(main)}
    related = {code: each["relatedInformation"][0]["location"]["uri"] for code, each in found.items()}
    assert found["E0201"]["range"]["start"]["line"] == 2 and related["E0201"] == (tmp_path / "wrong.flex").as_uri()
    syntax = next(each for code, each in found.items() if code.startswith("E01"))
    assert syntax["range"]["start"]["line"] == 0 and related[syntax["code"]] == (tmp_path / "broken.flex").as_uri()


def test_every_prefix_of_a_file(client):
    """While typing: all requests are answered at any stage of a file."""
    client.open(URI, "")
    for end in range(0, len(TEXT), 23):
        client.change(URI, TEXT[:end])
        line = TEXT[:end].count("\n")
        character = len(TEXT[:end].split("\n")[-1].encode("utf-16-le")) // 2
        for method in ("hover", "completion", "signatureHelp", "definition", "references", "prepareRename"):
            client.at(method, URI, line, character)
        for method in ("documentSymbol", "semanticTokens/full", "formatting"):
            client.about(method, URI)
    client.wait_diagnostics(URI)


def test_many_edits_are_one_text(client):
    """After any edits the server has the text that the client has."""
    random, text = Random(3), TEXT
    client.open(URI, text)
    for _ in range(150):
        lines = text.split("\n")
        ends = []
        for _ in range(2):
            line = random.randrange(len(lines))
            at = random.randrange(len(lines[line]) + 1)
            ends.append((line, at))
        (first, a), (last, b) = sorted(ends) if random.random() < 0.3 else [ends[0]] * 2
        new = random.choice(["", "x", "\n", "𝛼", "let q = ", "(", "// é\n", "kernel "])
        units = [len(lines[line][:at].encode("utf-16-le")) // 2 for line, at in ((first, a), (last, b))]
        client.change(URI, (first, units[0], last, units[1], new))
        text = "\n".join([*lines[:first], lines[first][:a] + new + lines[last][b:], *lines[last + 1:]])
        text = text if text.count("\n") > 3 else text + TEXT
        if text.endswith(TEXT) and text.count("\n") <= TEXT.count("\n") + 4:
            client.change(URI, text)
    client.open(URI + "2", text)
    for method in ("semanticTokens/full", "documentSymbol", "formatting"):
        assert client.about(method, URI) == client.about(method, URI + "2"), method
    shown = [[{key: value for key, value in each.items() if key != "relatedInformation"} for each in client.wait_diagnostics(uri)]
             for uri in (URI, URI + "2")]
    assert shown[0] == shown[1]


def test_untitled_documents(client):
    client.open("untitled:Untitled-1", "kernel k(x: f32[N]) -> f32[N] { x + y }\n")
    assert client.wait_diagnostics("untitled:Untitled-1")[0]["code"] == "E0201"


@pytest.mark.parametrize("message", [
    b"{", b"[]", b"7", b'"text"', b"{}", b'{"jsonrpc": "1.0", "id": 1, "method": "shutdown"}', b'{"jsonrpc": "2.0"}',
    b'{"jsonrpc": "2.0", "id": {}, "method": "shutdown"}', b'{"jsonrpc": "2.0", "method": 7}', b"\xff\xfe", b"[" * 100000,
])
def test_broken_messages(opened, message):
    opened.send(message)
    while "error" not in (answer := opened.receive()):
        pass
    assert answer["id"] is None and answer["error"]["code"] in (-32700, -32600)
    assert hover(opened, "let |y =")


@pytest.mark.parametrize("data", [
    b"Content-Length: x\r\n\r\n", b"Content-Length: -5\r\n\r\n", b"Content-Length: 99999999999\r\n\r\n", b"Header: none\r\n\r\n",
    b"\r\n\r\n", b"noise without an end" * 1000 + b"\r\n\r\n",
])
def test_broken_headers(opened, data):
    opened.send_bytes(data)
    while "error" not in (answer := opened.receive()):
        pass
    assert answer["error"]["code"] == -32700
    assert hover(opened, "let |y =")


@pytest.mark.parametrize("method, params, code", [
    ("textDocument/hover", None, -32602), ("textDocument/hover", {"textDocument": {"uri": URI}}, -32602),
    ("textDocument/hover", {"textDocument": {"uri": URI}, "position": "here"}, -32602),
    ("textDocument/hover", {"textDocument": {"uri": "file:///closed.flex"}, "position": {"line": 0, "character": 0}}, -32602),
    ("textDocument/inlayHint", {"textDocument": {"uri": URI}}, -32602), ("no/such/method", {}, -32601),
])
def test_wrong_parameters(opened, method, params, code):
    with pytest.raises(Failure) as failure:
        opened.request(method, params)
    assert failure.value.code == code
    assert hover(opened, "let |y =")


def test_positions_beyond_the_end(opened):
    for line, character in ((10**6, 0), (0, 10**6), (-1, 0), (2**31 - 1, 2**31 - 1)):
        opened.at("hover", URI, line, character)
        opened.at("completion", URI, line, character)
    opened.change(URI, (0, 0, 10**6, 10**6, ""))
    assert opened.wait_diagnostics(URI) == []
    opened.change(URI, (5, 0, 2, 0, "ignored"))
    assert opened.about("documentSymbol", URI) == []


def test_before_initialize_and_after_shutdown():
    with Client(initialize=False) as client:
        with pytest.raises(Failure) as failure:
            client.about("documentSymbol", URI)
        assert failure.value.code == -32002
        client.request("initialize", {"capabilities": {}})
        client.open(URI, TEXT)
        assert client.request("shutdown") is None
        with pytest.raises(Failure) as failure:
            client.about("documentSymbol", URI)
        assert failure.value.code == -32600
        client.notify("exit", None)
        assert client.process.wait(timeout=60) == 0


def test_the_end_of_the_input_ends_the_server(client):
    client.process.stdin.close()
    assert client.process.wait(timeout=60) == 1


def test_messages_in_pieces(opened):
    body = json.dumps({"jsonrpc": "2.0", "id": 77, "method": "textDocument/documentSymbol", "params": {"textDocument": {"uri": URI}}}).encode()
    for byte in b"Content-Type: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body:
        opened.send_bytes(bytes([byte]))
    while opened.receive().get("id") != 77:
        pass
