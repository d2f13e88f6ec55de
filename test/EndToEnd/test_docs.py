"""What the documentation shows is what happens: the commands of its `console` blocks run and print the lines below them.

A block with a title (```flex title="k.flex") is a file for the commands further down the page. In a shown output `…` stands for anything.
FLEX_UPDATE_GOLDEN=1 writes what was printed into the pages instead, except where a block has a `…`.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = Path(os.environ.get("FLEX_BUILD_DIR", ROOT / "build/dev"))
BLOCK = re.compile(r'^```(\w[\w-]*)(?: title="([^"]+)")?\n(.*?)^```$', re.M | re.S)
PAGES = [page for page in sorted((ROOT / "docs").rglob("*.md")) if "```console" in page.read_text(encoding="utf-8")]


def commands(block):
    """(command, what it prints) of a block: a command begins with `$ `, and goes on after a `\\` at the end of a line."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, output = re.sub(r"\\\n\s*", "", part).partition("\n")
        yield command, output


def pattern(output):
    return re.compile(r"[^\n]*".join(re.escape(piece) for piece in output.split("…")))


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT / "docs")) for page in PAGES])
def test_commands_print_what_is_shown(page, tmp_path):
    text = page.read_text(encoding="utf-8")
    env = dict(os.environ, PATH=f"{BUILD / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}", PYTHONPATH=str(ROOT / "python"),
               FLEX_CACHE_DIR=str(tmp_path / "cache"), FLEX_TUNING=str(tmp_path / "tuning.sqlite"), FLEX_LIBRARY=str(BUILD / "lib/libflexrt.so"))
    replacements = []
    for match in BLOCK.finditer(text):
        language, title, body = match.groups()
        if title:
            (tmp_path / title).write_text(body, encoding="utf-8")
        if language != "console":
            continue
        printed = []
        for command, expected in commands(body):
            done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=env, text=True, stdin=subprocess.DEVNULL, timeout=120,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert done.returncode >= 0 and done.stdout, f"$ {command}\nprints nothing, exit {done.returncode}"
            printed.append((command, done.stdout))
            if not os.environ.get("FLEX_UPDATE_GOLDEN"):
                assert pattern(expected).fullmatch(done.stdout), f"$ {command}\nprinted\n{done.stdout}\nbut the page shows\n{expected}"
        if "…" not in body and "\\\n" not in body:
            replacements.append((match.start(3), match.end(3), "".join(f"$ {command}\n{out}" for command, out in printed)))
    if os.environ.get("FLEX_UPDATE_GOLDEN"):
        for begin, end, new in reversed(replacements):
            text = text[:begin] + new + text[end:]
        page.write_text(text, encoding="utf-8")


def test_there_are_pages():
    assert len(PAGES) >= 3
