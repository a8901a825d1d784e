"""The kiosk's page as HTML: one code, large, and when it was made."""

from __future__ import annotations

from html import escape

from server.kiosk_time import Shown
from server.web.page_head import page_head

_BODY = """<header><h1>{name}: time</h1>
<p class="rules">No network? Scan or type this code: it is a witness for your clock.</p></header>
<main class="nonce"><img src="{picture}" alt="QR code of the letters below" width="320" height="320">
<p><strong>{code}</strong></p><p><a href="../staff">Staff page</a></p></main>
</body>
</html>
"""


def render(name: str, shown: Shown, picture: str, now_ms: int) -> str:
    """The whole page; it asks for the next code when this one's time is over."""
    again_s = max(1, min(30, -(-(shown.to_ms - now_ms) // 1000)))
    return page_head(f"{name}: time", staff=True, scheme="light", again_s=again_s) + _BODY.format(
        name=escape(name), code=escape(shown.code), picture=escape(picture)
    )
