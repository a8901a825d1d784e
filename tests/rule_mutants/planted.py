"""Bugs of the rule book: in a module one piece of text in place of another, which must stand there exactly once."""

from __future__ import annotations

from typing import NamedTuple


class Bug(NamedTuple):
    """What somebody believed who would write it, and the edit."""

    belief: str
    module: str
    anchor: str
    instead: str


BUGS = (
    Bug("a minute costs when it is over", "timeline", "return -(-late // MINUTE_MS)", "return late // MINUTE_MS"),
    Bug(
        "of two limits the later holds", "timeline", "return min(ends, default=None)", "return max(ends, default=None)"
    ),
    Bug(
        "of several starts the last counts",
        "timeline",
        "min(candidates, default=None)",
        "max(candidates, default=None)",
    ),
    Bug(
        "a finish at a kiosk can be withdrawn",
        "timeline",
        "attempt.role >= Role.KIOSK or resume_ms == 0",
        "resume_ms == 0",
    ),
    Bug("pauses that overlap count twice", "timeline", "if merged and low <= merged[-1][1]:", "if merged and not low:"),
    Bug(
        "who started by the list is not started by staff",
        "clocking",
        "start = known if ruled is None else",
        "start = known if known or not ruled else",
    ),
    Bug(
        "a score may fall below zero", "scoring", "min(given, taken) if rules.package.floor_at_zero else taken", "taken"
    ),
    Bug(
        "the cut-off itself is too late",
        "scoring",
        "_late(play, times, finish.told_ms) > cut_ms",
        "_late(play, times, finish.told_ms) >= cut_ms",
    ),
    Bug(
        "the team has the result of its best member", "scoring", "result = max(alone, key=", "result = min(alone, key="
    ),
    Bug(
        "every phone knows what the others did",
        "knowing",
        "if number < seq if chain == other else vector[other] >= number:",
        "if number < seq:",
    ),
    Bug(
        "what is voided never opened anything",
        "answering",
        "self._read(openings, place, event, action, challenge)  # what",
        "pass  # what",
    ),
    Bug(
        "a new start by staff closes what was open",
        "walking",
        "if not bare and still_opens(",
        "if bare and still_opens(",
    ),
    Bug("a place pays again at every visit", "paying", "visit.moment - last.moment >= pause_ms", "True"),
    Bug("one member stands for all", "paying", "if len(present) >= needed:", "if present:"),
    Bug("members need not come together", "paying", "if not within_ms or other.moment >= from_ms]", "]"),
    Bug(
        "a granted visit pays beside the team's own",
        "paying",
        "why = struck or ((own.event,) if own is not None else ())",
        "why = struck",
    ),
    Bug(
        "of a group those pay that have the smaller ids",
        "paying",
        "purse.paid.sort(key=lambda one: (one.at_ms, one.event))",
        "purse.paid.sort(key=lambda one: one.event)",
    ),
    Bug("a bonus does not ask for time", "paying", "window[-1][0] - window[0][0] <= within_ms", "True"),
    Bug(
        "a course is matched from the front",
        "courses",
        "if length >= needed and rank > latest",
        "if length and rank > latest",
    ),
    Bug(
        "wrong answers count that were written before",
        "answering",
        "if wrong.place < right.place or not knows(wrong.event, right.event)",
        "if wrong.place < right.place",
    ),
    Bug(
        "a wrong answer costs on every phone",
        "answering",
        "elif same is not None:",
        "elif same is not None and knows(one.event, same.event):",
    ),
    Bug(
        "wrong answers cost without end",
        "answering",
        "min(challenge.wrong_points, challenge.wrong_points_max - spent)",
        "challenge.wrong_points",
    ),
    Bug(
        "the last photo is judged",
        "answering",
        "next((one for one in reversed(given) if one.right), given[-1])",
        "given[-1]",
    ),
    Bug(
        "a pause costs speed points",
        "answering",
        "used_ms = max(0, counted_ms(self.times.spans, opened[0], one.at_ms))",
        "used_ms = max(0, one.at_ms - opened[0])",
    ),
    Bug(
        "anybody of the staff undoes anything",
        "rulings",
        "if target is not None and target.role > event.role:",
        "if target is not None and target.role > 99:",
    ),
    Bug(
        "of two decisions the later holds, whoever made it",
        "rulings",
        "key=lambda event: (event.role, event.action.at_ms, event.id)",
        "key=lambda event: (event.action.at_ms, event.id)",
    ),
    Bug(
        "what a decision saw does not matter",
        "rulings",
        "standing = [event for event in candidates if event.id not in seen]",
        "standing = list(candidates)",
    ),
    Bug(
        "what is said to all holds for each",
        "rulings",
        "in ((own, True), (category, True), (_said_of_all(found), False)):",
        "in ((_said_of_all(found), False), (category, True), (own, True)):",
    ),
    Bug(
        "nobody is bound by what their phone showed",
        "crossing",
        "return until_ms if view.since_ms <= one.at_ms < until_ms else None",
        "return None",
    ),
    Bug(
        "after a shared place the next number follows",
        "standings",
        "distinct if ranking.dense else row + 1",
        "distinct",
    ),
    Bug(
        "an unknown age is no hindrance",
        "entering",
        "if asks_age and (len(known) < len(ages) or not known):",
        "if asks_age and not known:",
    ),
    Bug("nobody gives the same event twice", "events", "        if event.id in by_id:\n", "        if not event.id:\n"),
    Bug(
        "what was withheld before needs no word",
        "paying",
        "play.refuse(found.place, reason, *dict.fromkeys([*others, *before[:1], *near, *ruled]))",
        "play.refuse(found.place, reason)",
    ),
)
