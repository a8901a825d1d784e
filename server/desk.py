"""The staff's desk of one game at this node: the count-out, alarms, messages, words and photos.

Read from the log alone, so it works with no uplink and shows what this node
holds. A sign of life counts, whoever was revoked or forked meanwhile. New
events of a stream are read on from where it was left; a fork, a gap that was
filled or an enrolment that came late reads that stream anew. Of what only shows
that somebody is alive, a stream keeps its first and last.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from client_core.game.actions import Consented, Member, MemberNamed, MessageRead, Photo, Said, Sos, decode_action
from client_core.game.actions import Retired as RetiredAction
from client_core.game.count_out import Counts, Person, TeamSheet, count_out, counts
from client_core.game.decisions import Acknowledged, MessageSent, PhotoShown, WhereaboutsMarked
from client_core.game.desk import (
    Acceptance,
    Alarm,
    Entry,
    Notice,
    Picture,
    Words,
    acceptances,
    alarms,
    notices,
    pictures,
    words,
)
from client_core.game.entrants import PlaysFor
from client_core.game.pictures import NO_PICTURE, PICTURE_BYTES_MAX
from client_core.game.roles import Role
from client_core.game.scoring import TeamResult
from server.open_game import OpenGame
from sync.placement import StreamState
from sync.stream import ALL, covers, team_audience

_KEPT = (
    Acknowledged,
    Consented,
    Member,
    MemberNamed,
    MessageRead,
    MessageSent,
    Photo,
    PhotoShown,
    PlaysFor,
    RetiredAction,
    Said,
    Sos,
    WhereaboutsMarked,
)
"""What the desk keeps whole; of anything else of a team only the first and last sign of life."""
_TEAM_PREFIX = team_audience(b"")


class DeskView(msgspec.Struct, frozen=True):
    """What the desk shows at `now_ms`. `names` are (team id, member): name and telephone, for staff only."""

    now_ms: int
    people: tuple[Person, ...]
    counts: Counts
    alarms: tuple[Alarm, ...]
    notices: tuple[Notice, ...]
    words: tuple[Words, ...]
    pictures: tuple[Picture, ...]
    accepted: dict[str, dict[bytes, Acceptance]]
    """By the version of each of the game's briefings, in its order, the teams that accepted it."""
    names: dict[tuple[bytes, int], MemberNamed]


class _Pages(msgspec.Struct):
    """What was read of one stream, and how far."""

    shape: tuple[object, ...]
    tip_seq: int
    entries: list[Entry]
    signs: dict[tuple[int | None, int], tuple[Entry, Entry]]
    """By member, and by how often the device had said whose it is, the first and the last sign of life."""
    said: int = 0
    plays_for: tuple[int, ...] | None = None


class Desk:
    """Keeps what was read between two looks. Belongs to the thread that reads the log's index."""

    def __init__(self, game: OpenGame) -> None:
        self.game = game
        self._pages: dict[bytes, _Pages] = {}
        self._index = game.log.index
        self._revision = self._index.directory.revision

    def view(self, now_ms: int) -> DeskView:
        """The desk as this node knows it now."""
        entries = self._entries()
        board = self.game.board
        results = {result.team: result for result in board.results()}
        categories = {team.id: frozenset(team.categories) for team in board.teams.values()}
        people = count_out(self._sheets(entries, results), entries, now_ms)
        named = [e.action for e in entries if isinstance(e.action, MemberNamed) and e.by_staff]
        return DeskView(
            now_ms=now_ms,
            people=tuple(people),
            counts=counts(people),
            alarms=tuple(alarms(entries)),
            notices=tuple(notices(entries, categories)),
            words=tuple(words(entries)),
            pictures=tuple(pictures(entries)),
            accepted={one.version: acceptances(entries, one.version) for one in self.game.rules.package.briefings},
            names={(one.team, one.member): one for one in sorted(named, key=lambda one: one.at_ms)},
        )

    def calling(self) -> frozenset[bytes]:
        """The streams with a call for help that no staff have seen yet, as far as is known here."""
        unseen = {alarm.id for alarm in alarms(self._entries()) if not alarm.seen}
        return frozenset(
            stream for stream, pages in self._pages.items() if any(entry.id in unseen for entry in pages.entries)
        )

    def announced(self, blob: bytes) -> int | None:
        """The size of a blob that an event of an enrolled device names; None where none does, or it is too big."""
        sizes = [
            entry.action.blob_bytes
            for entry in self._entries()
            if isinstance(entry.action, Photo) and entry.action.blob == blob != NO_PICTURE
        ]
        return min(sizes, default=None) if min(sizes, default=0) <= PICTURE_BYTES_MAX else None

    def blobs(self) -> list[bytes]:
        """The hashes of all blobs that enrolled devices named and that were not erased."""
        named = {entry.action.blob for entry in self._entries() if isinstance(entry.action, Photo)}
        return sorted(named - {NO_PICTURE})

    def _sheets(self, entries: Iterable[Entry], results: dict[bytes, TeamResult]) -> list[TeamSheet]:
        latest: dict[tuple[bytes, int], tuple[int, bytes, Member]] = {}
        for entry in entries:
            action = entry.action
            if isinstance(action, Member) and entry.by_staff:
                key, stamp = (action.team, action.member), (action.at_ms, entry.id, action)
                if key not in latest or stamp[:2] > latest[key][:2]:
                    latest[key] = stamp
        members: dict[bytes, list[Member]] = {}
        for (team_id, _), (_, _, member) in sorted(latest.items()):
            if member.active:
                members.setdefault(team_id, []).append(member)
        closes_ms = self.game.rules.closes_ms
        sheets = []
        for team in self.game.board.teams.values():
            result = results.get(team.id)
            allowance = result.allowance if result is not None else None
            due_ms = closes_ms if allowance is None else allowance.end_ms + allowance.credit_ms
            sheets.append(TeamSheet(team, tuple(members.get(team.id, ())), due_ms))
        return sheets

    def _entries(self) -> list[Entry]:
        index = self.game.log.index
        if index is not self._index or self._revision != index.directory.revision:
            self._index, self._pages = index, {}  # what was erased is read no more
            self._revision = index.directory.revision
        found: list[Entry] = []
        for state in index.streams.values():
            scope = index.directory.scope_of(state.key.public_key)
            if not covers(scope, state.key.audience):
                self._pages.pop(state.id, None)
                continue
            by_staff = scope == ALL or index.directory.role_of(state.key.public_key) >= Role.KIOSK
            pages = self._read(state, by_staff=by_staff)
            found += pages.entries
            found += [entry for signs in pages.signs.values() for entry in signs]
        return found

    def _read(self, state: StreamState, *, by_staff: bool) -> _Pages:
        """A stream's entries, read on where its one branch only grew."""
        shape = (by_staff, len(state.branches), state.branches[0].first_seq, state.dangling, state.bare)
        pages = self._pages.get(state.id)
        if pages is None or pages.shape != shape or len(state.branches) != 1:
            pages = self._pages[state.id] = _Pages(shape, -1, [], {})
        elif pages.tip_seq == state.branches[0].tip_seq:
            return pages
        audience = state.key.audience
        team = audience[1:] if audience[:1] == _TEAM_PREFIX else None
        for branch in state.branches:
            first_seq = max(branch.first_seq, pages.tip_seq + 1) if len(state.branches) == 1 else branch.first_seq
            for _, identity, payload in self.game.log.payloads(state.id, branch.number, first_seq):
                action = decode_action(payload)
                if isinstance(action, PlaysFor):
                    pages.said, pages.plays_for = pages.said + 1, action.members
                entry = Entry(identity, state.key.public_key, by_staff, team, action, pages.plays_for)
                if isinstance(action, _KEPT):
                    pages.entries.append(entry)
                elif team is not None:
                    whose = getattr(action, "member", None), pages.said
                    first, last = pages.signs.get(whose, (entry, entry))
                    pages.signs[whose] = (first, entry if _at(entry) >= _at(last) else last)
        pages.tip_seq = state.branches[0].tip_seq
        return pages


def _at(entry: Entry) -> int:
    at_ms: int = getattr(entry.action, "at_ms", 0)
    return at_ms
