"""XML from strangers to a plain tree: no document type, so no entities, no bombs, no foreign files.

Expat is fed directly: a document type is refused where it stands, depth and
number of elements are bounded, and faults name their line. Namespaces are
dropped from names.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.parsers import expat

from server.formats.cards import FILE_BYTES_MAX, fault

DEPTH_MAX = 40
ELEMENTS_MAX = 2_000_000
TEXT_CHARS_MAX = 10_000


class Node:
    """An element: its name, attributes, text, line and children."""

    __slots__ = ("attributes", "children", "line", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str], line: int) -> None:
        self.name, self.attributes, self.line = name, attributes, line
        self.text = ""
        self.children: list[Node] = []

    def all(self, name: str) -> Iterator[Node]:
        """The children of this name."""
        return (child for child in self.children if child.name == name)

    def first(self, path: str) -> Node | None:
        """The first element down a path of names such as `Result/Time`."""
        node: Node | None = self
        for name in path.split("/"):
            node = next(node.all(name), None) if node is not None else None
        return node

    def said(self, path: str) -> str:
        """The text of the first element down a path; empty where there is none."""
        node = self.first(path)
        return node.text.strip() if node is not None else ""


def parse_xml(data: bytes, file: str, text_chars_max: int = TEXT_CHARS_MAX) -> Node:
    """The root of a document; raises `CardFileError`: `file_too_big`, `file_malformed`, `xml_doctype`."""
    if len(data) > FILE_BYTES_MAX:
        raise fault(file, "file_too_big", f"more than {FILE_BYTES_MAX // 2**20} MiB: split it")
    builder = _Builder(file, text_chars_max)
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        message = expat.ErrorString(error.code)
        raise fault(file, "file_malformed", f"this is no XML: {message}", f"line {error.lineno}") from error
    except (LookupError, ValueError) as error:
        raise fault(file, "file_encoding", f"its encoding is not known here: {error}") from error
    assert builder.root is not None, "expat refuses a document without an element"
    return builder.root


class _Builder:
    def __init__(self, file: str, text_chars_max: int) -> None:
        self.file, self.text_chars_max = file, text_chars_max
        self._open: list[Node] = []
        self._count = 0
        self.root: Node | None = None
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _doctype(self, *_: object) -> None:
        where = f"line {self.parser.CurrentLineNumber}"
        raise fault(self.file, "xml_doctype", "it declares a document type, which no IOF file needs: remove it", where)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        line = self.parser.CurrentLineNumber
        if len(self._open) >= DEPTH_MAX or self._count > ELEMENTS_MAX:
            raise fault(self.file, "file_malformed", "it is nested too deep or has too many elements", f"line {line}")
        node = Node(name.rpartition("}")[2], attributes, line)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        node = self._open[-1]
        if len(node.text) < self.text_chars_max:
            node.text += text
