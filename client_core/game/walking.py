"""Walking: a team's visits and answers in canonical order, each judged by what came before it."""

from __future__ import annotations

from client_core.game.answering import Answers
from client_core.game.clocking import Times, in_time
from client_core.game.openings import Openings, Stood
from client_core.game.play import Play
from client_core.game.verdicts import Reason, Refused


def walk(play: Play, times: Times, openings: Openings, answers: Answers) -> list[Stood]:
    """The visits that were in time, belong to what the team plays and were open, in canonical order."""
    stood: list[Stood] = []
    asked = iter(play.asked)
    waiting = next(asked, None)
    paying = play.entered.checkpoints
    for visit in play.visits:
        while waiting is not None and waiting[0] < visit.place:
            answers.consider(openings, *waiting)
            waiting = next(asked, None)
        if visit.checkpoint == play.rules.finish:
            continue
        refused = in_time(play, times, visit)
        if refused is not None:
            play.refuse(visit.place, refused[0], *refused[1])
        elif paying is not None and visit.checkpoint not in paying:
            play.refuse(visit.place, Refused(Reason.NOT_IN_FORMAT))
        elif (taken := openings.take(visit)) is not None:
            stood.append(taken)
    while waiting is not None:
        answers.consider(openings, *waiting)
        waiting = next(asked, None)
    return stood
