"""Packages for the browser's Python, of the version and by a hash of a lock: the same that CPython runs here.

python wheels.py NAME LOCK FOLDER     fetches a wheel into FOLDER and prints where it is
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PLATFORM = "pyemscripten_2026_0_wasm32"


class WheelError(Exception):
    """A wheel is not to be had; the text says what pip said."""


def fetch_wheel(name: str, lock: Path, folder: Path) -> Path:
    """The browser's wheel of a package that is in the lock. Raises `WheelError`."""
    lines = lock.read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{name}=="))
    end = next(number for number in range(start, len(lines)) if not lines[number].endswith("\\"))
    wanted = folder / f"{name}.txt"
    wanted.write_text("\n".join(lines[start : end + 1]))
    command = (
        *(sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"),
        *("--require-hashes", "--only-binary=:all:", "--python-version=3.14", "--abi=cp314"),
        *(f"--platform={PLATFORM}", "--dest", str(folder), "--requirement", str(wanted)),
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise WheelError(f"{name} for the browser cannot be fetched: {done.stderr.strip()[-500:]}")
    return next(folder.glob(f"{name}-*.whl"))


if __name__ == "__main__":
    print(fetch_wheel(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
