"""Challenges: what is the same answer, what is paid, what is charged, hints, par times, judging."""

from __future__ import annotations

from typing import Any

from telling import MINUTE_MS, NUMBERS, By, Rule, at, one, pure, team_id, there

from client_core.game.actions import Answer, ChallengeOpened, HintTaken, Photo
from client_core.game.answers import answer_hash, answer_key, judge_key, seal
from client_core.game.challenges import Challenge, Form, Hashed, Hint, Interval, Judged, Key, Later
from client_core.game.decisions import AnswerAccepted, AnswerJudged, ChallengeVoided, Neutralised
from client_core.game.groups import Advance, Fixed, Group, Leg

SALT = bytes(16)
PICTURE = bytes(32)


def right(*answers: str, form: Form = Form.TEXT) -> Hashed:
    """The key by which a package knows right answers."""
    return Hashed(SALT, tuple(answer_hash(SALT, answer_key(form, answer)) for answer in answers))


def asked(key: Key | None = None, form: Form = Form.TEXT, **changes: Any) -> dict[str, tuple[Challenge, ...]]:
    """The game's only challenge, at checkpoint 31, worth 20 points."""
    return {
        "challenges": (
            Challenge("R", "", "Whose tower?", 0, form, key or right("Giotto"), **({"points": 20} | changes)),
        )
    }


def says(text: str, minute: float, **more: Any) -> Answer:
    """An answer to it."""
    return Answer(at(minute), 0, text, **more)


def hint(number: int, minute: float) -> HintTaken:
    """A look at a hint."""
    return HintTaken(at(minute), 0, number)


def photo(minute: float) -> Photo:
    """A photo of something."""
    return Photo(at(minute), 0, PICTURE, 9)


def judge(event: str, verdict: bool, minute: float = 60, points: int | None = None) -> By:
    """A decision of staff on one answer, by its name in the story."""
    return By("referee", lambda ids: AnswerJudged(at(minute), "looked at it", team_id(1), ids[event], verdict, points))


VISIT = there("31", 1)
COSTS = {"tries": 3, "wrong_points": 4, "wrong_points_max": 10}
HINTS = {"hints": (Hint("It is white", 3), Hint("It is a bell tower", 6, 10 * MINUTE_MS))}


def of(form: Form, key: Key, given: str, secret: str | None = None) -> str:
    """What is said of an answer: right, wrong, or unknown with what is at hand."""
    return judge_key(form, key, given, secret).outcome.name.lower()


NUMBER = Interval(82, 88, 85)
LIST = right("Dante\nGiotto", form=Form.ORDER)
SAMENESS = Rule(
    "Right and wrong",
    (
        "Case, accents, spaces and signs do not matter; a number is right within its tolerance; "
        "lists are compared in order."
    ),
    (
        pure(
            "right is 'Giotto'; somebody answers ' GIOTTO! '",
            "right",
            lambda: of(Form.TEXT, right("Giotto"), " GIOTTO! "),
        ),
        pure("right is 'Città'; somebody answers 'citta'", "right", lambda: of(Form.TEXT, right("Città"), "citta")),
        pure("right is 'Giotto'; somebody answers 'Giotti'", "wrong", lambda: of(Form.TEXT, right("Giotto"), "Giotti")),
        pure(
            "right is 'Straße'; somebody answers 'STRASSE'", "right", lambda: of(Form.TEXT, right("Straße"), "STRASSE")
        ),
        pure(
            "right is 'Duomo' or 'Cathedral'; somebody answers 'cathedral'",
            "right",
            lambda: of(Form.TEXT, right("Duomo", "Cathedral"), "cathedral"),
        ),
        pure("85 m, right within 3; somebody answers '88 m'", "right", lambda: of(Form.NUMBER, NUMBER, "88 m")),
        pure("85 m, right within 3; somebody answers '88.1'", "wrong", lambda: of(Form.NUMBER, NUMBER, "88.1")),
        pure("85 m, right within 3; somebody answers '82,0'", "right", lambda: of(Form.NUMBER, NUMBER, "82,0")),
        pure("85 m, right within 3; somebody answers 'about 85'", "wrong", lambda: of(Form.NUMBER, NUMBER, "about 85")),
        pure("85 m, right within 3; somebody answers '85 or 86'", "wrong", lambda: of(Form.NUMBER, NUMBER, "85 or 86")),
        pure(
            "choice: 'Arno', and the answer is 'arno'",
            "right",
            lambda: of(Form.CHOICE, right("Arno", form=Form.CHOICE), "arno"),
        ),
        pure("order: first Dante, then Giotto; so answered", "right", lambda: of(Form.ORDER, LIST, "dante\ngiotto")),
        pure(
            "order: first Dante, then Giotto; the other way round",
            "wrong",
            lambda: of(Form.ORDER, LIST, "giotto\ndante"),
        ),
        pure(
            "sealed, with what the QR code says",
            "right",
            lambda: of(Form.TEXT, seal(right("Giotto"), "lily 7", SALT), "giotto", "Lily-7"),
        ),
        pure(
            "sealed, with another secret",
            "unknown",
            lambda: of(Form.TEXT, seal(right("Giotto"), "lily 7", SALT), "giotto", "rose 7"),
        ),
        pure("judged later: no phone knows", "unknown", lambda: of(Form.TEXT, Later(), "giotto")),
    ),
)

TRIES = Rule(
    "Tries and their cost",
    "A right answer pays if fewer different wrong ones than the tries stand that were not "
    "given knowing of it, whichever "
    "phone gave them. Equal wrong answers cost once, and all together never more than the budget.",
    (
        one(
            "right at once",
            "50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20",
            VISIT,
            says("Giotto", 2),
            **asked(),
        ),
        one(
            "before the checkpoint is visited",
            ("30 - 0 = 30, active: challenge R: its checkpoint was not visited before; checkpoint 31 +30"),
            says("Giotto", 0.5),
            VISIT,
            **asked(),
        ),
        one(
            "on a second phone that had not heard of the visit",
            ("30 - 0 = 30, active: checkpoint 31 +30; challenge R: its checkpoint was not visited before"),
            VISIT,
            By(2, says("Giotto", 2)),
            **asked(),
        ),
        one(
            "on a second phone that had",
            "50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20",
            VISIT,
            By(2, says("Giotto", 2), knows=True),
            **asked(),
        ),
        one(
            "wrong, then right",
            "50 - 4 = 46, active: checkpoint 31 +30; challenge R: wrong -4; challenge R: right +20",
            VISIT,
            says("Dante", 2),
            says("Giotto", 3),
            **asked(**COSTS),
        ),
        one(
            "the same wrong answer twice",
            "30 - 4 = 26, active: checkpoint 31 +30; challenge R: wrong -4; challenge R: wrong",
            VISIT,
            says("Dante", 2),
            says(" dante", 3),
            **asked(**COSTS),
        ),
        one(
            "the same wrong answer on two phones, offline",
            "30 - 4 = 26, active: checkpoint 31 +30; challenge R: wrong -4; challenge R: wrong",
            VISIT,
            By(2, says("Dante", 2), knows=True),
            says("Dante", 3),
            **asked(**COSTS),
        ),
        one(
            "three wrong ones within a budget of 10",
            (
                "30 - 10 = 20, active: checkpoint 31 +30; challenge R: wrong -4; challenge R: wrong -4; "
                "challenge R: wrong -2"
            ),
            VISIT,
            says("a", 2),
            says("b", 3),
            says("c", 4),
            **asked(**COSTS),
        ),
        one(
            "three wrong ones are all tries: then right",
            (
                "30 - 10 = 20, active: checkpoint 31 +30; challenge R: wrong -4; challenge R: wrong -4; "
                "challenge R: wrong -2; challenge R: after 3 different wrong answers, 3 are allowed"
            ),
            VISIT,
            says("a", 2),
            says("b", 3),
            says("c", 4),
            says("Giotto", 5),
            **asked(**COSTS),
        ),
        one(
            "a fourth one after all tries costs nothing",
            (
                "30 - 10 = 20, active: checkpoint 31 +30; challenge R: wrong -4; challenge R: wrong -4; "
                "challenge R: wrong -2; challenge R: after 3 different wrong answers, 3 are allowed"
            ),
            VISIT,
            says("a", 2),
            says("b", 3),
            says("c", 4),
            says("d", 5),
            **asked(**COSTS),
        ),
        one(
            "right, and two wrong ones that another phone had given offline",
            (
                "30 - 0 = 30, active: checkpoint 31 +30; challenge R: wrong; challenge R: wrong; "
                "challenge R: after 2 different wrong answers, 2 are allowed"
            ),
            VISIT,
            By(2, says("a", 2), knows=True),
            By(2, says("b", 3)),
            says("Giotto", 4),
            **asked(tries=2),
        ),
        one(
            "right at 10:04, and two wrong ones at 10:05 and 10:06 by a phone that had not heard of it",
            (
                "30 - 0 = 30, active: checkpoint 31 +30; "
                "challenge R: after 2 different wrong answers, 2 are allowed; challenge R: wrong; "
                "challenge R: wrong"
            ),
            VISIT,
            By(2, says("a", 5), knows=True),
            By(2, says("b", 6)),
            By(1, says("Giotto", 4)),
            **asked(tries=2),
        ),
        one(
            "right, and wrong ones given knowing of it",
            (
                "50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20; "
                "challenge R: answered rightly before; challenge R: answered rightly before"
            ),
            VISIT,
            says("Giotto", 2),
            says("a", 3),
            says("b", 4),
            **asked(tries=1, wrong_points=4, wrong_points_max=9),
        ),
        one(
            "right twice, on two phones",
            ("50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20; challenge R: answered rightly before"),
            VISIT,
            says("Giotto", 2),
            By(2, says("giotto", 3), knows=True),
            **asked(),
        ),
        one(
            "after the finish",
            "30 - 0 = 30, ok: checkpoint 31 +30; challenge R: after the team's finish",
            VISIT,
            there("F", 30),
            says("Giotto", 31),
            **asked(),
        ),
        one(
            "at the finish itself one may still answer",
            "0 - 0 = 0, ok: challenge Q: after the team's finish",
            there("F", 30),
            says("Giotto", 29),
            challenges=(Challenge("Q", "", "How was it?", NUMBERS["F"], Form.TEXT, right("Giotto"), 20),),
        ),
        one(
            "sealed: the answer carries what the QR code said",
            "50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20",
            VISIT,
            says("Giotto", 2, secret="lily 7"),
            **asked(seal(right("Giotto"), "lily 7", SALT)),
        ),
        one(
            "sealed: without it nobody can tell yet",
            "30 - 0 = 30, active: checkpoint 31 +30; challenge R: waits for somebody to judge it",
            VISIT,
            says("Giotto", 2),
            **asked(seal(right("Giotto"), "lily 7", SALT)),
        ),
        one(
            "judged later: waits",
            "30 - 0 = 30, active: checkpoint 31 +30; challenge R: waits for somebody to judge it",
            VISIT,
            By(1, says("Giotto", 2), name="answer"),
            **asked(Later()),
        ),
        one(
            "judged later: a kiosk that knows says right",
            "50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20",
            VISIT,
            By(1, says("Giotto", 2), name="answer"),
            By("kiosk", lambda ids: AnswerJudged(at(9), "", team_id(1), ids["answer"], True)),
            **asked(Later()),
        ),
        one(
            "judged later: and wrong",
            "30 - 4 = 26, active: checkpoint 31 +30; challenge R: wrong -4",
            VISIT,
            By(1, says("Dante", 2), name="answer"),
            By("kiosk", lambda ids: AnswerJudged(at(9), "", team_id(1), ids["answer"], False)),
            **asked(Later(), **COSTS),
        ),
    ),
)

HELP = Rule(
    "Hints",
    (
        "A hint costs once, however many phones look; knowing the right answer it costs nothing; "
        "later ones may have to wait."
    ),
    (
        one(
            "one hint",
            "50 - 3 = 47, active: checkpoint 31 +30; challenge R: hint 1 -3; challenge R: right +20",
            VISIT,
            hint(0, 2),
            says("Giotto", 3),
            **asked(**HINTS),
        ),
        one(
            "two phones, offline",
            "30 - 3 = 27, active: checkpoint 31 +30; challenge R: hint 1 -3; challenge R: hint 1",
            VISIT,
            By(2, hint(0, 2), knows=True),
            hint(0, 3),
            **asked(**HINTS),
        ),
        one(
            "after the right answer",
            "50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20; challenge R: hint 1",
            VISIT,
            says("Giotto", 2),
            hint(0, 3),
            **asked(**HINTS),
        ),
        one(
            "the second before the first",
            "30 - 0 = 30, active: checkpoint 31 +30; challenge R: hint 1 comes first",
            VISIT,
            hint(1, 20),
            **asked(**HINTS),
        ),
        one(
            "the second is to be had 10 min after opening: asked for after 9",
            (
                "30 - 3 = 27, active: checkpoint 31 +30; challenge R: hint 1 -3; "
                "challenge R: the hint was not to be had yet"
            ),
            VISIT,
            hint(0, 2),
            hint(1, 10),
            **asked(**HINTS),
        ),
        one(
            "the second after 10 min",
            "30 - 9 = 21, active: checkpoint 31 +30; challenge R: hint 1 -3; challenge R: hint 2 -6",
            VISIT,
            hint(0, 2),
            hint(1, 11),
            **asked(**HINTS),
        ),
        one(
            "two of the 10 min were neutral",
            (
                "30 - 3 = 27, active: checkpoint 31 +30; challenge R: hint 1 -3; "
                "time that does not count (storm); challenge R: the hint was not to be had yet"
            ),
            VISIT,
            hint(0, 2),
            hint(1, 12),
            By("referee", Neutralised(at(9), "storm", at(3), at(5))),
            **asked(**HINTS),
        ),
        one(
            "there is no third",
            "30 - 0 = 30, active: checkpoint 31 +30; challenge R: there is no hint 3",
            VISIT,
            hint(2, 20),
            **asked(**HINTS),
        ),
    ),
)

SPEED = Rule(
    "Par time and speed points",
    "Within the par time a right answer pays speed points too, falling evenly to none.",
    (
        one(
            "par 10 min, 30 speed points; opened at once, answered after 1 min",
            "77 - 0 = 77, active: checkpoint 31 +30; challenge R: right, 27 of it for speed +47",
            VISIT,
            ChallengeOpened(at(1), 0),
            says("Giotto", 2),
            **asked(par_ms=10 * MINUTE_MS, speed_points=30),
        ),
        one(
            "answered after 10 min",
            "50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20",
            VISIT,
            ChallengeOpened(at(1), 0),
            says("Giotto", 11),
            **asked(par_ms=10 * MINUTE_MS, speed_points=30),
        ),
        one(
            "never opened: the visit of its checkpoint opens it",
            "65 - 0 = 65, active: checkpoint 31 +30; challenge R: right, 15 of it for speed +35",
            VISIT,
            says("Giotto", 6),
            **asked(par_ms=10 * MINUTE_MS, speed_points=30),
        ),
        one(
            "opened only after the answer: it ran from the visit",
            "50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20",
            VISIT,
            says("Giotto", 12),
            ChallengeOpened(at(13), 0),
            **asked(par_ms=10 * MINUTE_MS, speed_points=30),
        ),
        one(
            "opened by the other phone later: the first that the phone knew of counts",
            "65 - 0 = 65, active: checkpoint 31 +30; challenge R: right, 15 of it for speed +35",
            VISIT,
            ChallengeOpened(at(2), 0),
            By(2, ChallengeOpened(at(4), 0), knows=True),
            By(2, says("Giotto", 7)),
            **asked(par_ms=10 * MINUTE_MS, speed_points=30),
        ),
        one(
            "half of the time was neutral",
            (
                "65 - 0 = 65, active: checkpoint 31 +30; challenge R: right, 15 of it for speed +35; "
                "time that does not count (storm)"
            ),
            VISIT,
            ChallengeOpened(at(1), 0),
            says("Giotto", 11),
            By("referee", Neutralised(at(20), "storm", at(3), at(8))),
            **asked(par_ms=10 * MINUTE_MS, speed_points=30),
        ),
    ),
)

PEOPLE = Rule(
    "Photos and free text",
    "Judged by people, or counted at once until somebody says otherwise. The last one counts, "
    "unless an earlier one was "
    "judged right.",
    (
        one(
            "a photo waits",
            "30 - 0 = 30, active: checkpoint 31 +30; challenge R: waits for somebody to judge it",
            VISIT,
            photo(2),
            **asked(Judged(), Form.PHOTO),
        ),
        one(
            "a photo is judged right",
            ("50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20; an answer judged (looked at it)"),
            VISIT,
            By(1, photo(2), name="photo"),
            judge("photo", True),
            **asked(Judged(), Form.PHOTO),
        ),
        one(
            "a photo is judged right, for 12 points",
            ("42 - 0 = 42, active: checkpoint 31 +30; challenge R: right +12; an answer judged (looked at it)"),
            VISIT,
            By(1, photo(2), name="photo"),
            judge("photo", True, points=12),
            **asked(Judged(), Form.PHOTO),
        ),
        one(
            "a photo is judged wrong, and taken again",
            (
                "30 - 0 = 30, active: checkpoint 31 +30; challenge R: judged wrong; "
                "challenge R: waits for somebody to judge it; an answer judged (looked at it)"
            ),
            VISIT,
            By(1, photo(2), name="photo"),
            photo(5),
            judge("photo", False),
            **asked(Judged(), Form.PHOTO),
        ),
        one(
            "a later photo replaces one that waits",
            (
                "30 - 0 = 30, active: checkpoint 31 +30; challenge R: another one counts in its stead; "
                "challenge R: waits for somebody to judge it"
            ),
            VISIT,
            photo(2),
            photo(5),
            **asked(Judged(), Form.PHOTO),
        ),
        one(
            "a later photo does not replace one judged right",
            (
                "50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20; "
                "challenge R: another one counts in its stead; an answer judged (looked at it)"
            ),
            VISIT,
            By(1, photo(2), name="photo"),
            photo(5),
            judge("photo", True),
            **asked(Judged(), Form.PHOTO),
        ),
        one(
            "automatic: counts at once",
            "50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20",
            VISIT,
            photo(2),
            **asked(Judged(automatic=True), Form.PHOTO),
        ),
        one(
            "automatic: until it is judged wrong",
            ("30 - 0 = 30, active: checkpoint 31 +30; challenge R: judged wrong; an answer judged (looked at it)"),
            VISIT,
            By(1, photo(2), name="photo"),
            judge("photo", False),
            **asked(Judged(automatic=True), Form.PHOTO),
        ),
        one(
            "free text, judged right",
            ("50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20; an answer judged (looked at it)"),
            VISIT,
            By(1, says("It was cold", 2), name="text"),
            judge("text", True),
            **asked(Judged(), Form.FREE_TEXT),
        ),
        one(
            "a photo opens the next one at once, whatever is judged later",
            (
                "50 - 0 = 50, active: checkpoint 31 +30; challenge R: judged wrong; checkpoint 32 +20; "
                "an answer judged (looked at it)"
            ),
            VISIT,
            By(1, photo(2), name="photo"),
            there("32", 5),
            judge("photo", False),
            groups=(Group("tour", "", Fixed(), advance=Advance.ANSWER, legs=(Leg((0,)), Leg((1,)))),),
            **asked(Judged(), Form.PHOTO),
        ),
    ),
)

STAFF_ON_ANSWERS = Rule(
    "Decisions on answers",
    "Staff accept an answer for all, judge one, or void a challenge; nobody is charged for what was accepted.",
    (
        one(
            "'Dante' is accepted for all",
            (
                "50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20; "
                "challenge R: an answer decided by staff, for all (also right)"
            ),
            VISIT,
            says("Dante", 2),
            By("referee", AnswerAccepted(at(60), "also right", 0, "dante")),
            **asked(**COSTS),
        ),
        one(
            "'Giotto' is found wrong for all",
            (
                "30 - 4 = 26, active: checkpoint 31 +30; challenge R: wrong -4; "
                "challenge R: an answer decided by staff, for all (wrong tower)"
            ),
            VISIT,
            says("Giotto", 2),
            By("referee", AnswerAccepted(at(60), "wrong tower", 0, "giotto", right=False)),
            **asked(**COSTS),
        ),
        one(
            "one answer is judged right",
            ("50 - 0 = 50, active: checkpoint 31 +30; challenge R: right +20; an answer judged (looked at it)"),
            VISIT,
            By(1, says("Gioto", 2), name="answer"),
            judge("answer", True),
            **asked(**COSTS),
        ),
        one(
            "the challenge is voided: neither pays nor costs",
            (
                "30 - 0 = 30, active: checkpoint 31 +30; challenge R: taken out of the game by staff; "
                "challenge R: taken out of the game by staff; "
                "challenge R: taken out of the game by staff; "
                "challenge R: voided by staff (cannot be read)"
            ),
            VISIT,
            says("a", 2),
            hint(0, 3),
            says("Giotto", 4),
            By("referee", ChallengeVoided(at(60), "cannot be read", 0)),
            **asked(**COSTS, **HINTS),
        ),
        one(
            "a phone cannot accept answers",
            (
                "30 - 4 = 26, active: checkpoint 31 +30; challenge R: wrong -4; "
                "challenge R: only staff of a higher role may say this"
            ),
            VISIT,
            says("Dante", 2),
            AnswerAccepted(at(3), "mine", 0, "dante"),
            **asked(**COSTS),
        ),
    ),
)

CHALLENGES = (SAMENESS, TRIES, HELP, SPEED, PEOPLE, STAFF_ON_ANSWERS)
