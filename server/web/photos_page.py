"""The photos for staff as HTML: each with its buttons, those that wait for a decision first, and nobody's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

from client_core.game.actions import StaffCode
from client_core.game.content import Package
from client_core.game.desk import Picture
from server.local_time import clock_text, zone_of
from server.web.page_head import page_head

_BODY = """<header><h1>{name}: photos</h1>
<p class="rules">{label} · <a href="../staff">staff page</a> · <a href="../gallery">gallery</a></p></header>
<main>
<p>Whose they are is left out: who judges need not know. Those that wait for a decision stand first.</p>
<ul id="photos">
{photos}
</ul>
</main>
</body>
</html>
"""
_PHOTO = """<li id="{id}"><figure><a href="photo/{blob}"><img src="photo/{blob}" alt="Photo for {challenge}, {at}:
 perhaps it has not arrived here yet" loading="lazy" decoding="async"></a>
<figcaption>{challenge} <time>{at}</time></figcaption></figure>
<p>{state}</p>
<form method="post" action="photos"><input type="hidden" name="photo" value="{id}">{buttons}</form></li>"""


class Standing(NamedTuple):
    """How a photo stands: what staff judged (None: nothing), and whether a minor keeps it out of the gallery."""

    right: bool | None
    minor: bool


def render(
    package: Package, pictures: Sequence[Picture], standings: Mapping[bytes, Standing], code: StaffCode, *, judges: bool
) -> str:
    """The whole page; `judges`: whether this role decides on results."""
    zone = zone_of(package.time_zone)

    def photo(one: Picture) -> str:
        number, standing = one.photo.challenge, standings[one.id]
        known = package.challenges[number] if number < len(package.challenges) else None
        challenge = (known.name or known.code) if known else "a challenge"
        at = clock_text(one.photo.at_ms, zone, "?")
        return _PHOTO.format(
            id=one.id.hex(),
            blob=one.photo.blob.hex(),
            challenge=escape(challenge),
            at=at,
            state=escape(_state(one, standing)),
            buttons="".join(
                _button(do, f"photo for {challenge}, {at}") for do in _buttons(one, standing, judges=judges)
            ),
        )

    return page_head(f"{package.name}: photos for staff", staff=True) + _BODY.format(
        name=escape(package.name),
        label=escape(f"{code.label} ({code.role.name.lower()})"),
        photos="\n".join(map(photo, pictures)) or "<li>No photo has arrived yet.</li>",
    )


def _state(one: Picture, standing: Standing) -> str:
    judged = {None: "not judged", True: "judged right", False: "judged wrong"}[standing.right]
    place = "in the gallery" if one.shown else "not in the gallery"
    if standing.minor:
        place = "never in the gallery: a minor plays in its team"
    reports = f", reported {len(one.reports)} time{'' if len(one.reports) == 1 else 's'}" if one.reports else ""
    return f"{judged}; {place}{reports}{' since staff looked' if one.reports and one.waiting else ''}"


def _buttons(one: Picture, standing: Standing, *, judges: bool) -> list[str]:
    """What can be done about it."""
    found = ["right"] * (standing.right is not True) + ["wrong"] * (standing.right is not False) if judges else []
    show, hide = not one.shown and not standing.minor, one.shown or (one.waiting and not standing.minor)
    return [*found, *["show"] * show, *["hide"] * hide]


def _button(do: str, label: str) -> str:
    return f'<button name="do" value="{do}" aria-label="{do}: {escape(label)}">{do}</button>'
