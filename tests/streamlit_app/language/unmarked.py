"""Finds the texts in a page's code that are not marked for translation."""

import ast
import re
from collections.abc import Iterator
from typing import Final

#: Makes a text of its arguments.
_MARKS: Final = {"Text", "Plural"}
#: What stands in these is for a program.
_NO_WORDS: Final = {
    "ParamSpec",
    "Path",
    "Template",
    "TypeVar",
    "compile",
    "component",
    "debug",
    "Gauge",
    "Changes",
}
#: Constants that hold a name that is the same in every language, or words for a program.
_FOR_PROGRAMS: Final = {
    "ASKED_ABOUT",
    "AT",
    "BRAND",
    "FACTS_SHOWN",
    "FAILURE",
    "FILES_OF_STREAMLIT",
    "FONT_FAMILY",
    "FRAMES",
    "GROUPS",
    "NAMELESS",
    "Order",
    "DEMO_COMMAND",
    "PARAMETER",
    "ROWS",
    "SECTION",
    "SHOWN",
    "SPEED",
    "STATES",
}
_WORDS: Final = re.compile(r"[A-Z“][a-z]+([.:,?]| \S)|(^|\s)[A-Z][a-z]+$|[a-z]{2,} [a-z“{]")
_WORD: Final = re.compile(r"[A-Za-z]+")
_MARKUP: Final = re.compile(r"^:|[<>=;]|--|://")


def unmarked(module: ast.Module) -> list[str]:
    """Return the texts that people would read and no catalogue knows, in their order."""
    found: list[str] = []
    for statement in module.body:
        if _is_docstring(statement):
            continue
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
            found += _of_constant(_name(statement), statement.value)
        else:
            found += _of_code(statement)
    return found


def _name(statement: ast.Assign | ast.AnnAssign) -> str:
    target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _of_constant(name: str, value: ast.expr) -> Iterator[str]:
    """A public constant is what a page says, word by word; a private one only if it is words."""
    for text in _texts(value):
        is_page_word = not name.startswith("_") and _WORD.fullmatch(text)
        if name not in _FOR_PROGRAMS and (_reads_like_words(text) or is_page_word):
            yield text


def _of_code(statement: ast.stmt) -> Iterator[str]:
    for function in ast.walk(statement):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            function.body = [each for each in function.body if not _is_docstring(each)]
    for text in _texts(statement):
        if _reads_like_words(text):
            yield text


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and _called(node) in _MARKS | _NO_WORDS:
        return
    if isinstance(node, ast.Raise):  # for whoever runs the platform, or made with a text
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.Subscript):  # the name of a part is for a program
        yield from _texts(node.value)
        return
    children = node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node)
    for child in children:
        yield from _texts(child)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _reads_like_words(text: str) -> bool:
    return _WORDS.search(text) is not None and _MARKUP.search(text) is None
