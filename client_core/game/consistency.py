"""Whether the parts of a package fit each other: what the rule book relies on when it folds.

Each function takes parts and says the first thing that is wrong in a sentence;
an empty text means nothing is. Ranges of single values are the decoder's; what
an organiser should think over (openings that never happen) is told before
publication, by whoever reads the draft.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from client_core.game.challenges import Challenge, Form, Hashed, Interval, Judged, Later
from client_core.game.checkpoints import ByTime, Checkpoint, Kind, Method
from client_core.game.entrants import Category, Format
from client_core.game.fences import POLYGON_POINTS_MAX, MultiPolygon
from client_core.game.groups import Answered, Given, Group, Shuffled, Visited
from client_core.game.showing import Briefing, Catalog, Showing, StandingsShown
from client_core.game.timing import CheckInStart, IntervalStart, MassStart, Start, TimeLimit

HASH_BYTES = 32


def time_fault(start: Start, limit: TimeLimit | None, opens_at_ms: int, closes_at_ms: int, checkpoints: int) -> str:
    """What is wrong with a start and a limit in a game of that window and so many checkpoints."""
    if isinstance(start, MassStart) and not opens_at_ms <= start.at_ms <= closes_at_ms:
        return "the mass start lies outside the time the game is open"
    if isinstance(start, IntervalStart) and not opens_at_ms <= start.first_ms <= closes_at_ms:
        return "the first start lies outside the time the game is open"
    if isinstance(start, CheckInStart) and start.checkpoint >= checkpoints:
        return f"the start is checkpoint number {start.checkpoint}, the last one is {checkpoints - 1}"
    if limit is not None and limit.limit_ms is None and limit.back_by_ms is None:
        return "the limit has neither a length nor a time to be back by: give one of them"
    return ""


def checkpoint_fault(checkpoints: Sequence[Checkpoint], kinds: Sequence[Kind]) -> str:
    """What is wrong with checkpoints and their kinds."""
    for number, kind in enumerate(kinds):
        if any(hours.from_ms > hours.to_ms for hours in kind.hours):
            return f"kind {number} closes before it opens"
        if isinstance(kind.pay, ByTime):
            times = [at for at, _ in kind.pay.steps]
            if times != sorted(set(times)):
                return f"kind {number} has steps that do not ascend"
    number_by_code: dict[str, int] = {}
    for number, checkpoint in enumerate(checkpoints):
        if checkpoint.kind >= len(kinds):
            return f"checkpoint {number} is of kind {checkpoint.kind}, the last one is {len(kinds) - 1}"
        other = number_by_code.setdefault(checkpoint.code, number)
        if other != number:
            code = checkpoint.code
            return f"checkpoints {other} and {number} have the same code {code!r}: codes are unique in a game"
        fence = checkpoint.fence
        if fence is None and kinds[checkpoint.kind].methods == (Method.GPS,):
            return f"checkpoint {number} has no position, and nothing else to check in by"
        if len(checkpoint.secret) not in {0, HASH_BYTES}:
            return f"checkpoint {number} has a secret of {len(checkpoint.secret)} bytes instead of {HASH_BYTES}"
        if isinstance(fence, MultiPolygon):
            points = sum(len(ring) for part in fence.parts for ring in (part.exterior, *part.holes))
            if points > POLYGON_POINTS_MAX:
                return f"checkpoint {number} has {points} points; at most {POLYGON_POINTS_MAX} are allowed"
    return ""


def group_fault(groups: Sequence[Group], checkpoints: int, challenges: int, categories: Iterable[str]) -> str:
    """What is wrong with groups in a game of so many checkpoints and challenges and with these categories."""
    known = set(categories)
    owners: dict[int, list[Group]] = {}
    parent: dict[int, str] = {}
    for group in groups:
        fault = _members_fault(group, groups, checkpoints) or _order_fault(group)
        if fault:
            return f"group {group.code}: {fault}"
        for checkpoint in {number for leg in group.legs for number in leg.any_of}:
            other = next((one for one in owners.setdefault(checkpoint, []) if not _apart(one, group)), None)
            if other is not None:
                both = f"groups {other.code} and {group.code}"
                return f"checkpoint {checkpoint} stands in {both}: one is allowed, or categories of its own for each"
            owners[checkpoint].append(group)
        for inner in group.groups:
            if inner in parent:
                return f"group {groups[inner].code} stands in {parent[inner]} and {group.code}; one is allowed"
            parent[inner] = group.code
        for atom in (atom for alternative in group.opening for atom in alternative):
            if isinstance(atom, Visited) and atom.checkpoint >= checkpoints:
                return f"group {group.code} opens by checkpoint {atom.checkpoint}, the last one is {checkpoints - 1}"
            if isinstance(atom, Answered) and atom.challenge >= challenges:
                return f"group {group.code} opens by challenge {atom.challenge}, the last one is {challenges - 1}"
        if not known.issuperset(group.categories):
            return f"group {group.code} is for a category that the game does not have"
    return _twice([group.code for group in groups], "group")


def challenge_fault(challenges: Sequence[Challenge], checkpoints: int, media: int = 0) -> str:
    """What is wrong with challenges in a game of so many checkpoints and media."""
    for challenge in challenges:
        fault = _challenge_fault(challenge, checkpoints)
        if any(number >= media for number in challenge.media):
            fault = f"it shows medium {max(challenge.media)}, there are {media}"
        if fault:
            return f"challenge {challenge.code}: {fault}"
    return _twice([challenge.code for challenge in challenges], "challenge")


def entrant_fault(categories: Sequence[Category], formats: Sequence[Format], checkpoints: int) -> str:
    """What is wrong with categories and formats in a game of so many checkpoints."""
    known = {format_.code for format_ in formats}
    for category in categories:
        if category.format is not None and category.format not in known:
            return f"category {category.code} plays format {category.format!r}, which the game does not have"
    for format_ in formats:
        if any(number >= checkpoints for number in format_.checkpoints or ()):
            return f"format {format_.code} names a checkpoint beyond the last one, {checkpoints - 1}"
    codes = [category.code for category in categories]
    return _twice(codes, "category") or _twice([format_.code for format_ in formats], "format")


def text_fault(showing: Showing, briefings: Sequence[Briefing], catalogs: Sequence[Catalog]) -> str:
    """What is wrong with what players are shown."""
    if showing.standings is StandingsShown.FROZEN and showing.frozen_from_ms is None:
        return "the standings are frozen, but not from when: give the time"
    if any(list(catalog.entries) != sorted(catalog.entries) for catalog in catalogs):
        return "the entries of a catalog are not sorted"
    versions = [briefing.version for briefing in briefings]
    return _twice(versions, "briefing") or _twice([catalog.language for catalog in catalogs], "language")


def _apart(one: Group, other: Group) -> bool:
    """Whether no team of one category plays both."""
    return bool(one.categories) and bool(other.categories) and not set(one.categories) & set(other.categories)


def _members_fault(group: Group, groups: Sequence[Group], checkpoints: int) -> str:
    if bool(group.legs) == bool(group.groups):
        return "it has neither checkpoints nor groups, or both: give one of them"
    if any(number >= checkpoints for leg in group.legs for number in leg.any_of):
        return f"it names a checkpoint beyond the last one, {checkpoints - 1}"
    for inner in group.groups:
        if inner >= len(groups) or groups[inner] is group:
            return "it names a group that is not there, or itself"
        if groups[inner].groups:
            return f"it holds {groups[inner].code}, which holds groups itself: groups nest two deep"
    count = len(group.legs) or len(group.groups)
    for asked in (group.count_max, group.complete_count):
        if asked is not None and asked > count:
            return f"it asks for {asked} of {count} members"
    return ""


def _order_fault(group: Group) -> str:
    count = len(group.legs) or len(group.groups)
    if isinstance(group.order, Shuffled) and group.order.pinned_first + group.order.pinned_last > count:
        return f"more places are pinned than its {count} members have"
    if isinstance(group.order, Given):
        teams = [team for team, _ in group.order.orders]
        if len(set(teams)) < len(teams):
            return "a team is given two orders"
        for team, order in group.order.orders:
            if len(set(order)) < len(order) or any(place >= count for place in order):
                return f"the order of team {team} names a place twice, or one beyond the last, {count - 1}"
    return ""


def _challenge_fault(challenge: Challenge, checkpoints: int) -> str:
    key, form = challenge.key, challenge.form
    if challenge.checkpoint is not None and challenge.checkpoint >= checkpoints:
        return f"it stands at checkpoint {challenge.checkpoint}, the last one is {checkpoints - 1}"
    if isinstance(key, Hashed) and any(len(hashed) != HASH_BYTES for hashed in key.hashes):
        return f"a hash of its answers does not have {HASH_BYTES} bytes"
    if isinstance(key, Interval) and not key.low <= key.right <= key.high:
        return "its best number lies outside its tolerance"
    if isinstance(key, Interval) and form is not Form.NUMBER:
        return "its answer is a number, and it asks for something else"
    if form in {Form.PHOTO, Form.FREE_TEXT} and not isinstance(key, Judged | Later):
        return "photos and free text are judged by people"
    if form in {Form.CHOICE, Form.ORDER} and len(set(challenge.choices)) < max(2, len(challenge.choices)):
        return "it needs at least two choices, all different"
    return ""


def _twice(codes: Sequence[str], what: str) -> str:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            return f"two times the {what} {code!r}: each has a name of its own"
        seen.add(code)
    return ""
