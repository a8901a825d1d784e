"""Write what drawn games come to: `python tests/golden/generate_folds.py` makes `folds.json` beside this file.

A digest that changes is a change of a result and asks for a new number of
rules, or the game is drawn differently; say which in the commit.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path += [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1] / "support")]

from seeded_games import digest_of, draw_game

HERE = Path(__file__).parent
GAMES = 400

if __name__ == "__main__":
    digests = [digest_of(draw_game(seed)) for seed in range(GAMES)]
    (HERE / "folds.json").write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
