"""What the app is made of and under which licences, for its About page."""

from __future__ import annotations

import json
from pathlib import Path

CARRIED = ("preact", "@preact/signals", "@preact/signals-core", "htm", "maplibre-gl", "pmtiles", "fflate", "pyodide",
           "zxing-wasm")  # fmt: skip
"""The packages that the set carries files of."""
NAMES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "license")
BESIDE = (
    ("CPython", "PSF-2.0", "The Python standard library and interpreter, inside Pyodide. Python Software Foundation."),
    ("SQLite", "Public Domain", "Inside Pyodide."),
    ("msgspec", "BSD-3-Clause", "Jim Crist-Harif and contributors."),
    ("ZXing-C++", "Apache-2.0", "Inside zxing-wasm."),
)


def notices(root: Path, modules: Path) -> str:
    """A JSON list of (name, version, licence, text), ours first."""
    found = [{"name": "Wayfold", "version": "", "licence": "Apache-2.0", "text": (root / "LICENSE").read_text("utf-8")}]
    for name in CARRIED:
        folder = modules / name
        package = json.loads((folder / "package.json").read_text("utf-8"))
        text = next(((folder / one).read_text("utf-8") for one in NAMES if (folder / one).exists()), "")
        found.append(
            {"name": name, "version": package["version"], "licence": str(package.get("license", "")), "text": text}
        )
    found += [{"name": name, "version": "", "licence": licence, "text": text} for name, licence, text in BESIDE]
    return json.dumps(found, indent=1, ensure_ascii=False)
