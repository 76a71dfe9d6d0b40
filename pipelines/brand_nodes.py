"""YAML as nodes that know their lines: reads values out of them and collects what is wrong."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from unicodedata import normalize

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

PLACEHOLDER = "FILL_IN"
"""Stands in a new brand file where only the owner knows what belongs there."""

_TAG = "tag:yaml.org,2002:"
_KINDS = {
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "timestamp": "a date",
    "null": "empty",
    "map": "a group of `key: value` lines",
    "seq": "a list",
}
_BARE_HANDLE = re.compile(r"^(\s*(?:-\s+)?(?:-\s+)?handle:\s+)(@[^\s#'\"]+)", re.MULTILINE)
_PLAIN_NUMBER = re.compile(r"0|-?[1-9][0-9]*")


class YamlMistake(Exception):
    """The text is no YAML at all; `line` counts from 1."""

    def __init__(self, line: int, sentence: str) -> None:
        self.line, self.sentence = line, sentence
        super().__init__(f"line {line}: {sentence}")


def compose(content: str) -> Node | None:
    """Return the document's root node, None if it holds nothing. Raises YamlMistake.

    YAML forbids a bare @ at the beginning of a value; in a handle it is quoted silently.
    """
    try:
        return _compose(content)
    except YamlMistake:
        quoted = _BARE_HANDLE.sub(r"\1'\2'", content)
        if quoted == content:
            raise
    return _compose(quoted)


def _compose(content: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    try:
        root: Node | None = yaml.compose(content)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlMistake(mark.line + 1 if mark else 1, _explain(error)) from error
    except ReaderError as error:
        line = content.count("\n", 0, error.position) + 1
        raise YamlMistake(line, "holds a control character; is this a text file?") from error
    except RecursionError as error:
        raise YamlMistake(1, "is nested too deeply") from error
    except (YAMLError, ValueError) as error:
        raise YamlMistake(1, f"cannot be read as YAML: {error}") from error
    return root


def _explain(error: MarkedYAMLError) -> str:
    problem = " ".join(str(error.problem or error.context).split())
    if "'\\t'" in problem:
        return "is indented with a tab; use spaces"
    if "'@'" in problem or "'`'" in problem:
        return "begins with a character that YAML keeps for itself; put the value in quotes"
    if "another document" in problem:
        return "begins a second document (`---`); a brand file holds one"
    if "mapping values are not allowed" in problem:
        return "has a colon in a value, or wrong indentation; put the value in quotes or align the line"
    return f"is not valid YAML: {problem}"


class NodeReader:
    """Reads typed values and goes on after a mistake, so that the user hears of all of them at once.

    A value that is missing or left empty reads as "" or (); one that is wrong reads as None: its mistake
    is noted.
    """

    def __init__(self) -> None:
        self._mistakes: list[tuple[int, str]] = []

    @property
    def mistakes(self) -> tuple[str, ...]:
        """One sentence each, in the order of the lines."""
        return tuple(f"line {line}: {sentence}" for line, sentence in sorted(self._mistakes, key=_line_only))

    def mistake(self, node: Node, sentence: str) -> None:
        """Note what is wrong with a node."""
        self._mistakes.append((line_of(node), sentence))

    def mapping(self, node: Node, *, named: str, known: Collection[str]) -> dict[str, Node] | None:
        """Return a group's values by key; unknown and repeated keys are mistakes."""
        if not self._is(node, MappingNode, named, "a group of `key: value` lines"):
            return None
        values: dict[str, Node] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else ""
            if name not in known:
                self.mistake(key, f"`{_short(name)}` is not known here{suggestion(name, known)}")
            elif name in values:
                self.mistake(
                    key, f"`{name}` was already given (its value is in line {line_of(values[name])})"
                )
            else:
                values[name] = value
                if _is_null(value):
                    value.start_mark = key.start_mark  # a value left empty "begins" at the next word
        return values

    def items(self, node: Node | None, *, named: str) -> list[Node]:
        """Return the entries of a list, none where it is missing, empty or wrong."""
        if node is None or _is_null(node):
            return []
        if not self._is(node, SequenceNode, f"`{named}`", "a list, one entry a line, each behind a `-`"):
            return []
        return list(node.value)

    def text(self, node: Node | None, *, named: str) -> str | None:
        """Return a text in NFC without blanks around it."""
        if node is None or _is_null(node):
            return ""
        if not self._is(node, ScalarNode, f"`{named}`", "text"):
            return None
        if _kind(node) != "str":
            self.mistake(
                node,
                f"`{named}` must be text, but {_short(node.value)} is {_of_kind(node)}; put it in quotes",
            )
            return None
        return self._sound(node, str(node.value), named)

    def id_text(self, node: Node | None, *, named: str) -> str | None:
        """Return an id, which may be written as a plain decimal number: its digits are kept as they stand."""
        if isinstance(node, ScalarNode) and _kind(node) == "int" and not node.anchor:
            if _PLAIN_NUMBER.fullmatch(node.value):
                return str(node.value)
            self.mistake(node, f"`{named}`: {_short(node.value)} is no plain number; put the id in quotes")
            return None
        return self.text(node, named=named)

    def number(self, node: Node | None, *, named: str, default: int, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, `default` where it is missing or wrong."""
        if node is None or _is_null(node):
            return default
        if not self._is(node, ScalarNode, f"`{named}`", "a whole number"):
            return default
        written = str(node.value)
        plain = _kind(node) == "int" and _PLAIN_NUMBER.fullmatch(written) and len(written) < 12
        if not plain or not low <= int(written) <= high:
            self.mistake(
                node, f"`{named}` must be a whole number from {low} to {high}, not {_short(written)}"
            )
            return default
        return int(written)

    def _sound(self, node: Node, written: str, named: str) -> str | None:
        try:
            whole = written.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self.mistake(node, f"`{named}` holds half a character (a lone surrogate); write it anew")
            return None
        if PLACEHOLDER in whole:
            self.mistake(
                node, f"`{named}` still holds {PLACEHOLDER}: write your own value, or take the entry out"
            )
            return None
        return normalize("NFC", whole).strip()

    def _is(self, node: Node, wanted: type[Node], named: str, wanted_words: str) -> bool:
        if node.anchor:
            self.mistake(node, f"{named}: references (`&` and `*`) are not used here; write the value out")
            return False
        known_tag = (
            node.tag is not None and str(node.tag).startswith(_TAG) and _kind(node) in {*_KINDS, "str"}
        )
        if not known_tag:
            self.mistake(node, f"{named}: tags like `{_short(str(node.tag))}` are not used here; take it out")
            return False
        if not isinstance(node, wanted):
            self.mistake(node, f"{named} must be {wanted_words}, not {_of_kind(node)}")
            return False
        return True


def line_of(node: Node) -> int:
    """Return the line on which a node begins, from 1."""
    return int(node.start_mark.line) + 1


def suggestion(written: str, known: Collection[str]) -> str:
    """Return "; did you mean `…`?" for the nearest known word, else "; known are …"."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", written)
    snake = re.sub(r"[\s-]+", "_", snake.strip()).lower()
    near = difflib.get_close_matches(snake, known, n=1, cutoff=0.6)
    if near:
        return f"; did you mean `{near[0]}`?"
    return "; known are " + ", ".join(f"`{name}`" for name in known)


def _kind(node: Node) -> str:
    return str(node.tag).removeprefix(_TAG)


def _of_kind(node: Node) -> str:
    return _KINDS.get(_kind(node), "text")


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and _kind(node) == "null" and not node.anchor


def _short(written: str) -> str:
    return written if len(written) <= 60 else written[:59] + "…"


def _line_only(mistake: tuple[int, str]) -> int:
    return mistake[0]
