"""`python -m tests.model [--small]`: explore the session exhaustively in small worlds; 1 where a law does not hold.

The full bounds take some minutes; `--small` are those of the test.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from tests.model.report import run_model


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--small", action="store_true", help="the bounds of the test")
    options = parser.parse_args()
    result = run_model(lambda line: print(line, flush=True), small=options.small)
    print(f"cells of the transition table visited: {len(result.where)}")
    for (state, message), where in sorted(
        result.where.items(), key=lambda item: (item[0][0].value, item[0][1].__name__)
    ):
        print(f"    {state.value:26} {message.__name__:12} {where}")
    for missing in result.missing:
        print(f"    NOT VISITED: {missing}")
    return 0 if result.holds else 1


if __name__ == "__main__":
    sys.exit(main())
