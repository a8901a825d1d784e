"""`python -m tests.power_loss.writing STORE FOLDER SEED PAGES`: write until killed, telling every acknowledgement.

One line an acknowledgement, only after it: the commit's number, and the ids of
the events that are durable from then on.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from tests.power_loss.stores import STORES


def _tell(commit_seq: int, ids: list[bytes]) -> None:
    line = " ".join([str(commit_seq), *(identity.hex() for identity in ids)])
    os.write(1, line.encode() + b"\n")


if __name__ == "__main__":
    kind, folder, seed, pages = sys.argv[1:]
    STORES[kind].write(Path(folder), _tell, int(seed), int(pages))
