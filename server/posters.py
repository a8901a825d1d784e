"""Posters: a printable page for each checkpoint with its code, name and QR code, and for joining.

One HTML file without anything from elsewhere: the codes are drawings inside it.
What a QR code says is the checkpoint's secret, or its code where it has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import msgspec
import segno

QR_ERROR = "m"
"""Medium: a torn corner or a drop of rain, and the squares stay big."""
QUIET_SQUARES = 4

_HEAD = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
@page {{ size: A4; margin: 15mm }}
body {{ margin: 0; font-family: sans-serif; color: #000; background: #fff }}
section {{ break-after: page; break-inside: avoid; text-align: center }}
section {{ padding: 8mm 0; min-height: 240mm; box-sizing: border-box }}
section:last-child {{ break-after: auto }}
h1 {{ font-size: 16pt; font-weight: normal; margin: 0 }}
h2 {{ font-size: 110pt; line-height: 1; margin: 8mm 0 2mm }}
h3 {{ font-size: 26pt; margin: 0 0 6mm }}
svg {{ width: 110mm; height: 110mm }}
p {{ font-size: 14pt; margin: 3mm 0 }}
code {{ font-size: 20pt; letter-spacing: .05em; overflow-wrap: anywhere }}
</style>
</head>
<body>
"""


class Poster(msgspec.Struct, frozen=True):
    """One page: a big sign, what it is called, what the QR code says, and what is typed instead (empty: nothing)."""

    sign: str
    name: str
    says: str
    typed: str
    note: str


def posters_page(title: str, language: str, posters: Sequence[Poster]) -> str:
    """The whole file, a page a poster."""
    pages = "".join(_page(title, poster) for poster in posters)
    return _HEAD.format(title=escape(title), language=escape(language, quote=True)) + pages + "</body>\n</html>\n"


def qr_drawing(text: str) -> str:
    """The QR code of a text as an SVG element of black squares."""
    code = segno.make_qr(text, error=QR_ERROR)
    drawn: str = code.svg_inline(scale=4, border=QUIET_SQUARES, omitsize=True, light="#fff")
    return drawn


def _page(title: str, poster: Poster) -> str:
    typed = f"<p>or type <code>{escape(poster.typed)}</code></p>\n" if poster.typed else ""
    name = f"<h3>{escape(poster.name)}</h3>\n" if poster.name else ""
    note = f"<p>{escape(poster.note)}</p>\n" if poster.note else ""
    return (
        f"<section>\n<h1>{escape(title)}</h1>\n<h2>{escape(poster.sign)}</h2>\n{name}"
        f"{qr_drawing(poster.says)}\n{typed}{note}</section>\n"
    )
