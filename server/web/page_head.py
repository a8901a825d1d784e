"""What every page of the server begins with, up to its body: how it looks, and that it loads nothing from elsewhere."""

from __future__ import annotations

from html import escape

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="{scheme}">
{refresh}<title>{title}</title>
<link rel="icon" href="data:,">
{styles}{script}</head>
<body>
"""


def page_head(
    title: str, *, staff: bool = False, script: str = "", scheme: str = "light dark", again_s: int | None = None
) -> str:
    """The head; `title` is escaped here. `staff`: with what staff pages look like; `script`: a file of `static`.

    `again_s`: after so many seconds the browser asks for the page again.
    """
    styles = ("leaderboard.css", *(["staff.css"] if staff else []))
    return _HEAD.format(
        title=escape(title),
        scheme=scheme,
        refresh="" if again_s is None else f'<meta http-equiv="refresh" content="{again_s}">\n',
        styles="".join(f'<link rel="stylesheet" href="/static/{name}">\n' for name in styles),
        script=f'<script src="/static/{script}" defer></script>\n' if script else "",
    )
