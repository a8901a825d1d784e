"""What is allowed in a game and probably not meant, and what can never be played."""

from __future__ import annotations

from collections.abc import Iterator

from client_core.game.challenges import Sealed
from client_core.game.checkpoints import Method, Plain
from client_core.game.content import Package
from client_core.game.geometry import distance_mm, radius_mm, spacing_mm
from client_core.game.groups import Answered, Atom, Visited
from client_core.game.publish import Draft
from client_core.game.showing import CheckInBy
from client_core.game.timing import CheckInStart
from server.authoring.reading import Report

LOOK_ALIKE = str.maketrans({"O": "0", "Q": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8", "G": "6"})
PAIRS_MAX = 2_000
"""So many checkpoints are compared with each other; a larger table is no game for automatic check-ins."""
SECRET_CHARACTERS_MIN = 8
FAR_AMONG = 4
FAR_TIMES = 20
FAR_MM_MIN = 20_000_000
"""Twenty times as far out as the middle one, and at least 20 km: a slip of a digit moves by degrees."""


def look_over(draft: Draft, package: Package, report: Report, now_ms: int) -> None:
    """Add what is found to the report."""
    _openings(package, report)
    kind_names = ["the game", *(str(path[1]) for path in report.lines if len(path) == 2 and path[0] == "kind")]
    kind_names += [f"kind {number}" for number in range(len(kind_names), len(package.kinds))]
    first: dict[str, str] = {}
    for checkpoint in package.checkpoints:
        plain = checkpoint.code.upper().translate(LOOK_ALIKE)
        other = first.setdefault(plain, checkpoint.code)
        if other != checkpoint.code:
            report.warn("codes_look_alike", ("checkpoints",), f"codes {other!r} and {checkpoint.code!r} look alike")
    for code, secret in draft.secrets:
        if len(secret) < SECRET_CHARACTERS_MIN:
            detail = f"the secret of {code} is short and can be guessed on a phone: write draw"
            report.warn("secret_weak", ("checkpoints",), detail)
    for number, kind in enumerate(package.kinds):
        outside = [h for h in kind.hours if h.to_ms < package.opens_at_ms or h.from_ms > package.closes_at_ms]
        if outside:
            name = kind_names[number]
            detail = f"the hours of {name} lie outside the time the game is open"
            report.warn("hours_outside", ("kind", name, "hours"), detail)
    if package.closes_at_ms <= now_ms:
        report.warn("game_over", ("start",), "the game lies in the past: nobody can play it any more")
    _paying(package, report)
    _far(package, report)
    _sealed(package, report)
    _fences(package, report)
    for catalog in package.catalogs:
        known = {text for text, _ in catalog.entries}
        missing = [text for text in _texts(package) if text not in known]
        if missing:
            detail = f"{len(missing)} texts are not translated to {catalog.language}, the first is {missing[0][:40]!r}"
            report.warn("text_missing", ("text", catalog.language), detail)


def _openings(package: Package, report: Report) -> None:
    """Open what can be opened until nothing more opens; what is left never can be."""
    within: dict[int, set[str]] = {}
    for group in package.groups:
        for number in {number for leg in group.legs for number in leg.any_of}:
            within.setdefault(number, set()).add(group.code)
    parent = {inner: group for group in package.groups for inner in group.groups}
    open_: set[str] = set()

    def reachable(number: int) -> bool:
        return number not in within or bool(within[number] & open_)

    def possible(atom: Atom) -> bool:
        if isinstance(atom, Visited):
            return reachable(atom.checkpoint)
        if isinstance(atom, Answered):
            at = package.challenges[atom.challenge].checkpoint
            return at is None or reachable(at)
        return True

    while True:
        found = {
            group.code
            for number, group in enumerate(package.groups)
            if group.code not in open_
            and (number not in parent or parent[number].code in open_)
            and (not group.opening or any(all(map(possible, one)) for one in group.opening))
        }
        if not found:
            break
        open_ |= found
    for group in package.groups:
        if group.code not in open_:
            detail = "it never opens: what opens it waits for itself, or for a group that never opens"
            report.error("group_unreachable", ("group", group.code, "opens"), detail)


def _paying(package: Package, report: Report) -> None:
    """Checkpoints that nobody has a reason to visit, in a game that goes by points."""
    if package.ranking.by_time:
        return
    asked = {challenge.checkpoint for challenge in package.challenges if challenge.points}
    used = {number for group in package.groups for leg in group.legs for number in leg.any_of}
    used |= {a.checkpoint for g in package.groups for ands in g.opening for a in ands if isinstance(a, Visited)}
    ends = {package.finish.checkpoint, package.start.checkpoint if isinstance(package.start, CheckInStart) else None}
    idle = [
        checkpoint.code
        for number, checkpoint in enumerate(package.checkpoints)
        if not checkpoint.points
        and number not in asked | used | ends
        and isinstance(package.kinds[checkpoint.kind].pay, Plain)
    ]
    if idle:
        shown = ", ".join(idle[:10]) + (f" and {len(idle) - 10} more" if len(idle) > 10 else "")
        report.warn("pays_nothing", ("points",), f"these pay nothing: {shown}")


def _far(package: Package, report: Report) -> None:
    """Checkpoints that lie so far from the others that a number is probably wrong."""
    placed = [(one.code, one.fence.metric) for one in package.checkpoints if one.fence is not None]
    if len(placed) < FAR_AMONG:
        return
    lon = sorted(metric.lon_e7 for _, metric in placed)[len(placed) // 2]
    lat = sorted(metric.lat_e7 for _, metric in placed)[len(placed) // 2]
    ways = [(spacing_mm(package.metric, (metric.lon_e7, metric.lat_e7), (lon, lat)), code) for code, metric in placed]
    usual_mm = sorted(ways)[len(ways) // 2][0]
    for way_mm, code in ways:
        if way_mm > max(FAR_MM_MIN, FAR_TIMES * usual_mm):
            detail = f"{code} lies {way_mm // 1_000_000} km from the middle of the others: is a digit wrong?"
            report.warn("checkpoint_far", ("checkpoints",), detail)


def _sealed(package: Package, report: Report) -> None:
    """Challenges that open with a QR code, where nobody may check in by one: phones would never read it."""
    for challenge in package.challenges:
        if isinstance(challenge.key, Sealed) and challenge.checkpoint is not None:
            checkpoint = package.checkpoints[challenge.checkpoint]
            methods = package.kinds[checkpoint.kind].methods
            if Method.QR not in methods and Method.CODE not in methods:
                detail = f"challenge {challenge.code} is sealed, but {checkpoint.code} is not visited by qr or code"
                report.warn("seal_unreadable", ("ways",), detail)


def _fences(package: Package, report: Report) -> None:
    """Fences that a phone may take for each other where it checks in by itself; a finish beside the start."""
    if package.showing.check_in is not CheckInBy.AUTOMATIC and not isinstance(package.start, CheckInStart):
        return
    fenced = [
        (checkpoint.code, checkpoint.fence)
        for checkpoint in package.checkpoints[:PAIRS_MAX]
        if checkpoint.fence is not None and Method.GPS in package.kinds[checkpoint.kind].methods
    ]
    finish = None if package.finish.checkpoint is None else package.checkpoints[package.finish.checkpoint].code
    for place, (code, fence) in enumerate(fenced):
        for other_code, other in fenced[:place]:
            at = other.metric.lon_e7, other.metric.lat_e7
            if distance_mm(fence, *at) <= radius_mm(fence) + radius_mm(other):
                hint = "; a team that starts there may finish at once" if finish in {code, other_code} else ""
                detail = f"the fences of {other_code} and {code} overlap: an automatic check-in may take either{hint}"
                report.warn("fences_overlap", ("checkpoints",), detail)


def _texts(package: Package) -> Iterator[str]:
    """Every text that players read."""
    for checkpoint in package.checkpoints:
        yield from filter(None, (checkpoint.name, checkpoint.text))
    for challenge in package.challenges:
        yield from filter(None, (challenge.name, challenge.text, *challenge.choices))
        yield from (hint.text for hint in challenge.hints)
    for briefing in package.briefings:
        yield briefing.text
