"""Members on a device: whose phone it is, chosen when it joins and changed whenever it is handed over.

The choice is an event of the device's own stream (`PlaysFor`): it needs no
network, and holds from there on. What members are called is told by the node
when a device joins and is not kept: names can be erased where they stand.
"""

from __future__ import annotations

from collections.abc import Sequence

from client_core.game.carrying import Carriers
from client_core.game.entrants import PlaysFor
from client_core.game.events import tell
from client_core.game.teams import active_members
from client_core.membership import ReplicaError
from client_core.replica import Replica


def members_known(replica: Replica) -> tuple[int, ...]:
    """The numbers of the team's members, as far as this device has heard of them."""
    return tuple(one.member for one in active_members(replica.register(), replica.membership.team))


def plays_for(replica: Replica) -> tuple[int, ...]:
    """For which members this device reports now."""
    team, register = replica.membership.team, replica.register()
    members = active_members(register, team)
    if not members:
        return ()
    # What staff moved to another team says whose phone this is all the same, and is not among what is folded here.
    told = tell(replica.rules, replica.team_events()) if register.homes else replica.holding.told()
    carriers = Carriers(told, team, members, register)
    return tuple(sorted(carriers.next_of(replica.public_key, replica.stream_id())))


def play_for(replica: Replica, members: Sequence[int], *, at_ms: int) -> None:
    """Report for these members from here on; durable when this returns.

    Raises `ReplicaError` (`member_unknown`), and otherwise like `Replica.check_in`.
    """
    known = members_known(replica)
    wrong = next((one for one in members if known and one not in known), None)
    if wrong is not None:
        there = ", ".join(map(str, known))
        raise ReplicaError("member_unknown", f"the team has no member {wrong}: there are {there}")
    replica.record(PlaysFor(at_ms, tuple(dict.fromkeys(members))))
