"""Bugs to plant: each a few edits of the project's text, every anchor of which must stand there exactly once.

A refactoring that moves an anchor makes the planting fail loudly; the mutant
is then written anew for the code as it is.
"""

from __future__ import annotations

from typing import NamedTuple


class Edit(NamedTuple):
    """In a file, one piece of text in place of another."""

    file: str
    anchor: str
    instead: str


class Mutation(NamedTuple):
    """A bug: its name, what somebody believed who would write it, and the edits."""

    name: str
    belief: str
    edits: tuple[Edit, ...]


def _bug(name: str, belief: str, *edits: tuple[str, str, str]) -> Mutation:
    return Mutation(name, belief, tuple(Edit(*edit) for edit in edits))


MUTATIONS = (
    _bug(
        "remembered acknowledgements",
        "what a store has given receipts for need not be compared again",
        (
            "sync/initiator.py",
            "        self.report.converged = self.peer_root == self.log.index.summary.root(self.scope)\n",
            (
                "        known = bool(self.me.peer_store and self._own()) and not self._guess()\n"
                "        self.report.converged = known or self.peer_root == self.log.index.summary.root(self.scope)\n"
            ),
        ),
    ),
    _bug(
        "duplicate by number",
        "an event of this number is held already",
        (
            "sync/placement.py",
            "        known = self.by_id.get(identity)\n",
            (
                "        same = (e for e in self.by_id.values() if e.seq == seq)\n"
                "        known = self.by_id.get(identity) or next(same, None)\n"
            ),
        ),
    ),
    _bug(
        "cursor outside the transaction",
        "where a stream stands can be written after its events",
        (
            "client_core/store/event_log.py",
            "                self._keep_states(connection, changes)\n",
            "",
        ),
        (
            "client_core/store/event_log.py",
            "        self.index.apply(changes)\n        self.state = StoreState(",
            (
                "        with self._database.transaction() as connection:\n"
                "            self._keep_states(connection, changes)\n"
                "        self.index.apply(changes)\n        self.state = StoreState("
            ),
        ),
    ),
    _bug(
        "stream kept over a fork",
        "a device that meets events of its own can go on where it was",
        ("client_core/replica.py", "            if not held.issuperset(segment.ids):\n", "            if not held:\n"),
        (
            "client_core/replica.py",
            "                fresh = random_bytes(16)\n",
            "                fresh = self.membership.incarnation\n",
        ),
    ),
    _bug(
        "cursor kept over a change of team",
        "where I stood with this node I still stand",
        (
            "client_core/replica.py",
            "        return self.left_teams() if fresh else self.left_unsafe()\n",
            "        return self.left_teams() if fresh else []\n",
        ),
    ),
    _bug(
        "incarnation n+1",
        "the next incarnation is the next number",
        (
            "client_core/replica.py",
            "                fresh = random_bytes(16)\n",
            '                fresh = (int.from_bytes(self.membership.incarnation, "big") + 1).to_bytes(16, "big")\n',
        ),
    ),
    _bug(
        "receipt over a gap",
        "the highest number says how much is held",
        (
            "sync/responder.py",
            "        if state is None or state.dangling or state.bare:\n",
            "        if state is None:\n",
        ),
    ),
    _bug(
        "receipts taken unverified",
        "who answers is who it says it is",
        (
            "sync/intake.py",
            "        sound = [item for (item, _), ok in zip(checked, good, strict=True) if ok]\n",
            (
                "        good = [ok or isinstance(c[0], Receipt) for c, ok in zip(checked, good, strict=True)]\n"
                "        sound = [item for (item, _), ok in zip(checked, good, strict=True) if ok]\n"
            ),
        ),
    ),
    _bug(
        "runs taken unverified",
        "the hash chain is proof enough",
        (
            "sync/intake.py",
            "            if not ok:\n                verdict_by_run",
            "            if ok is None:\n                verdict_by_run",
        ),
    ),
    _bug(
        "held with the header only",
        "an event whose header is there is there",
        ("sync/placement.py", "    if None in segment.payloads:\n", "    if not segment.payloads:\n"),
        ("sync/placement.py", "            if not has_payload and (seq", "            if not identity and (seq"),
    ),
    _bug(
        "payloads never filled",
        "what is held needs no second look",
        (
            "sync/placement.py",
            "        elif has_payload and not known.has_payload:\n",
            "        elif has_payload and known is None:\n",
        ),
    ),
    _bug(
        "gaps not asked for",
        "the heads say all",
        ("sync/compare.py", "    if not (unknown or dangling or bare):\n", "    if not unknown:\n"),
    ),
    _bug(
        "one branch of a fork served",
        "a stream is a chain",
        ("sync/compare.py", "    for branch in state.branches:\n", "    for branch in state.branches[:1]:\n"),
    ),
    _bug(
        "the fold reads the order of arrival",
        "events come in their order",
        (
            "client_core/game/events.py",
            "    arranged.sort()\n    return Told(",
            "    return Told(",
        ),
        ("client_core/game/events.py", "    in_streams = sorted(events)", "    in_streams = list(events)"),
    ),
    _bug(
        "the fold counts an event twice",
        "nobody gives the same event twice",
        ("client_core/game/events.py", "        if event.id in by_id:\n", "        if not event.id:\n"),
    ),
    _bug(
        "one bad push fails its group",
        "a transaction is whole or not at all",
        (
            "server/writer.py",
            "            except (LocalError, Problem, sqlite3.IntegrityError) as error:\n",
            "            except ZeroDivisionError as error:\n",
        ),
    ),
    _bug(
        "a server answers before COMMIT",
        "the next group commits it",
        (
            "server/writer.py",
            '    connection.execute("BEGIN IMMEDIATE")\n',
            (
                '    if connection.in_transaction:\n        connection.execute("COMMIT")\n'
                '    connection.execute("BEGIN IMMEDIATE")\n'
            ),
        ),
        (
            "server/writer.py",
            '        connection.execute("COMMIT")\n    except',
            '        if len(pushes) < 2:\n            connection.execute("COMMIT")\n    except',
        ),
    ),
    _bug(
        "a device says done before COMMIT",
        "the next action commits it",
        (
            "client_core/store/database.py",
            '            connection.execute("BEGIN IMMEDIATE")\n            try:\n',
            (
                '            if connection.in_transaction:\n                connection.execute("COMMIT")\n'
                '            connection.execute("BEGIN IMMEDIATE")\n            try:\n'
            ),
        ),
        (
            "client_core/store/database.py",
            '                yield connection\n                connection.execute("COMMIT")\n',
            (
                "                yield connection\n"
                '                if not self.path.endswith("device.wayfold"):\n'
                '                    connection.execute("COMMIT")\n'
            ),
        ),
    ),
    _bug(
        "retry only at the next write",
        "what failed is tried again when there is something new",
        (
            "server/relay.py",
            "        return now_s >= self._due_s or (commit_seq",
            "        return commit_seq != self._tried_seq and now_s >= 0 * (commit_seq",
        ),
        ("server/relay.py", "!= self._tried_seq and now_s >= self._soon_s)\n", "+ 1)\n"),
    ),
    _bug(
        "busy treated as refusal",
        "what is not taken now is not taken",
        (
            "sync/intake.py",
            "                verdict_by_run[number] = (BUSY,) * len(segment.ids)\n",
            "                verdict_by_run[number] = (REFUSED,) * len(segment.ids)\n",
        ),
    ),
    _bug(
        "tenant missing from a cache key",
        "a game's number says which game it is",
        (
            "server/node.py",
            "        game = self._games.get((tenant, row.no))\n",
            "        game = next((g for (_, number), g in self._games.items() if number == row.no), None)\n",
        ),
    ),
    _bug(
        "anybody may read",
        "who knows the address was invited",
        (
            "sync/directory.py",
            "        return bool(scope) and within(scope, self._read_by(public_key))",
            "        return bool(scope) or within(scope, self._read_by(public_key))",
        ),
    ),
    _bug(
        "a server goes on in a forked stream",
        "the longest stream of mine is mine",
        (
            "server/own_stream.py",
            "    if state is not None and (len(state.branches) > 1 or state.dangling):\n",
            "    if state is not None and not state.branches:\n",
        ),
    ),
    _bug(
        "erased payload taken back",
        "what is erased once is gone",
        (
            "sync/index.py",
            "        return cleared(segment, erased) if erased else segment\n",
            "        return segment\n",
        ),
        (
            "sync/intake.py",
            "            yield from erase_due(self._log, filter(self._log.index.directory.erased, self.streams))\n",
            "",
        ),
    ),
    _bug(
        "erased bytes left in the file",
        "an empty row is an empty page",
        (
            "client_core/store/database.py",
            '            self.connection.execute("VACUUM")\n            busy, _, _ =',
            "            busy, _, _ = 0, 0, 0\n            return True\n            busy, _, _ =",
        ),
    ),
    _bug(
        "strangers' events count",
        "what is held was let in",
        ("sync/standing.py", "    if not directory.is_enrolled(state.key):\n        return []\n", ""),
        (
            "sync/standing.py",
            "    if directory.may_write(state.key):\n        return [Piece(branch.number",
            "    if not directory.bounds_of(state.key.public_key):\n        return [Piece(branch.number",
        ),
    ),
    _bug(
        "epoch n+1",
        "the next life of a store is the next number",
        (
            "server/restoring.py",
            "                connection.execute(sql, (random_bytes(ID_BYTES), number))\n",
            (
                '                was = "SELECT restore_epoch FROM log WHERE game_no = ?"\n'
                "                (old,) = connection.execute(was, (number,)).fetchone()\n"
                '                following = (int.from_bytes(old, "big") + 1) % 256**ID_BYTES\n'
                '                connection.execute(sql, (following.to_bytes(ID_BYTES, "big"), number))\n'
            ),
        ),
    ),
    _bug(
        "receipt believed after a restore",
        "what was safe stays safe",
        (
            "client_core/sessions.py",
            "        doubted=not report.converged and same and",
            "        doubted=False and not report.converged and same and",
        ),
    ),
    _bug(
        "revocation by number",
        "what stands below the number was there before",
        (
            "sync/standing.py",
            "        found = ancestry(state, pins, find)\n",
            (
                "        reach = max((seq for seq, _ in pins), default=-1)\n"
                "        below = [b for b in state.branches if b.first_seq <= reach]\n"
                "        found = {b.number: Piece(b.number, b.first_seq, min(b.tip_seq, reach)) for b in below}\n"
            ),
        ),
    ),
    _bug(
        "refused events offered again",
        "what the other side did not take it takes the next time",
        (
            "sync/initiator.py",
            "        worn = self.stalled >= _STALLED_ROUNDS_MAX or self.report.rounds >= ROUNDS_MAX\n",
            "        worn = self.report.rounds >= ROUNDS_MAX\n",
        ),
    ),
    _bug(
        "signature without context",
        "the bytes that are signed say what they are",
        (
            "sync/event.py",
            "    return digest(SEGMENT, game.tenant, game.game, stream,",
            '    return digest(b"", game.tenant, game.game, stream,',
        ),
    ),
    _bug(
        "an HQ signs on with a stolen key",
        "the key in my file is mine",
        (
            "sync/responder.py",
            "    silent = log.index.directory.is_revoked(me.node)\n",
            "    silent = False\n",
        ),
        (
            "server/replaced_key.py",
            "    return key in directory.authorities and directory.is_revoked(key)\n",
            "    return False\n",
        ),
    ),
)
