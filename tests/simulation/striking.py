"""What a fault is, and the table of all of them: where each strikes, whom, and in which states it can.

exchange    instead of a plain exchange: what becomes of a request and its answer
between     between two steps of a node: what becomes of its files, its clock, its key
commit      at a COMMIT: whether the process outlives it
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from .devices import DeviceNode
from .disks import Fate
from .files import Node
from .plan import ANY, Strike

if TYPE_CHECKING:
    from .world import World

Strikes = Callable[..., Any]


class Fault(NamedTuple):
    """One way of the world. `who` says whom it can strike: `device`, `edge`, `hq`, `server` or `any`."""

    name: str
    where: str
    who: str
    states: tuple[str, ...]
    strike: Strikes
    says: str

    def suits(self, node: Node) -> bool:
        """Whether it can strike this node."""
        return is_kind(node, self.who)


FAULTS: dict[str, Fault] = {}


class Armed:
    """A strike that waits, with dice of its own."""

    def __init__(self, strike: Strike, fault: Fault) -> None:
        self.strike, self.fault = strike, fault
        self.dice = Random(strike.seed)
        self.is_spent = False


def fault(where: str, who: str, states: tuple[str, ...]) -> Callable[[Strikes], Strikes]:
    """Put a function into the table, under its own name; its docstring says what it does."""

    def add(strike: Strikes) -> Strikes:
        name = strike.__name__
        assert strike.__doc__
        FAULTS[name] = Fault(name, where, who, states, strike, strike.__doc__.partition("\n")[0])
        return strike

    return add


def is_kind(node: Node, who: str) -> bool:
    """Whether a node is of a kind."""
    if isinstance(node, DeviceNode):
        return who in {"device", "any"}
    return who in {"any", "server", "hq" if node.name == "hq" else "edge"}


@fault("commit", "any", ANY)
def kill_before_commit(world: World, node: Node, dice: Random) -> Fate:
    """The process is killed in the middle of a transaction, before its COMMIT."""
    return Fate.KILL_BEFORE


@fault("commit", "any", ANY)
def kill_after_commit(world: World, node: Node, dice: Random) -> Fate:
    """The process is killed after a COMMIT, before anybody hears of it."""
    return Fate.KILL_AFTER


@fault("commit", "any", ANY)
def torn_write(world: World, node: Node, dice: Random) -> Fate:
    """The machine dies while a COMMIT is written: the write-ahead log ends at any byte, or in rubbish."""
    return Fate.TEAR
