"""A Pygments lexer for kernel text; keywords come from include/flex/KernelLang/Tokens.def, so that it knows what the compiler knows."""

import json
import re
from pathlib import Path

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

__all__ = ["FlexLexer"]
TOKENS = (Path(__file__).parents[2] / "include/flex/KernelLang/Tokens.def").read_text(encoding="utf-8")
KEYWORDS = re.findall(r'^KEYWORD\(\w+, "(\w+)"\)', TOKENS, re.M)
# The names that the editors' grammar knows; a unit test compares them with the compiler's.
GRAMMAR = json.loads((Path(__file__).parents[2] / "editors/vscode/syntaxes/flex.tmLanguage.json").read_text(encoding="utf-8"))


def names(group):
    return re.search(r"\(\?:(.*?)\)", GRAMMAR["repository"][group]["match"]).group(1).split("|")


TYPES = names("types") + ["dim"]
BUILTINS = names("builtins") + ["scan"]


class FlexLexer(RegexLexer):
    name = "Flex"
    aliases = ["flex", "flex-wrong", "flex-shown"]
    filenames = ["*.flex"]
    tokens = {
        "root": [
            (r"///.*$", String.Doc),
            (r"//.*$", Comment.Single),
            (r"@\w+(?=\s*\()", Name.Decorator),
            (r"(kernel|fn)(\s+)(\w+)", lambda lexer, match, ctx=None: FlexLexer.declaration(match)),
            (words(KEYWORDS + ["var", "inout", "as"], suffix=r"\b"), Keyword),
            (words(names("constants"), suffix=r"\b"), Keyword.Constant),
            (words(TYPES, suffix=r"\b"), Keyword.Type),
            (words(BUILTINS, suffix=r"(?=\()"), Name.Builtin),
            (r"0x[0-9a-fA-F_]+|0b[01_]+|\d[\d_]*(\.(?!\.)\d*)?([eE][+-]?\d+)?", Number),
            (r"[A-Z]\w*", Name.Constant),
            (r"[A-Za-z_]\w*", Name),
            (r"\.\.\.?|->|\*\*|<<|>>|[=!<>]=|&&|\|\||[-+*/%@=!<>&|^~]", Operator),
            (r"[()\[\]{},:.;]", Punctuation),
            (r"\s+", Text),
            (r".", Text),
        ]
    }

    @staticmethod
    def declaration(match):
        yield match.start(1), Keyword.Declaration, match.group(1)
        yield match.start(2), Text, match.group(2)
        yield match.start(3), Name.Function, match.group(3)
