"""What mkdocs does beside its own: highlights kernel text, writes the pages that are generated, and shows links out of docs/ as text.

The library's pages come from `flexc doc`, the list of diagnostics from the pages below docs/language/errors.
"""

import os
import posixpath
import re
import subprocess
import sys
from pathlib import Path

from mkdocs.structure.files import File
from pygments.lexers import LEXERS

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(Path(__file__).parent))  # mkdocs takes it away again: the lexer is imported now, not when it is needed
from flex_lexer import FlexLexer  # noqa: E402

LEXERS["FlexLexer"] = ("flex_lexer", FlexLexer.name, tuple(FlexLexer.aliases), tuple(FlexLexer.filenames), ())
LISTS = {}  # by page: what stands for its `<!-- list -->`
LINK = re.compile(r"\[([^\]]+)\]\(([^)#:\s]+)(#[^)]*)?\)")


def flexc(*words):
    return subprocess.run([os.environ.get("FLEXC", "flexc"), *words], capture_output=True, text=True, check=True).stdout


def library():
    """The pages of the library, by their paths."""
    modules = flexc("doc").split()
    pages = {f"library/{name}.md": flexc("doc", name) for name in modules}
    rows = []
    for name in modules:
        intro = pages[f"library/{name}.md"].split("\n\n")[1:2]
        rows.append(f"| [{name}]({name}.md) | {intro[0].splitlines()[0].split('. ')[0].rstrip('.') if intro else ''} |")
    LISTS["library/index.md"] = "| Module | |\n|---|---|\n" + "\n".join(rows) + "\n"
    return pages


def diagnostics():
    rows = []
    for page in sorted((ROOT / "docs/language/errors").glob("[EW]*.md")):
        title = page.read_text(encoding="utf-8").splitlines()[0].split(": ", 1)[1]
        rows.append(f"| [{page.stem}]({page.name}) | {title.replace('|', chr(92) + '|')} |")
    LISTS["language/errors/index.md"] = "| Code | |\n|---|---|\n" + "\n".join(rows) + "\n"


def on_files(files, config):
    diagnostics()
    for path, text in library().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown, page, config, files):
    def shown(match):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page.file.src_uri), match.group(2)))
        return f"`{posixpath.normpath('docs/' + target)}`" if target.startswith("../") else match.group(0)

    return LINK.sub(shown, markdown.replace("<!-- list -->", LISTS.get(page.file.src_uri, "")))
