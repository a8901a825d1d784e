"""`python -m tests.rule_mutants`: plant every bug in a copy of the rule book, and print what noticed it.

Writes its section of `docs/reference/mutants.md`. Exits with 1 where a bug lives.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .hunting import BEGIN, PAGE, hunt, section
from .planted import BUGS


def main() -> int:
    """Hunt all, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        caught = list(pool.map(hunt, BUGS))
    page = Path(PAGE)
    text = page.read_text("utf-8").split(BEGIN)[0].rstrip() + "\n\n" + section(caught)
    page.write_text(text, "utf-8")
    alive = [one.bug.belief for one in caught if not one.cases and not one.laws]
    print(f"{len(caught)} planted; alive: {alive or 'none'}")
    return bool(alive)


if __name__ == "__main__":
    sys.exit(main())
