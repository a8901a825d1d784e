"""Revocations: which of them count, and what they leave of a key.

A revocation of a device or an edge counts where the root or an authority made
it; of an authority's key, where the root or an authority of a newer epoch did,
so that whoever holds a stolen old key cannot turn it against the new one. Of
what a bounded key signed, only statements that every revocation in force keeps
still count, its own revocations included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync.statement import Known, Revocation

Mark = tuple[int, bytes]
"""An event by its number and id."""


class Bounds:
    """The revocations in force, by the key they bound."""

    def __init__(self) -> None:
        self._by_key: dict[bytes, dict[bytes, Revocation]] = {}

    @classmethod
    def of(cls, root_key: bytes | None, authorities: Mapping[bytes, int], revocations: Sequence[Known]) -> Bounds:
        """Fold revocations: those of authorities' keys first, from the newest epoch down.

        A key of the newest epoch is bounded by nobody but the root, so each
        step knows already what the issuers of its revocations are left with.
        """
        bounds = cls()
        by_key: dict[bytes, list[Known]] = {}
        for known in revocations:
            assert isinstance(known.content, Revocation)
            by_key.setdefault(known.content.key, []).append(known)
        others = [key for key in by_key if key not in authorities]
        for key in sorted(authorities, key=lambda a: (-authorities[a], a)) + sorted(others):
            epoch = authorities.get(key, -1)
            counting = {
                known.id: known.content
                for known in by_key.get(key, ())
                if isinstance(known.content, Revocation)
                and (
                    known.claim.issuer == root_key
                    or (authorities.get(known.claim.issuer, -1) > epoch and bounds.keep(known.claim.issuer, known.id))
                )
            }
            amended = {identity for revocation in counting.values() for identity in revocation.amends}
            in_force = {identity: r for identity, r in sorted(counting.items()) if identity not in amended}
            if in_force:
                bounds._by_key[key] = in_force
        return bounds

    def bind(self, key: bytes) -> bool:
        """Whether any revocation bounds this key."""
        return key in self._by_key

    def keep(self, issuer: bytes, statement: bytes) -> bool:
        """Whether a statement still counts: its issuer is not bounded, or every revocation keeps it."""
        bounds = self._by_key.get(issuer)
        return bounds is None or all(statement in revocation.keeps for revocation in bounds.values())

    def of_key(self, key: bytes) -> tuple[Revocation, ...]:
        """The revocations that bound a key, by their ids."""
        return tuple(self._by_key.get(key, {}).values())

    def ids_of_key(self, key: bytes) -> tuple[bytes, ...]:
        """Their ids."""
        return tuple(self._by_key.get(key, {}))
