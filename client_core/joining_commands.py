"""Joining on the device's command line: a game, a team, and whose phone this is."""

from __future__ import annotations

import argparse
import sys

from client_core.clock import WallClock
from client_core.game.ranges import MEMBERS_MAX
from client_core.members import members_known, play_for, plays_for
from client_core.membership import is_needed
from client_core.replica import Replica
from client_core.transports.errors import TransportError
from client_core.transports.http import HttpTransport
from sync.errors import RemoteError


def add_joining(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
    timed: argparse.ArgumentParser,
) -> None:
    """Add `join` and `members` to the commands."""
    join = commands.add_parser("join", parents=[shared], help="join a game at a node")
    join.add_argument("url", help="http(s)://HOST/TENANT/GAME")
    join.add_argument("--code", required=True, help="the join code")
    join.add_argument("--team-name", default="", help="names the team, where the code makes a new one")
    join.add_argument("--member", type=_member, action="append", default=[], help="whose phone it is; may be repeated")
    join.set_defaults(run=_join)
    members = commands.add_parser("members", parents=[shared, timed], help="whose phone this is, or is from here on")
    members.add_argument("members", nargs="*", type=_member, help="the members' numbers in the team")
    members.set_defaults(run=_members)


def _join(options: argparse.Namespace) -> int:
    with Replica.join(options.store, options.url, options.code, options.team_name, members=options.member) as replica:
        mine = replica.membership
        print(f"joined {replica.package.name!r} as team {mine.team_number} {mine.team_name!r}".rstrip())
        print(f"{len(replica.package.checkpoints)} checkpoints; upstreams: {', '.join(replica.upstreams())}")
        if replica.left_unsafe():
            print("it leaves team: what it did there and did not send yet still goes out, and counts there")
        _first_sync(replica)
        _tell_members(replica)
    return 0


def _members(options: argparse.Namespace) -> int:
    """Say for which members of the team this device reports from here on; without a word, show it."""
    with Replica.open(options.store) as replica:
        if options.members:
            play_for(replica, options.members, at_ms=WallClock().now_ms() if options.at is None else options.at)
        _tell_members(replica)
        known = ", ".join(map(str, members_known(replica)))
        print(f"the team has {known}" if known else "no members of the team are known here: sync")
    return 0


def _tell_members(replica: Replica) -> None:
    mine = plays_for(replica)
    if mine:
        print(f"this device plays for member {' and '.join(map(str, mine))}")
    elif is_needed(replica.package, len(members_known(replica))):
        print("this device plays for nobody: python -m client_core members NUMBER", file=sys.stderr)


def _first_sync(replica: Replica) -> None:
    """Fetch what the organiser wrote for everybody, the start list say, while the network of the joining is there."""
    try:
        replica.sync_once(*(HttpTransport(url) for url in replica.upstreams()))
    except (TransportError, RemoteError) as error:
        print(
            f"wayfold: {error.code}: joined, but not synced yet: {getattr(error, 'detail', '') or error}",
            file=sys.stderr,
        )


def _member(text: str) -> int:
    if not text.isdecimal() or int(text) >= MEMBERS_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a member: 1 to {MEMBERS_MAX - 1}")
    return int(text)
