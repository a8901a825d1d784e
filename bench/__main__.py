"""`python -m bench [PART ...]`: run the benches and print their table; a whole run is kept in bench/out/latest.json.

Every figure that is judged is a ratio to a limit or a peer measured in the same
run, because machines differ and are noisy.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from bench import frames, idle, ingest, late, player, reopen, rush, scoring, store, trust
from bench.table import Row, keep, show

PARTS: dict[str, Callable[[], list[Row]]] = {
    "frames": frames.rows,
    "idle": idle.rows,
    "scoring": scoring.rows,
    "late": late.rows,
    "store": store.rows,
    "reopen": reopen.rows,
    "ingest": ingest.rows,
    "rush": rush.rows,
    "trust": trust.rows,
    "player": player.rows,
}


def main(names: list[str]) -> int:
    """Run the named parts, or all; returns 1 where a target was missed."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for name in names or PARTS:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        rows += PARTS[name]()
    print(show(rows))
    if not names:
        keep(rows)
    return int(any(row.met is False for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
