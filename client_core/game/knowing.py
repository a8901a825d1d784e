"""Knowing: what each event of a team could know of the others when it was made.

An event knows all before it in its chain, every head it has `seen`, and what
those knew. A branch of a fork knows its stream up to where it left it, and
nothing of the other branch. With one phone every event knows all before it, and
nothing is computed.
"""

from __future__ import annotations

from collections.abc import Iterable

from client_core.game.events import Decoded, Told

_Vector = tuple[int, ...]
"""By chain: the last number known of it, -1 for none."""


class Knowledge:
    """Answers whether one event could know another; events are named by their ids."""

    __slots__ = ("_places", "_vectors", "alone")

    def __init__(self, told: Told) -> None:
        self.alone = told.alone
        self._places: dict[bytes, tuple[int, int, _Vector]] = {}
        self._vectors: list[_Vector | None] = [None] * len(told.chains)
        """What the last event of each chain knew."""
        if not self.alone:
            self._read(told)

    def detach(self) -> None:
        """On a fresh copy: take copies of what this changes, so that the original stays as it is."""
        self._places, self._vectors = self._places.copy(), self._vectors.copy()

    def take(self, told: Told, event: Decoded) -> None:
        """Take in an event that goes on from the end of its chain."""
        if self.alone:
            return
        chain, seq = told.by_id[event.id]
        vector = self._vectors[chain]
        assert vector is not None, "a chain of which something was taken in"
        vector = self._vectors[chain] = self._informed(vector, event)
        self._places[event.id] = (chain, seq, vector)

    def knows(self, later: bytes, earlier: bytes) -> bool:
        """Whether `later` was made knowing `earlier`; asked of events in canonical order."""
        if self.alone:
            return True
        chain, seq, vector = self._places[later]
        other, number, _ = self._places[earlier]
        return number < seq if chain == other else vector[other] >= number

    def first(self, later: bytes, candidates: Iterable[bytes]) -> bytes | None:
        """The first of these events that `later` could know, None where it could know none."""
        if self.alone:
            return next(iter(candidates), None)
        places = self._places
        chain, seq, vector = places[later]
        for one in candidates:
            other, number, _ = places[one]
            if number < seq if chain == other else vector[other] >= number:
                return one
        return None

    def _read(self, told: Told) -> None:
        """For every event: its chain, its number there and what it knew of all chains; in canonical order."""
        nothing: _Vector = (-1,) * len(told.chains)
        vectors, places = self._vectors, self._places
        id_by_place = {place: identity for identity, place in told.by_id.items()}
        for event in told.events:
            chain, seq = told.by_id[event.id]
            vector = vectors[chain]
            if vector is None:
                vector, base = nothing, told.chains[chain].base
                if base is not None and (held := id_by_place.get(base)) in places:
                    vector = _joined(nothing, places[held])
            if getattr(event.action, "seen", None):
                vector = self._informed(vector, event)
            vectors[chain] = vector
            places[event.id] = (chain, seq, vector)

    def _informed(self, vector: _Vector, event: Decoded) -> _Vector:
        """What a chain knows with the heads that an event has seen."""
        for head in getattr(event.action, "seen", None) or ():
            place = self._places.get(head)
            if place is not None and vector[place[0]] < place[1]:  # who knows an event knows what it knew
                vector = _joined(vector, place)
        return vector

    def chain_of(self, event: bytes) -> int:
        """A number for the chain an event stands in: what one event of a chain knows all later ones know."""
        return 0 if self.alone else self._places[event][0]


def _joined(vector: _Vector, place: tuple[int, int, _Vector]) -> _Vector:
    """What is known after learning of an event: what it knew, and itself."""
    chain, seq, known = place
    joined = list(map(max, vector, known))
    joined[chain] = max(joined[chain], seq)
    return tuple(joined)
