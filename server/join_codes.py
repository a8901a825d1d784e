"""Join codes of a game: made at the authority, known wherever its `staff` streams are.

The code itself is shown once, to whoever made it. The log holds its hash, so an
edge that is alone can still check what people type. How often a code was used
each node counts for itself: an edge and HQ that do not talk may together let in
more than `uses_max`, and nobody is turned away for what a node cannot know.
"""

from __future__ import annotations

import msgspec

from client_core.game.actions import JoinCode, decode_action
from client_core.game.teams import Team
from client_core.signing import SigningKey, random_bytes
from server import own_stream
from server.codes import RANDOM_BYTES, code_from, hash_code
from server.db.event_log import GameLog
from server.problems import Problem
from server.scoreboard import organiser_events
from sync.stream import STAFF


class NewCode(msgspec.Struct, frozen=True):
    """A code as it is shown once. `team` is the hex id it leads to, None where each use makes a team.

    `link` is what a phone opens to play, at the node that was asked.
    """

    code: str
    team: str | None
    uses_max: int
    link: str = ""


def play_link(url: str, tenant: str, game: str, code: str) -> str:
    """What a phone opens to join; the code stands behind the #, so it is in no server's log."""
    return f"{url}/play/#{tenant}/{game}/{code}"


def add_join_code(log: GameLog, key: SigningKey, team: Team | None, uses_max: int, now_ms: int) -> NewCode:
    """Write a new code, for a registered team or for new ones, in the `staff` stream of this node."""
    code = code_from(random_bytes(RANDOM_BYTES))
    hashed = hash_code(log.game.game, code)
    assert hashed is not None
    action = JoinCode(now_ms, hashed, team.id if team else None, uses_max)
    log.append(own_stream.write(log.index, key, STAFF, [action]))
    return NewCode(code, team.id.hex() if team else None, uses_max)


def find_code(log: GameLog, hashed: bytes | None) -> JoinCode:
    """The join code of that hash, as the organiser wrote it; raises `Problem("join_code_unknown")`."""
    for code in join_codes(log):
        if code.code_hash == hashed:
            return code
    raise Problem("join_code_unknown", "check the letters: a code looks like ABCD-EFGH and belongs to one game")


def join_codes(log: GameLog) -> list[JoinCode]:
    """Every join code of a game, in the order of their times."""
    actions = (decode_action(event.payload) for event in organiser_events(log, STAFF))
    return sorted((a for a in actions if isinstance(a, JoinCode)), key=lambda code: (code.at_ms, code.code_hash))


def code_uses(log: GameLog) -> dict[bytes, int]:
    """How often each code was used at this node, by its hash."""
    query = "SELECT code_hash, count(*) FROM join_use WHERE game_no = ? GROUP BY code_hash"
    return dict(log.reader.execute(query, (log.game_no,)).fetchall())
