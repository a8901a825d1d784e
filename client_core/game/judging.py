"""Judging: whether the evidence of one check-in says that somebody was there.

A pure function of the package, the action and its author's role. What the team
did before, and when, is asked elsewhere (`openings`, `timeline`, `scoring`).
"""

from __future__ import annotations

from client_core.game.actions import CheckIn
from client_core.game.answers import secret_hash
from client_core.game.checkpoints import Method
from client_core.game.geometry import distance_mm, inside, radius_mm
from client_core.game.roles import Role
from client_core.game.rules import Place, Rules
from client_core.game.verdicts import Reason, Refused

_GPS = Method.GPS
_READ = frozenset({int(Method.QR), int(Method.CODE)})
_ROLES = {int(Method.KIOSK): Role.KIOSK, int(Method.PAPER): Role.KIOSK, int(Method.STAFF): Role.SAFETY}
"""The least that the author of such a check-in must be."""
_NO_POSITION = Refused(Reason.NO_POSITION)
_ACCURACY_UNKNOWN = Refused(Reason.ACCURACY_UNKNOWN)
_WRONG_CODE = Refused(Reason.WRONG_CODE)


def weigh(rules: Rules, action: CheckIn, role: int) -> Refused | None:
    """What is wrong with the evidence of a check-in; None where it holds.

    Of a checkpoint that is asked for the first time it notes the positions that hold for certain (`Rules.sure`).
    """
    number, method = action.checkpoint, action.method
    lon_e7, lat_e7, accuracy_dm = action.lon_e7, action.lat_e7, action.accuracy_dm
    if number >= len(rules.places):
        return Refused(Reason.UNKNOWN_CHECKPOINT, (number,))
    place = rules.places[number]
    if method not in place.methods:
        return Refused(Reason.METHOD_NOT_ALLOWED, (int(method),))
    if method == _GPS:
        fence = place.fence
        if (
            lon_e7 is None
            or lat_e7 is None
            or fence is None
            or (place.accuracy_needed if accuracy_dm is None else accuracy_dm > place.accuracy_dm_max)
            or not inside(fence, lon_e7, lat_e7)
        ):
            return _why_not_there(place, action)
        if number not in rules.sure:
            rules.note_sure(number)
        return _too_short(place, action) if place.dwell_ms else None
    if method in _READ:
        return None if reads(place, action.code) else _WRONG_CODE
    return None if role >= _ROLES[method] else Refused(Reason.WRONG_ROLE, (role,))


def reads(place: Place, code: str | None) -> bool:
    """Whether this is what stands at the checkpoint to be scanned or typed."""
    if code is None:
        return False
    return secret_hash(place.code, code) == place.secret if place.secret else code == place.code


def _too_short(place: Place, action: CheckIn) -> Refused | None:
    """A visit that did not last; what the device does not tell did not last at all."""
    lasted_ms = (action.before_ms or 0) + (action.after_ms or 0)
    return None if lasted_ms >= place.dwell_ms else Refused(Reason.DWELL_TOO_SHORT, (lasted_ms, place.dwell_ms))


def _why_not_there(place: Place, action: CheckIn) -> Refused:
    """What is wrong with the position of a check-in by GPS."""
    lon_e7, lat_e7, accuracy_dm, fence = action.lon_e7, action.lat_e7, action.accuracy_dm, place.fence
    if lon_e7 is None or lat_e7 is None or fence is None:
        return _NO_POSITION
    if accuracy_dm is None and place.accuracy_needed:
        return _ACCURACY_UNKNOWN
    if accuracy_dm is not None and accuracy_dm > place.accuracy_dm_max:
        return Refused(Reason.ACCURACY_TOO_POOR, (accuracy_dm * 100, place.accuracy_dm_max * 100))
    return Refused(Reason.OUTSIDE_FENCE, (distance_mm(fence, lon_e7, lat_e7), radius_mm(fence)))
