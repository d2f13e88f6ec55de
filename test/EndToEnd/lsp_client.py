"""A small client of the language server protocol: starts flex-lsp-server, sends messages, waits for answers."""

import json
import os
import queue
import subprocess
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("FLEX_BUILD_DIR", ROOT / "build/dev"))
SERVER = BUILD / "bin/flex-lsp-server"
TIMEOUT = 60


class Failure(Exception):
    """An error the server answered with."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]


class Client:
    def __init__(self, *options, initialize=True, env=None):
        self.process = subprocess.Popen([SERVER, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={**os.environ, **(env or {})})
        self.messages = queue.Queue()
        self.last_id = 0
        self.versions = {}
        self.diagnostics = {}
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._drain, daemon=True).start()
        if initialize:
            self.capabilities = self.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})["capabilities"]
            self.notify("initialized", {})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def _read(self):
        out = self.process.stdout
        while True:
            length = None
            while (line := out.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if length is None:
                break
            self.messages.put(json.loads(out.read(length)))
        self.messages.put(None)

    def _drain(self):
        self.log = self.process.stderr.read()

    def send_bytes(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message):
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.send_bytes(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def receive(self):
        message = self.messages.get(timeout=TIMEOUT)
        assert message is not None, "the server has ended"
        if message.get("method") == "textDocument/publishDiagnostics":
            params = message["params"]
            self.diagnostics[params["uri"]] = (params.get("version"), params["diagnostics"])
        return message

    def notify(self, method, params):
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method, params=None):
        self.last_id += 1
        self.send({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params})
        while (message := self.receive()).get("id") != self.last_id or "method" in message:
            pass
        if "error" in message:
            raise Failure(message["error"])
        return message["result"]

    # Documents.

    def open(self, uri, text):
        self.versions[uri] = 1
        document = {"uri": uri, "languageId": "flex", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def change(self, uri, *changes):
        """Whole texts, or (first line, character, last line, character, text)."""
        self.versions[uri] += 1
        made = [{"text": change} if isinstance(change, str) else
                {"range": {"start": {"line": change[0], "character": change[1]}, "end": {"line": change[2], "character": change[3]}},
                 "text": change[4]} for change in changes]
        self.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": self.versions[uri]}, "contentChanges": made})

    def wait_diagnostics(self, uri):
        """The diagnostics of the document's current version."""
        while self.diagnostics.get(uri, (None,))[0] != self.versions[uri]:
            self.receive()
        return self.diagnostics[uri][1]

    def at(self, method, uri, line, character, **more):
        return self.request(f"textDocument/{method}", {"textDocument": {"uri": uri}, "position": {"line": line, "character": character},
                                                       **more})

    def about(self, method, uri, **more):
        return self.request(f"textDocument/{method}", {"textDocument": {"uri": uri}, **more})


def place(text, marked):
    """Line and character of the '|' in `marked`, which stands in `text` without it."""
    before, after = marked.split("|")
    at = text.index(before + after) + len(before)
    line = text.count("\n", 0, at)
    return line, len(text[text.rfind("\n", 0, at) + 1:at].encode("utf-16-le")) // 2


def apply_edits(text, edits):
    """The text after non-overlapping edits."""
    lines = text.split("\n")

    def offset(position):
        line = lines[position["line"]] if position["line"] < len(lines) else ""
        units = line.encode("utf-16-le")[:2 * position["character"]].decode("utf-16-le")
        return sum(len(each) + 1 for each in lines[:position["line"]]) + len(units)

    for edit in sorted(edits, key=lambda each: offset(each["range"]["start"]), reverse=True):
        text = text[:offset(edit["range"]["start"])] + edit["newText"] + text[offset(edit["range"]["end"]):]
    return text
