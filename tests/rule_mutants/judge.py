"""Run in a copy with a bug: what notices it? Prints JSON: the cases that come out otherwise, and the laws with a seed.

python judge.py SEEDS
"""

from __future__ import annotations

import json
import sys

from drawn_days import draw
from rule_laws import LAWS
from tables import rule_book

from client_core.game import play


def told(case: object) -> str:
    """What comes out, or the error."""
    try:
        return case.told()  # type: ignore[attr-defined,no-any-return]
    except Exception as error:  # noqa: BLE001 - a bug may raise anything, and that is noticed too
        return repr(error)


def broken(law: str, seeds: int) -> int | None:
    """The first seed whose game breaks a law."""
    for seed in range(seeds):
        try:
            if LAWS[law](draw(seed)):
                return seed
        except Exception:  # noqa: BLE001 - the same
            return seed
    return None


if __name__ == "__main__":
    cases = [
        f"{rule.name}: {case.happens}" for _, rule in rule_book() for case in rule.cases if told(case) != case.comes_out
    ]
    laws = {law: seed for law in LAWS if (seed := broken(law, int(sys.argv[1]))) is not None}
    print(json.dumps({"of": play.__file__, "cases": cases, "laws": laws}))
