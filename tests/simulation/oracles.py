"""The oracles: what must hold in the middle of everything, and what must hold once the world has been calm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from random import Random
from typing import TYPE_CHECKING

import msgspec

from client_core.game.events import LoggedEvent
from client_core.game.results import TeamResult
from client_core.game.scoring import fold
from client_core.game.standings import team_digest
from client_core.game.teams import Team, read_register
from server.bundles import give_bundle
from server.erasing import events_of_key
from server.finalising import final_views
from server.open_game import OpenGame
from server.scoreboard import events_about, fold_team, game_events
from sync.initiator import Report
from sync.receipt import SAFE

from . import files, wire
from .devices import DeviceNode
from .files import Node
from .model import (
    CONVERGED,
    COVERED,
    ERASED,
    FORGED,
    NOTHING_LOST,
    RESUMES,
    SAME_SCORES,
    TENANTS,
    WAITS,
    Broken,
)
from .network import Answered, Exchange
from .searching import Needles
from .servers import ServerNode
from .signed import unsound_signatures
from .start import GAMES, TEAMS, TENANTS_OF

if TYPE_CHECKING:
    from .world import World


ROUNDS_IN_SESSION_MAX = 24
"""Twice what any session of these small worlds was seen to take, and some."""
CHECK_IN, CHECK_IN_FIELDS_MIN = 0, 4
"""How a check-in's payload begins: its kind, how, the code, when, where."""
MARKED_BYTES_MIN = 16
"""A payload of so many bytes is one of a kind; a shorter one could stand in a file by chance."""


def check_answer(world: World, exchange: Exchange, answered: Answered) -> None:
    """No answer holds anything of another tenant; no answer is the confession of a bug."""
    if answered.status == 500:
        raise Broken(RESUMES, f"{exchange.responder.name} failed: {world.errors[-1:] or answered.body!r}")
    others = world.secrets_of_others(exchange.tenant)
    for frame in wire.frames(answered.body):
        shown = wire.plain(frame) or b""
        for what, needle in others:
            if needle in shown:
                raise Broken(TENANTS, f"an answer about {exchange.tenant} to {exchange.initiator.name} shows {what}")


def check_session(world: World, device: DeviceNode, server: ServerNode, report: Report) -> None:
    """What a device shows as safe, HQ holds or has held; HQ holds it now where it could tell the device what it lost.

    It could where they agreed, where it lost nothing, and where it was put back
    by the command, which it says in every greeting that arrives and is understood. And a
    session ends: what a peer does not take is not offered for ever.
    """
    if report.rounds > ROUNDS_IN_SESSION_MAX:
        raise Broken(RESUMES, f"{device.name} held a session of {report.rounds} rounds with {server.name}")
    shown = device.replica.counts().safe
    own = world.model.by_author[device.replica.public_key]
    ever = len(own & world.model.ever_held["hq"])
    if shown > ever:
        raise Broken(COVERED, f"{device.name} shows {shown} events as safe, HQ never held more than {ever} of them")
    told = report.welcome is not None and "hq" not in world.set_back_unawares
    if server.name == "hq" and (report.converged or told):
        now = world.model.held_of(server, device.tenant, device.replica.public_key)
        if shown > now:
            raise Broken(COVERED, f"{device.name} shows {shown} events as safe, HQ holds {now} of them")


def check_all(world: World) -> None:
    """Everything that must hold after calm weather."""
    world.model.count_waiting()
    for tenant in GAMES:
        nodes = [node for node in world.nodes() if tenant in world.tenants_of(node)]
        if "hq" in world.ever_rolled_back:
            known = {identity for node in nodes for identity in files.statements(node, tenant)}
            world.model.forget_lost_erasures(tenant, known)
            world.model.forget_lost_revocations(tenant, known)
        held = {node.name: world.model.check_holds(node, tenant) for node in nodes}
        _check_survivors(world, tenant, held)
        _check_authors(world, tenant, held)
        _check_own_streams(world, tenant)
        _check_revoked(world, tenant)
        readers = [node for node in nodes if not is_shut_out(world, node)]
        _check_convergence(world, tenant, readers, held)
        _check_statements(world, tenant, readers)
        _check_scores(world, tenant, readers)
        _check_finals(world, tenant)
        _check_erased(world, tenant, readers)
    for node in world.nodes():
        _check_file(world, node)
        if isinstance(node, DeviceNode):
            _check_status(world, node)


def is_shut_out(world: World, node: Node) -> bool:
    """Whether a node is answered nothing any more: it keeps and gives what it has, and reads nothing.

    A device that was revoked, and one put back from before it changed teams: until it joins again it asks for the
    team that it left.
    """
    if not isinstance(node, DeviceNode):
        return False
    key = node.replica.public_key
    return key in world.model.revoked or node.replica.audience in world.teams_left[key]


def _check_survivors(world: World, tenant: str, held: dict[str, dict[bytes, files.Row]]) -> None:
    """What a surviving node said it holds reaches HQ."""
    model = world.model
    for name in held:
        for identity in model.holdings[name]:
            event = model.written[identity]
            if event.tenant == tenant and identity not in held["hq"] and not model.may_wait(identity):
                raise Broken(RESUMES, f"{name} holds {model.name(event)}, and it never reached HQ")


def _check_authors(world: World, tenant: str, held: dict[str, dict[bytes, files.Row]]) -> None:
    """Whatever stands in a file under the key of a device or a stranger, somebody with that key wrote so."""
    model = world.model
    for name, rows in held.items():
        for row in rows.values():
            if row.payload is None or row.author in world.server_keys:
                continue
            if model.payload_of(row.id) != row.payload:
                said = f"number {row.seq} of stream {row.stream.hex()[:8]}"
                raise Broken(FORGED, f"{name}'s file of {tenant} holds {said} as nobody wrote it")
    if unsound := unsound_signatures(world.servers["hq"], tenant):
        raise Broken(FORGED, f"hq's file of {tenant} holds {unsound[0]} signed otherwise than the protocol says")


def _check_own_streams(world: World, tenant: str) -> None:
    """No server writes beside what it wrote: each life from a backup has streams of its own."""
    if world.ever_set_back_unawares:
        return  # a machine that was rolled back without a word learns that it was when it is shown what it wrote
    places: dict[tuple[bytes, int], bytes] = {}
    for row in files.read_rows(world.servers["hq"], tenant):
        if row.author in world.server_keys and places.setdefault((row.stream, row.seq), row.id) != row.id:
            raise Broken(NOTHING_LOST, f"a server's stream {row.stream.hex()[:8]} of {tenant} forks at {row.seq}")


def _check_revoked(world: World, tenant: str) -> None:
    """Of a revoked device counts what HQ held when it was revoked, and nothing else, wherever it was written."""
    for name, server in world.servers.items():
        if name in world.burned or tenant not in TENANTS_OF[name]:
            continue
        with server.game(tenant) as game:
            for key, there in world.model.revoked.items():
                if more := {event.id for event in events_of_key(game, key)} - there:
                    who = world.model.name_by_key[key]
                    raise Broken(WAITS, f"{name} counts {len(more)} events of {who} that came after its revocation")


def _check_convergence(world: World, tenant: str, nodes: list[Node], held: dict[str, dict[bytes, files.Row]]) -> None:
    """HQ and edges hold the same, devices what is theirs of it.

    What servers wrote in the last rounds (they note what they hold) may be on its way.
    """

    def may_wait(identity: bytes) -> bool:
        own = identity not in world.model.written and identity not in world.settled
        return own or world.model.may_wait(identity)

    everything = {i: row.audience for i, row in held["hq"].items() if not may_wait(i)}
    for node in nodes:
        scope = {b"g", node.replica.audience} if isinstance(node, DeviceNode) else None
        left = world.teams_left[node.replica.public_key] if isinstance(node, DeviceNode) else ()
        mine = {
            i for i, row in held[node.name].items() if not may_wait(i) and (not left or row.audience in (scope or ()))
        }
        wanted = {i for i, audience in everything.items() if scope is None or audience in scope}
        for identity in sorted(wanted ^ mine):
            event = world.model.written.get(identity)
            what = world.model.name(event) if event else identity.hex()[:8]
            lacks = node.name if identity in wanted else "hq"
            raise Broken(CONVERGED, f"{tenant}: {lacks} lacks {what}, which {node.name} or hq holds")


def _check_statements(world: World, tenant: str, nodes: list[Node]) -> None:
    hq = files.statements(world.servers["hq"], tenant)
    for node in nodes:
        mine = files.statements(node, tenant)
        scope = {b"g", node.replica.audience} if isinstance(node, DeviceNode) else None
        wanted = {i for i, body in hq.items() if scope is None or wire.decode(body)[3] in scope}
        if missing := wanted - mine.keys():
            raise Broken(CONVERGED, f"{node.name} lacks {len(missing)} statements of {tenant}")


def _check_scores(world: World, tenant: str, nodes: list[Node]) -> None:
    """One digest a team, whoever folds, in whatever order and however often the events come, without what waits."""
    shuffle = Random(world.seed)
    counted: set[bytes] = set()
    for team in TEAMS[tenant]:
        digests: dict[str, bytes] = {}
        for node in nodes:
            if isinstance(node, DeviceNode):
                if node.replica.membership.team == team:
                    shown = node.replica.result()
                    _check_waiting(world, node, tenant, shown)
                    if team not in world.moved_into:
                        digests[node.name] = node.replica.digest()
                        digests[f"{node.name}, as shown"] = team_digest(shown)
                continue
            with node.game(tenant) as game:
                known = game.board.teams[team]
                fresh = fold_team(game.log, game.rules, known)
                _check_waiting(world, node, tenant, fresh)
                if node.name == "hq":
                    counted |= {judged[0] for judged in fresh.judged}
                digests[node.name] = team_digest(fresh)
                digests[f"{node.name}, shuffled and doubled"] = team_digest(_fold_anyhow(game, known, shuffle))
                live = next(result for result in game.board.results() if result.team == team)
                if (live.score, live.points, live.status) != (fresh.score, fresh.points, fresh.status):
                    raise Broken(SAME_SCORES, f"{node.name}'s board shows {live.score}, its file {fresh.score}")
        if len(set(digests.values())) > 1:
            raise Broken(SAME_SCORES, f"{tenant}/{TEAMS[tenant][team]}: {_parties(digests)}")
    for identity in sorted(world.model.let_count - counted - world.model.erased):
        event = world.model.written[identity]
        if event.tenant == tenant and _is_check_in(event.payload):
            raise Broken(WAITS, f"staff let {world.model.name(event)} count, and at hq it does not")


def _fold_anyhow(game: OpenGame, team: Team, shuffle: Random) -> TeamResult:
    """A team's result from events that come in any order, and half of them twice."""

    def anyhow(events: Iterable[LoggedEvent]) -> list[LoggedEvent]:
        found = list(events)
        found += shuffle.sample(found, len(found) // 2)
        shuffle.shuffle(found)
        return found

    register = read_register(game.rules, anyhow(game_events(game.log)))
    return fold(game.rules, team, anyhow(events_about(game.log, register, team.id)), register)


def _check_waiting(world: World, node: Node, tenant: str, result: TeamResult) -> None:
    """Nothing that came of a revoked key after the point is in a result, wherever the revocation has come."""
    if not world.model.revocations:
        return
    here = files.statements(node, tenant)
    for identity, *_ in result.judged:
        if world.model.counts_in_vain(identity, here):
            raise Broken(
                WAITS, f"{node.name} counts {world.model.name(world.model.written[identity])}, of a revoked key"
            )


def _is_check_in(payload: bytes) -> bool:
    try:
        fields = wire.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return isinstance(fields, list) and len(fields) > CHECK_IN_FIELDS_MIN and fields[0] == CHECK_IN


def _parties(digests: dict[str, bytes]) -> str:
    return "; ".join(
        f"{', '.join(name for name, d in digests.items() if d == digest)}: {digest.hex()[:8]}"
        for digest in sorted(set(digests.values()))
    )


def _check_finals(world: World, tenant: str) -> None:
    """Servers that hold the same see the same finalisations, and fold the same lines from what they pin."""
    if tenant not in world.finals:
        return
    seen: dict[str, str] = {}
    for name in sorted(world.servers):
        if name in world.burned or tenant not in TENANTS_OF[name]:
            continue
        with world.servers[name].game(tenant) as game:
            views = [(view.id, view.number, view.checked, view.rows) for view in final_views(game)]
        seen[name] = repr(views)
    if len(set(seen.values())) > 1:
        raise Broken(SAME_SCORES, f"{tenant}'s final results differ: {seen}")


def _check_erased(world: World, tenant: str, nodes: list[Node]) -> None:
    """No byte of an erased payload: in a file's rows, free pages and slack, in a write-ahead log, in a bundle."""
    model = world.model
    written = [event for i in sorted(model.erased) if (event := model.written.get(i)) and event.tenant == tenant]
    again = Counter(event.payload for event in model.written.values() if event.id not in model.erased)
    gone = [event for event in written if len(event.payload) >= MARKED_BYTES_MIN and not again[event.payload]]
    needles = Needles(event.payload for event in gone)
    for node in nodes if gone else ():
        whole = list(files.raw_bytes(node, tenant))
        if isinstance(node, ServerNode):
            with node.game(tenant) as game:
                whole += [wire.plain(frame) or b"" for frame in wire.frames(give_bundle(game))]
        for part in whole:
            if found := needles.first_in(part):
                event = next(event for event in gone if event.payload == found)
                raise Broken(ERASED, f"{node.name} still has the erased payload of {model.name(event)}")


def _check_file(world: World, node: Node) -> None:
    """Nothing of another tenant in any file."""
    for tenant in world.tenants_of(node):
        whole = list(files.raw_bytes(node, tenant))
        for what, needle in world.secrets_of_others(tenant):
            if any(needle in part for part in whole):
                raise Broken(TENANTS, f"{node.name}'s file of {tenant} holds {what}")


def _holds_what_hq_leaves(world: World, device: DeviceNode) -> bool:
    """Whether a device holds events of strangers that HQ, its quota for them being full, answers busy."""
    there = world.model.held(world.servers["hq"], device.tenant)
    return any(i not in there and world.model.may_wait(i) for i in world.model.held(device, device.tenant))


def _holds_receipts_from_later(world: World, device: DeviceNode) -> bool:
    """Whether HQ gave a device receipts before it was restored whose time HQ's clock has not reached."""
    hq, key, log = world.servers["hq"], device.replica.public_key, device.replica.log
    own = [state.id for state in log.index.streams.values() if state.key.public_key == key]
    return any(one.level == SAFE and one.at_ms > hq.now_ms() for one in log.receipts(own))


def _check_status(world: World, device: DeviceNode) -> None:
    """In calm weather a device's own events are safe, and it says so.

    Of a stream that was forked a store keeps one receipt, for the head that is
    further: what stands beside may be shown as unsent though it is safe. The
    device itself need not know of the fork, where it left the team since.
    """
    if world.model.forked_streams(device.replica.public_key):
        return
    if is_shut_out(world, device):
        return  # what waits for staff is nobody's to call safe
    if "hq" in world.ever_rolled_back and _holds_what_hq_leaves(world, device):
        return  # their roots cannot be equal, and so a restored HQ's receipts stay doubted: too little is shown
    if "hq" in world.ever_rolled_back and _holds_receipts_from_later(world, device):
        return  # a restored HQ whose clock fell behind is taken for its own past until the clock is set
    counts = device.replica.counts()
    if counts.unsent or counts.in_custody:
        said = f"{counts.unsent} unsent, {counts.in_custody} in custody"
        raise Broken(RESUMES, f"{device.name} still shows {said} after calm weather")
