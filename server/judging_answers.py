"""Judging what only headquarters and edges can: answers to challenges whose key no device holds.

The authority writes the keys into its `staff` stream when it publishes
(`keeping.AnswerKept`); devices never hold that audience. A node that has them
answers each answer it stores once, with `decisions.AnswerJudged` in a stream of
the team's audience, so that the team's devices come to the same score. Two
nodes that judge the same answer say the same, so saying it twice is harmless.
"""

from __future__ import annotations

from collections.abc import Iterable

from client_core.game.actions import Answer, Known, decode_action
from client_core.game.answers import Outcome, judge_key
from client_core.game.challenges import Hashed, Interval, Later
from client_core.game.content import package_hash
from client_core.game.decisions import AnswerJudged
from client_core.game.keeping import AnswerKept
from client_core.game.teams import Team
from server import own_stream
from server.open_game import OpenGame
from server.scoreboard import organiser_events, stream_events, team_streams
from sync.batch import Batch
from sync.stream import STAFF, team_audience

JUDGED_MAX = 100
"""Answers judged in one batch; the rest follows with the next."""
REASON = "judged by the kept answer"


def kept_keys(game: OpenGame) -> dict[int, Hashed | Interval]:
    """The keys this node holds for the game's package, by the number of the challenge."""
    hashed = package_hash(game.package_bytes)
    found: dict[int, Hashed | Interval] = {}
    for event in organiser_events(game.log, STAFF):
        action = decode_action(event.payload)
        if isinstance(action, AnswerKept) and action.package == hashed:
            found[action.challenge] = action.key
    return found


def judge_waiting(game: OpenGame, teams: Iterable[Team], now_ms: int) -> list[Batch]:
    """A batch for each team of which an answer waits that this node can judge; none where it holds no keys."""
    challenges = game.rules.package.challenges
    if not any(isinstance(challenge.key, Later) for challenge in challenges):
        return []
    keys = kept_keys(game)
    batches = []
    for team in teams if keys else ():
        waiting: dict[bytes, Answer] = {}
        judged: set[bytes] = set()
        for state in team_streams(game.log, team.id):
            for event in stream_events(game.log, state):
                action = decode_action(event.payload)
                if isinstance(action, Answer) and action.challenge in keys and action.challenge < len(challenges):
                    waiting[event.id] = action
                elif isinstance(action, AnswerJudged) and game.log.index.directory.speaks_for_all(event.author):
                    judged.add(action.event)
        rulings: list[Known] = []
        for identity, answer in waiting.items():
            if identity not in judged:
                form = challenges[answer.challenge].form
                mark = judge_key(form, keys[answer.challenge], answer.text)
                rulings.append(AnswerJudged(now_ms, REASON, team.id, identity, mark.outcome is Outcome.RIGHT))
        if rulings:
            audience = team_audience(team.id)
            batches.append(own_stream.write(game.log.index, game.key, audience, rulings[:JUDGED_MAX]))
    return batches
