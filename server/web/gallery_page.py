"""The gallery as HTML: every photo with the challenge that it answers and when, and nobody's name."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from client_core.game.content import Package
from client_core.game.desk import Picture
from server.local_time import moment_of, zone_of
from server.web.page_head import page_head

_BODY = """<a class="skip" href="#photos">Skip to the photos</a>
<header>
<p><a href="{back}">Leaderboard</a></p>
<h1>{name}: photos</h1>
<p class="rules">{count}</p>
</header>
<main>
{thanks}<ul id="photos">
{photos}
</ul>
</main>
<footer><p>Is there something that not everybody should see? Report the photo, and it is gone at once until staff have
looked at it.</p></footer>
</body>
</html>
"""

_PHOTO = (
    '<li><figure><img src="{src}" alt="Photo for {challenge}, {at}" loading="lazy" decoding="async">'
    '<figcaption>{challenge} <time datetime="{iso}">{at}</time></figcaption></figure>'
    '<form method="post" action="{report}"><button aria-label="Report the photo for {challenge}, {at}">Report'
    "</button></form></li>"
)

_THANKS = '<p class="state complete" role="status">Thank you: that photo is not shown any more. Staff look at it.</p>\n'


def render_gallery(
    package: Package, pictures: Sequence[Picture], address: str, home: str, *, reported: bool = False
) -> str:
    """The whole page; everything that people wrote is escaped. A photo is fetched below `address`.

    `home` is the game's page; `reported`: whoever looks has just reported a photo.
    """
    zone, challenges = zone_of(package.time_zone), package.challenges

    def photo(one: Picture) -> str:
        at = moment_of(one.photo.at_ms, zone)
        number = one.photo.challenge
        challenge = (challenges[number].name or challenges[number].code) if number < len(challenges) else "a challenge"
        return _PHOTO.format(
            src=escape(f"{address}/{one.id.hex()}"),
            challenge=escape(challenge),
            at=f"{at:%H:%M}" if at else "?",
            iso=at.isoformat(timespec="seconds") if at else "",
            report=escape(f"{home}/gallery/{one.id.hex()}/report"),
        )

    many = len(pictures)
    return page_head(f"{package.name}: photos") + _BODY.format(
        name=escape(package.name),
        count="No photo is shown yet." if not many else f"{many} photo{'' if many == 1 else 's'}, the latest first",
        back=escape(home),
        thanks=_THANKS if reported else "",
        photos="\n".join(map(photo, pictures)),
    )
