"""All tables of cases, and the page that shows them: `python tests/rule_book/tables.py` writes it anew."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]

from cases_of_challenges import CHALLENGES  # noqa: E402 - a script finds its neighbours first
from cases_of_decisions import DECISIONS  # noqa: E402
from cases_of_groups import GROUPS  # noqa: E402
from cases_of_places import PLACES  # noqa: E402
from cases_of_standings import STANDINGS  # noqa: E402
from cases_of_the_field import FIELD  # noqa: E402
from cases_of_time import TIMES  # noqa: E402
from telling import Rule  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "rules.md"
CHAPTERS: dict[str, tuple[Rule, ...]] = {
    "Time": TIMES,
    "Places": PLACES,
    "Groups and orders": GROUPS,
    "Challenges": CHALLENGES,
    "Decisions of staff": DECISIONS,
    "Standings": STANDINGS,
    "Rules of the field": FIELD,
}
HEAD = """# The rules, case by case

What happens, and what comes out. These tables are the tests of the rule book; `python tests/rule_book/tables.py`
writes this page from them. Why the rules are as they are: [scoring](../why/scoring.md). How an organiser
writes them: [by example](../guides/rules-by-example.md).

Where nothing else is said, the game starts for all at 10:00 and lasts an hour, a started minute over it costs 5 points,
31 pays 30, 32 pays 20, 33 and 34 pay 10 each, and F is the finish. A result reads *points - penalties = score, status*,
and then what is said of each event: a check-in that pays nothing says why.
"""


def rule_book() -> list[tuple[str, Rule]]:
    """Every rule, with its chapter."""
    return [(chapter, rule) for chapter, rules in CHAPTERS.items() for rule in rules]


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for chapter, rules in CHAPTERS.items():
        parts.append(f"\n## {chapter}\n")
        for rule in rules:
            parts.append(f"\n### {rule.name}\n\n{rule.says}\n\n| case | what comes out |\n| --- | --- |\n")
            parts += [f"| {_cell(case.happens)} | {_cell(case.comes_out)} |\n" for case in rule.cases]
            sources = dict.fromkeys(case.source for case in rule.cases if case.source)
            parts += [f"\nSource: {source}\n" for source in sources]
    return "".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
