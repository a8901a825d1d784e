"""What the demo has to show for itself, read from the files after every process has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from client_core.game.actions import CheckIn, decode_action
from client_core.game.scoring import TeamResult
from client_core.game.standings import standings
from client_core.game.verdicts import Accepted
from server.demo import highfield
from server.demo.audit import Store, broken_receipts, digests, read_store, team_results
from server.demo.comparison import Comparison, Credit, compare
from server.demo.oracle import wrong_credits
from sync.receipt import Receipt


class Row(msgspec.Struct, frozen=True):
    """One line of the leaderboard."""

    place: int | None
    team: str
    points: int
    penalties: int
    score: int
    time_ms: int | None
    status: str


class Outcome(msgspec.Struct, frozen=True):
    """What `wayfold demo --json` prints; lengths of time are in the names. See `docs/reference/highfield.md`.

    `lost` counts events in device files that HQ lacks; `acknowledged` the
    receipts and the events with a verdict "held" that went out of the edge's
    door (`acknowledged_before_kill`: the receipts alone), `broken` those of them
    that the edge's file does not keep.
    """

    digests: dict[str, object]
    expected: int
    found: int
    passed: int
    wrong: int
    lost: int
    sessions_cut: int
    seconds: float
    speed: float
    seed: int
    events: int
    acknowledged: int
    acknowledged_before_kill: int
    broken: int
    edge_kills: int
    events_in_flight: int
    offline_minutes: dict[str, float]
    leaderboard: tuple[Row, ...]
    tracks: tuple[dict[str, object], ...]

    @property
    def agreed(self) -> bool:
        """Whether every node folded the same from its own file."""
        teams = self.digests["teams"]
        assert isinstance(teams, dict)
        same = all(len(set(nodes.values())) == 1 for nodes in teams.values())
        return bool(teams) and same and self.digests["hq"] == self.digests["edge"]

    @property
    def kept_promise(self) -> bool:
        """Whether nothing is lost, broken or wrong."""
        return self.agreed and not (self.lost or self.broken or self.wrong)


class Files(NamedTuple):
    """Where the nodes' files are; devices by team."""

    hq: Path
    edge: Path
    devices: Mapping[str, Path]


class Reading(NamedTuple):
    """What the files say, before it is summed up."""

    digests: dict[str, object]
    comparisons: tuple[Comparison, ...]
    lost: int
    acknowledged: int
    acknowledged_before_kill: int
    broken: int
    events: int
    leaderboard: tuple[Row, ...]


def read_files(files: Files, receipts: Sequence[Receipt], before_kill: int, taken: set[tuple[bytes, int]]) -> Reading:
    """Fold every file anew and compare; `receipts` and `taken` are what the edge said (`edge_door`)."""
    hq, edge = read_store(files.hq), read_store(files.edge)
    devices = {team: read_store(path) for team, path in files.devices.items()}
    hq_game, hq_teams = digests(hq)
    edge_game, edge_teams = digests(edge)
    by_team = {
        team: {"hq": hq_teams.get(team), "edge": edge_teams.get(team), "device": digests(store)[1].get(team)}
        for team, store in devices.items()
    }
    results = team_results(hq)
    own_receipts = [receipt for receipt in receipts if receipt.signer in edge.directory.edges]
    early = sum(receipt.signer in edge.directory.edges for receipt in receipts[:before_kill])
    return Reading(
        digests={"hq": hq_game, "edge": edge_game, "teams": by_team},
        comparisons=tuple(compare_all(hq, results)),
        lost=sum(len(store.ids - hq.ids) for store in devices.values()),
        acknowledged=len(own_receipts) + len(taken),
        acknowledged_before_kill=early,
        broken=len(broken_receipts(edge, own_receipts)) + len(taken - edge.numbers),
        events=len(hq.ids),
        leaderboard=_leaderboard(hq, results),
    )


def compare_all(store: Store, results: Mapping[str, TeamResult]) -> list[Comparison]:
    """Every track beside its punches, by the credits that a store holds."""
    fence_by_code = {c.code: c.fence for c in store.package.checkpoints if c.fence is not None}
    sites = highfield.controls()
    found = []
    for runner in highfield.runners():
        recorded = highfield.fixes(runner.track)
        given = credits_of(store, results[runner.team])
        wrong = wrong_credits(recorded, given, sites)
        found.append(compare(runner, recorded, given, fence_by_code, wrong))
    return found


def credits_of(store: Store, result: TeamResult) -> list[Credit]:
    """The check-ins of a team that were accepted, in their order."""
    payload_by_id = {held.event.id: held.event.payload for held in store.held}
    found = []
    for identity, number, at_ms, verdict in result.judged:
        if number < 0 or not isinstance(verdict, Accepted):
            continue
        action = decode_action(payload_by_id[identity])
        assert isinstance(action, CheckIn)
        code = store.package.checkpoints[number].code
        found.append(Credit(code, at_ms, action.lon_e7 or 0, action.lat_e7 or 0))
    return found


def _leaderboard(store: Store, results: Mapping[str, TeamResult]) -> tuple[Row, ...]:
    name_by_team = {team.id: team.name for team in store.teams().values()}
    return tuple(
        Row(
            standing.place,
            name_by_team[standing.result.team],
            standing.result.points,
            standing.result.penalties,
            standing.result.score,
            standing.result.time_ms,
            str(standing.result.status),
        )
        for standing in standings(results.values())
    )
